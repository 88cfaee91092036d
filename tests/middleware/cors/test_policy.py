"""An unsafe policy cannot be built: all that is wrong with it is said at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import ConfigError, explain
from asgi_mw.middleware.cors import Policy, cors

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Say nothing."""


LIST = "a list is meant"
TWICE = "every origin is allowed already by allow_origins=['*']"
ONCE = iter(["https://example.org"])
BROKEN = "is no pattern (missing ), unterminated subpattern at position 0)"
UNREAD = "is a header of requests or preflights, and on no response that a page reads"
USER = "with credentials every page of the web could act for the user"
REFUSED: dict[str, tuple[dict[str, Any], list[tuple[str, Any, str]]]] = {
    "star with credentials": (
        {"allow_origins": ["*"], "allow_credentials": True},
        [("allow_origins", "*", USER)],
    ),
    "star and others": (
        {"allow_origins": ["*", "https://example.org"]},
        [("allow_origins", "*", "already stands for all origins")],
    ),
    "star and a regex": (
        {"allow_origins": ["*"], "allow_origin_regex": "a"},
        [("allow_origin_regex", "a", TWICE)],
    ),
    "star and a predicate": (
        {"allow_origins": ["*"], "allow_origin_predicate": print},
        [("allow_origin_predicate", print, TWICE)],
    ),
    "star, a regex and a predicate": (
        {
            "allow_origins": ["*"],
            "allow_origin_regex": "a",
            "allow_origin_predicate": print,
        },
        [("allow_origin_regex", "a", TWICE), ("allow_origin_predicate", print, TWICE)],
    ),
    "null": (
        {"allow_origins": ["null"]},
        [("allow_origins", "null", "any page can take the origin null, in a sandboxed iframe")],
    ),
    "null with credentials": (
        {"dangerously_allow_null_origin": True, "allow_credentials": True},
        [("dangerously_allow_null_origin", True, USER)],
    ),
    "origins as a str": (
        {"allow_origins": "https://example.org"},
        [("allow_origins", "https://example.org", LIST)],
    ),
    "origins as bytes": ({"allow_origins": b"*"}, [("allow_origins", b"*", LIST)]),
    "origins as None": ({"allow_origins": None}, [("allow_origins", None, LIST)]),
    "origins that can be read once": (
        {"allow_origins": ONCE},
        [("allow_origins", ONCE, LIST)],
    ),
    "origins that are bytes": (
        {"allow_origins": [b"https://example.org"]},
        [("allow_origins", b"https://example.org", "is no str")],
    ),
    "a regex that is none": (
        {"allow_origin_regex": "("},
        [("allow_origin_regex", "(", BROKEN)],
    ),
    "a regex of bytes": (
        {"allow_origin_regex": b"a"},
        [("allow_origin_regex", b"a", "is a pattern of bytes")],
    ),
    "a compiled regex of bytes": (
        {"allow_origin_regex": re.compile(b"a")},
        [("allow_origin_regex", re.compile(b"a"), "is a pattern of bytes")],
    ),
    "a predicate that is none": (
        {"allow_origin_predicate": True},
        [("allow_origin_predicate", True, "is not callable")],
    ),
    "methods as a str": ({"allow_methods": "*"}, [("allow_methods", "*", LIST)]),
    **{
        f"method {method}": (
            {"allow_methods": [method]},
            [("allow_methods", method, "is a method that browsers never send")],
        )
        for method in ["CONNECT", "TRACE", "TRACK", "trace", "Connect"]
    },
    "a method that is no token": (
        {"allow_methods": ["PUT, PATCH"]},
        [("allow_methods", "PUT, PATCH", "is no token, as RFC 9110 5.6.2 wants a name to be")],
    ),
    "all methods and one": (
        {"allow_methods": ["*", "PUT"]},
        [("allow_methods", "*", "already stands for all names")],
    ),
    "a star inside of a method": (
        {"allow_methods": ["P*"]},
        [("allow_methods", "P*", "a * stands for all names or for none")],
    ),
    "headers as a str": ({"allow_headers": "X-A"}, [("allow_headers", "X-A", LIST)]),
    **{
        f"header {name}": (
            {"allow_headers": [name]},
            [("allow_headers", name, "is a header that only the browser itself may set")],
        )
        for name in ["Host", "cookie", "Origin", "Sec-Fetch-Mode", "proxy-authorization",
                     "Content-Length", "DNT", "Via", "Access-Control-Request-Method"]
    },
    **{
        f"header {name}": (
            {"allow_headers": [name]},
            [("allow_headers", name, "is a header of responses")],
        )
        for name in ["Access-Control-Allow-Origin", "access-control-allow-headers",
                     "Access-Control-Max-Age", "Access-Control-Expose-Headers"]
    },
    "a header that is no token": (
        {"allow_headers": ["X A"]},
        [("allow_headers", "X A", "is no token, as RFC 9110 5.6.2 wants a name to be")],
    ),
    "an empty header": (
        {"allow_headers": [""]},
        [("allow_headers", "", "is no token, as RFC 9110 5.6.2 wants a name to be")],
    ),
    "a header with a colon": (
        {"allow_headers": ["X-A:"]},
        [("allow_headers", "X-A:", "is no token, as RFC 9110 5.6.2 wants a name to be")],
    ),
    "all headers and one": (
        {"allow_headers": ["X-A", "*"]},
        [("allow_headers", "*", "already stands for all names")],
    ),
    "a star inside of a header": (
        {"allow_headers": ["X-*"]},
        [("allow_headers", "X-*", "a * stands for all names or for none")],
    ),
    "exposed as a str": ({"expose_headers": "X-A"}, [("expose_headers", "X-A", LIST)]),
    "a cookie exposed": (
        {"expose_headers": ["Set-Cookie"]},
        [("expose_headers", "Set-Cookie", "is a header that no page can ever read")],
    ),
    **{
        f"{name} exposed": (
            {"expose_headers": [name]},
            [("expose_headers", name, UNREAD)],
        )
        for name in ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers",
                     "access-control-allow-methods", "Access-Control-Allow-Headers",
                     "Access-Control-Max-Age"]
    },
    "all exposed, with credentials": (
        {"expose_headers": ["*"], "allow_credentials": True},
        [("expose_headers", "*", "with credentials it means a header called *")],
    ),
    "all exposed and one": (
        {"expose_headers": ["*", "X-A"]},
        [("expose_headers", "*", "already stands for all names")],
    ),
    **{
        f"max_age {age}": ({"max_age": age}, [("max_age", age, "is out of range")])
        for age in [-1, 86_401]
    },
    **{
        f"max_age {age!r}": ({"max_age": age}, [("max_age", age, "is no number of seconds")])
        for age in [True, 1.5, "600"]
    },
    "websocket": ({"websocket": "on"}, [("websocket", "on", "is no such mode")]),
    "a bool that is none": ({"allow_credentials": 1}, [("allow_credentials", 1, "is no bool")]),
    "debug that is none": ({"debug": "yes"}, [("debug", "yes", "is no bool")]),
    "schemes as a str": (
        {"dangerously_allow_schemes": "capacitor"},
        [("dangerously_allow_schemes", "capacitor", LIST)],
    ),
    "a scheme that is allowed": (
        {"dangerously_allow_schemes": ["https"]},
        [("dangerously_allow_schemes", "https", "is allowed anyway")],
    ),
    "a scheme without origins": (
        {"dangerously_allow_schemes": ["data"]},
        [("dangerously_allow_schemes", "data", "its pages have the origin null")],
    ),
    "no scheme": (
        {"dangerously_allow_schemes": ["app://"]},
        [("dangerously_allow_schemes", "app://", "is no scheme (RFC 3986 3.1)")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("options", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_unsafe_or_could_never_match_is_refused(
    options: dict[str, Any], expected: list[tuple[str, Any, str]]
) -> None:
    """With the option, its value and the reason; each says how to mend it."""
    with pytest.raises(ConfigError) as caught:
        cors(app, **options)

    found = [(one.option, one.value, one.reason) for one in caught.value.problems]
    assert found == expected
    assert all(one.mend for one in caught.value.problems)


def test_everything_that_is_wrong_is_said_together() -> None:
    """In every option, and in every policy of a path."""
    with pytest.raises(ConfigError) as caught:
        cors(
            app,
            allow_origins=["https://a.example/", "*", "HTTP://b"],
            allow_methods=["TRACE"],
            allow_headers="*",
            allow_credentials=True,
            max_age=-1,
            policies={"/api": Policy(allow_origins=["null"], max_age=True), "x": None},
        )

    assert [one.option for one in caught.value.problems] == [
        "allow_origins",
        "allow_origins",
        "allow_origins",
        "allow_origins",
        "allow_methods",
        "allow_headers",
        "max_age",
        "policies['/api'].allow_origins",
        "policies['/api'].max_age",
        "policies",
    ]


ALLOWED: list[dict[str, Any]] = [
    {},
    {"allow_origins": ["*"]},
    {"allow_origins": {"https://example.org"}},
    {"allow_origins": ("https://example.org", "https://example.org")},
    {"allow_origins": ["null"], "dangerously_allow_null_origin": True},
    {"dangerously_allow_null_origin": True},
    {"allow_origins": ["https://*.co.uk"], "dangerously_allow_public_suffixes": True},
    {
        "allow_origins": ["app://a"],
        "dangerously_allow_schemes": ("app",),
        "allow_credentials": True,
    },
    {"allow_origin_regex": re.compile("https://a")},
    {"allow_origin_predicate": lambda origin, scope: False},
    {"allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": ["*"]},
    {"expose_headers": ["Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"]},
    {"allow_methods": ["*"], "allow_headers": ["*"], "allow_credentials": True},
    {"allow_methods": ["put", "patch", "PATCH", "M-SEARCH"], "allow_headers": ["x-a", "X-A"]},
    {"max_age": 0},
    {"max_age": 86_400},
    {"max_age": None},
    {"websocket": "strict"},
    {"websocket": "off"},
]


@pytest.mark.parametrize("options", ALLOWED, ids=lambda options: ", ".join(options) or "none")
def test_what_can_be_built(options: dict[str, Any]) -> None:
    """Development, public data, a list, a pattern."""
    layered: App = cors(app, **options)

    assert callable(layered)


def test_a_policy_shows_what_was_given() -> None:
    """As it would be written; ``explain`` tells which path has which."""
    policies = {"/api": Policy(allow_origins=["https://a.example"], max_age=5), "/old": None}

    assert explain(cors(app, policies=policies)) == (
        "cors(policies={'/api': Policy(allow_origins=['https://a.example'], max_age=5), "
        "'/old': None})\napp"
    )
    assert repr(Policy()) == "Policy()"
