"""Starlette's own cases for its CORS middleware, each played to both: equal, or a reason why not.

The cases are those of Starlette 1.10.  Each is one request of one policy, and both middlewares are
run, so that both columns are facts.  `judge` reads the two answers as a browser does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from asgi_mw import ConfigError, cors, gzip
from asgi_mw.testing import request, websocket

if TYPE_CHECKING:
    from asgi_mw.testing import Result
    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio

GUIDE = Path(__file__).parents[3] / "docs" / "cors.md"
ORIGIN = "https://example.org"
SAFE_METHODS = {"GET", "HEAD", "POST"}
SAFE_HEADERS = {"accept", "accept-language", "content-language"}


def page(*own: str) -> App:
    """Make an app that says ``Homepage``, with headers of its own, as ``"vary: *"``."""
    pairs = [tuple(line.encode().split(b": ", 1)) for line in ("content-length: 8", *own)]

    async def homepage(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": list(pairs)})
        await send({"type": "http.response.body", "body": b"Homepage"})

    return homepage


def told(result: Result) -> list[str]:
    """Say what a client got: status and body, then the headers that are about CORS, sorted."""
    names = {name.lower() for name, _ in result.headers}
    return [
        f"{result.status} {result.body.decode()}".strip(),
        *(
            f"{name.removeprefix(b'access-control-').decode()}: "
            + b", ".join(result.all(name)).decode()
            for name in sorted(names)
            if name == b"vary" or name.startswith(b"access-control-")
        ),
    ]


def judge(answer: list[str], asked: dict[str, str]) -> bool:
    """Say whether a browser goes on with the request, or lets the page read the response.

    By https://fetch.spec.whatwg.org/#concept-cors-check and
    https://fetch.spec.whatwg.org/#cors-preflight-fetch-0 (steps 7.2 to 7.7), for a request without
    credentials; a policy with credentials has to say so beside.
    """
    told = dict(line.split(": ", 1) for line in answer[1:])
    if told.get("allow-origin") not in {"*", asked.get("origin")}:
        return False
    if "access-control-request-method" not in asked:
        return True
    method = asked["access-control-request-method"]
    methods = set(told.get("allow-methods", "").split(", "))
    wanted = _listed(asked.get("access-control-request-headers", "")) - SAFE_HEADERS
    return (
        answer[0][:1] == "2"
        and (method in SAFE_METHODS or not methods.isdisjoint({method, "*"}))
        and wanted <= _listed(told.get("allow-headers", ""))
    )


def _listed(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",") if name.strip()}


Options: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Fact:
    """One request of one policy, and what both middlewares answer.

    Attributes:
        case: Name of Starlette's test; where it makes several requests, which of them.
        policy: The options, by Starlette's names.
        asked: Method and headers of the request.
        starlette: What its middleware answers.
        ours: What ours answers; ``None`` where it is equal; ``"refused"`` where the policy is.
        why: The rows of the guide's table that give the reasons of a difference.
        own: The app's own headers.
        mended: What to write in place of a policy that is refused.
    """

    case: str
    policy: Options
    asked: dict[str, str]
    starlette: list[str]
    ours: list[str] | None = None
    why: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    mended: Options = field(default_factory=dict)


def from_(origin: str | None, method: str = "GET", **headers: str) -> dict[str, str]:
    """Ask for the page."""
    return {"": method, **({} if origin is None else {"origin": origin}), **headers}


def preflight(origin: str, method: str, headers: str | None = None) -> dict[str, str]:
    """Ask whether a request may be made."""
    asked = {**from_(origin, "OPTIONS"), "access-control-request-method": method}
    return asked if headers is None else {**asked, "access-control-request-headers": headers}


PNA = {"access-control-request-private-network": "true"}

EVERY_METHOD = "allow-methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"
SAFELISTED = "allow-headers: Accept, Accept-Language, Content-Language, Content-Type"
THEIR_VARY = (
    "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers, "
    "Access-Control-Request-Private-Network"
)
OUR_VARY = "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
AGE = "max-age: 600"
CREDENTIALS = "allow-credentials: true"
EXAMPLE = "allow-origin: https://example.org"
ANYBODY = "allow-origin: *"

REFUSED = ["refused when the app is made"]

# The rows of the guide's table
EMPTY = "An allowed preflight"
NEEDED = "What it lists"
BARE = "A denied preflight"
KEYS = "`Vary` of a preflight"
CONSTANT = "`Vary` under `*`, but for preflights"
STAR = "`Vary: *`"
DENIED = "A denied origin"
REFLECTED = '`allow_origins=["*"]` with credentials'
NETWORK = "`allow_private_network`"

EVERYBODY: Options = {
    "allow_origins": ["*"],
    "allow_headers": ["*"],
    "allow_methods": ["*"],
    "expose_headers": ["X-Status"],
}
LISTED = {**EVERYBODY, "allow_origins": [ORIGIN], "allow_credentials": True}
WITH_CREDENTIALS = {**EVERYBODY, "allow_credentials": True}
SPECIFIC = {"allow_origins": [ORIGIN], "allow_headers": ["X-Example", "Content-Type"]}
DISALLOWED = {"allow_origins": [ORIGIN], "allow_headers": ["X-Example"]}
POSTING = {"allow_origins": ["*"], "allow_methods": ["POST"], "allow_credentials": True}
METHODS = {"allow_origins": ["*"], "allow_methods": ["*"]}
REGEX = {
    "allow_headers": ["X-Example", "Content-Type"],
    "allow_origin_regex": "https://.*",
    "allow_credentials": True,
}
FULLMATCH = {
    "allow_headers": ["X-Example", "Content-Type"],
    "allow_origin_regex": r"https://.*\.example.org",
}
ONE: Options = {"allow_origins": [ORIGIN]}
ANY = {"allow_origins": ["*"]}
ANY_WITH_CREDENTIALS = {"allow_origins": ["*"], "allow_credentials": True}
ONE_WITH_CREDENTIALS = {"allow_origins": [ORIGIN], "allow_credentials": True}
SOMEPLACE = "https://someplace.org"

FACTS = [
    Fact(
        "allow_all, preflight",
        WITH_CREDENTIALS,
        preflight(ORIGIN, "GET", "X-Example"),
        ["200 OK", CREDENTIALS, "allow-headers: X-Example", EVERY_METHOD, EXAMPLE, AGE, THEIR_VARY],
        ["204", CREDENTIALS, "allow-headers: x-example", EXAMPLE, AGE, OUR_VARY],
        (REFLECTED, EMPTY, NEEDED, KEYS),
        mended=LISTED,
    ),
    Fact(
        "allow_all, standard",
        WITH_CREDENTIALS,
        from_(ORIGIN),
        ["200 Homepage", CREDENTIALS, EXAMPLE, "expose-headers: X-Status", "vary: Origin"],
        ["200 Homepage", CREDENTIALS, EXAMPLE, "expose-headers: X-Status", "vary: Origin"],
        (REFLECTED,),
        mended=LISTED,
    ),
    Fact(
        "allow_all, credentialed",
        WITH_CREDENTIALS,
        from_(ORIGIN, cookie="star_cookie=sugar"),
        ["200 Homepage", CREDENTIALS, EXAMPLE, "expose-headers: X-Status", "vary: Origin"],
        ["200 Homepage", CREDENTIALS, EXAMPLE, "expose-headers: X-Status", "vary: Origin"],
        (REFLECTED,),
        mended=LISTED,
    ),
    Fact(
        "allow_all, non-CORS",
        WITH_CREDENTIALS,
        from_(None),
        ["200 Homepage", "vary: Origin"],
        ["200 Homepage", "vary: Origin"],
        (REFLECTED,),
        mended=LISTED,
    ),
    Fact(
        "allow_all_except_credentials, preflight",
        EVERYBODY,
        preflight(ORIGIN, "GET", "X-Example"),
        ["200 OK", "allow-headers: X-Example", EVERY_METHOD, ANYBODY, AGE, THEIR_VARY],
        ["204", "allow-headers: x-example", ANYBODY, AGE, OUR_VARY],
        (EMPTY, NEEDED, KEYS),
    ),
    Fact(
        "allow_all_except_credentials, standard",
        EVERYBODY,
        from_(ORIGIN),
        ["200 Homepage", ANYBODY, "expose-headers: X-Status", "vary: Origin"],
        ["200 Homepage", ANYBODY, "expose-headers: X-Status"],
        (CONSTANT,),
    ),
    Fact(
        "allow_all_except_credentials, non-CORS",
        EVERYBODY,
        from_(None),
        ["200 Homepage", "vary: Origin"],
        ["200 Homepage", ANYBODY, "expose-headers: X-Status"],
        (CONSTANT,),
    ),
    Fact(
        "allow_specific_origin, preflight",
        SPECIFIC,
        preflight(ORIGIN, "GET", "X-Example, Content-Type"),
        ["200 OK", f"{SAFELISTED}, X-Example", "allow-methods: GET", EXAMPLE, AGE, THEIR_VARY],
        ["204", "allow-headers: x-example,content-type", EXAMPLE, AGE, OUR_VARY],
        (EMPTY, NEEDED, KEYS),
    ),
    Fact(
        "allow_specific_origin, standard",
        SPECIFIC,
        from_(ORIGIN),
        ["200 Homepage", EXAMPLE, "vary: Origin"],
    ),
    Fact(
        "allow_specific_origin, non-CORS",
        SPECIFIC,
        from_(None),
        ["200 Homepage", "vary: Origin"],
    ),
    Fact(
        "disallowed_preflight, origin and method and headers",
        DISALLOWED,
        preflight("https://another.org", "POST", "X-Nope"),
        [
            "400 Disallowed CORS origin, method, headers",
            f"{SAFELISTED}, X-Example",
            "allow-methods: GET",
            AGE,
            THEIR_VARY,
        ],
        ["403", OUR_VARY],
        (BARE, KEYS),
    ),
    Fact(
        "disallowed_preflight, several headers",
        DISALLOWED,
        preflight(ORIGIN, "GET", "X-Nope-1, X-Nope-2"),
        [
            "400 Disallowed CORS headers",
            f"{SAFELISTED}, X-Example",
            "allow-methods: GET",
            EXAMPLE,
            AGE,
            THEIR_VARY,
        ],
        ["403", OUR_VARY],
        (BARE, KEYS),
    ),
    Fact(
        "preflight_allows_request_origin_if_origins_wildcard_and_credentials_allowed",
        POSTING,
        preflight(ORIGIN, "POST"),
        ["200 OK", CREDENTIALS, SAFELISTED, "allow-methods: POST", EXAMPLE, AGE, THEIR_VARY],
        ["204", CREDENTIALS, EXAMPLE, AGE, OUR_VARY],
        (REFLECTED, EMPTY, NEEDED, KEYS),
        mended={**POSTING, "allow_origins": [ORIGIN]},
    ),
    *(
        Fact(
            f"preflight_allow_all_methods, {method}",
            METHODS,
            preflight(ORIGIN, method),
            ["200 OK", SAFELISTED, EVERY_METHOD, ANYBODY, AGE, THEIR_VARY],
            [
                "204",
                *([] if method in SAFE_METHODS else ["allow-methods: *"]),
                ANYBODY,
                AGE,
                OUR_VARY,
            ],
            (EMPTY, NEEDED, KEYS),
        )
        for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")
    ),
    *(
        Fact(
            f"allow_all_methods, {method}",
            METHODS,
            from_(ORIGIN, method),
            ["200 Homepage", ANYBODY, "vary: Origin"],
            ["200 Homepage", ANYBODY],
            (CONSTANT,),
        )
        for method in ("PATCH", "POST", "PUT", "DELETE", "GET", "HEAD", "OPTIONS")
    ),
    Fact(
        "allow_origin_regex, standard",
        REGEX,
        from_(ORIGIN),
        ["200 Homepage", CREDENTIALS, EXAMPLE, "vary: Origin"],
    ),
    Fact(
        "allow_origin_regex, credentialed",
        REGEX,
        from_(ORIGIN, cookie="star_cookie=sugar"),
        ["200 Homepage", CREDENTIALS, EXAMPLE, "vary: Origin"],
    ),
    Fact(
        "allow_origin_regex, disallowed",
        REGEX,
        from_("http://example.org"),
        ["200 Homepage", CREDENTIALS, "vary: Origin"],
        ["200 Homepage", "vary: Origin"],
        (DENIED,),
    ),
    Fact(
        "allow_origin_regex, preflight",
        REGEX,
        preflight("https://another.com", "GET", "X-Example, content-type"),
        [
            "200 OK",
            CREDENTIALS,
            f"{SAFELISTED}, X-Example",
            "allow-methods: GET",
            "allow-origin: https://another.com",
            AGE,
            THEIR_VARY,
        ],
        [
            "204",
            CREDENTIALS,
            "allow-headers: x-example,content-type",
            "allow-origin: https://another.com",
            AGE,
            OUR_VARY,
        ],
        (EMPTY, NEEDED, KEYS),
    ),
    Fact(
        "allow_origin_regex, disallowed preflight",
        REGEX,
        preflight("http://another.com", "GET", "X-Example"),
        [
            "400 Disallowed CORS origin",
            CREDENTIALS,
            f"{SAFELISTED}, X-Example",
            "allow-methods: GET",
            AGE,
            THEIR_VARY,
        ],
        ["403", OUR_VARY],
        (BARE, KEYS),
    ),
    Fact(
        "allow_origin_regex_fullmatch, standard",
        FULLMATCH,
        from_("https://subdomain.example.org"),
        ["200 Homepage", "allow-origin: https://subdomain.example.org", "vary: Origin"],
    ),
    Fact(
        "allow_origin_regex_fullmatch, disallowed",
        FULLMATCH,
        from_("https://subdomain.example.org.hacker.com"),
        ["200 Homepage", "vary: Origin"],
    ),
    Fact(
        "vary_header_defaults_to_origin",
        ONE,
        from_(ORIGIN),
        ["200 Homepage", EXAMPLE, "vary: Origin"],
    ),
    Fact(
        "vary_header_is_set_for_non_credentialed_request",
        ANY,
        from_(SOMEPLACE),
        ["200 Homepage", ANYBODY, "vary: Accept-Encoding, Origin"],
        ["200 Homepage", ANYBODY, "vary: Accept-Encoding"],
        (CONSTANT,),
        own=("vary: Accept-Encoding",),
    ),
    Fact(
        "vary_header_is_properly_set_for_credentialed_request",
        ANY_WITH_CREDENTIALS,
        from_(SOMEPLACE),
        [
            "200 Homepage",
            CREDENTIALS,
            f"allow-origin: {SOMEPLACE}",
            "vary: Accept-Encoding, Origin",
        ],
        [
            "200 Homepage",
            CREDENTIALS,
            f"allow-origin: {SOMEPLACE}",
            "vary: Accept-Encoding, Origin",
        ],
        (REFLECTED,),
        own=("vary: Accept-Encoding",),
        mended={**ANY_WITH_CREDENTIALS, "allow_origins": [SOMEPLACE]},
    ),
    Fact(
        "vary_header_is_properly_set_when_allow_origins_is_not_wildcard",
        ONE,
        from_(ORIGIN),
        ["200 Homepage", EXAMPLE, "vary: Accept-Encoding, Origin"],
        own=("vary: Accept-Encoding",),
    ),
    Fact(
        "private_network_access_allowed, preflight",
        {**METHODS, "allow_private_network": True},
        {**preflight(ORIGIN, "GET"), **PNA},
        [
            "200 OK",
            SAFELISTED,
            EVERY_METHOD,
            ANYBODY,
            "allow-private-network: true",
            AGE,
            THEIR_VARY,
        ],
        ["204", ANYBODY, AGE, OUR_VARY],
        (NETWORK, EMPTY, NEEDED, KEYS),
        mended=METHODS,
    ),
    Fact(
        "private_network_access_allowed, preflight without",
        {**METHODS, "allow_private_network": True},
        preflight(ORIGIN, "GET"),
        ["200 OK", SAFELISTED, EVERY_METHOD, ANYBODY, AGE, THEIR_VARY],
        ["204", ANYBODY, AGE, OUR_VARY],
        (NETWORK, EMPTY, NEEDED, KEYS),
        mended=METHODS,
    ),
    Fact(
        "private_network_access_allowed, standard",
        {**METHODS, "allow_private_network": True},
        {**from_(ORIGIN), "access-control-request-method": "GET", **PNA},
        ["200 Homepage", ANYBODY, "vary: Origin"],
        ["200 Homepage", ANYBODY],
        (NETWORK, CONSTANT),
        mended=METHODS,
    ),
    Fact(
        "private_network_access_disallowed, preflight without",
        METHODS,
        preflight(ORIGIN, "GET"),
        ["200 OK", SAFELISTED, EVERY_METHOD, ANYBODY, AGE, THEIR_VARY],
        ["204", ANYBODY, AGE, OUR_VARY],
        (EMPTY, NEEDED, KEYS),
    ),
    Fact(
        "private_network_access_disallowed, preflight",
        METHODS,
        {**preflight(ORIGIN, "GET"), **PNA},
        [
            "400 Disallowed CORS private-network",
            SAFELISTED,
            EVERY_METHOD,
            ANYBODY,
            AGE,
            THEIR_VARY,
        ],
        ["204", ANYBODY, AGE, OUR_VARY],
        (NETWORK, EMPTY, NEEDED, KEYS),
    ),
    Fact(
        "vary_origin, an allowed origin",
        ONE,
        from_(ORIGIN),
        ["200 Homepage", EXAMPLE, "vary: Accept-Encoding, Accept-Language, Origin"],
        own=("vary: Accept-Encoding", "vary: Accept-Language"),
    ),
    Fact(
        "vary_origin, a denied origin",
        ONE,
        from_("https://denied.example"),
        ["200 Homepage", "vary: Accept-Encoding, Accept-Language, Origin"],
        own=("vary: Accept-Encoding", "vary: Accept-Language"),
    ),
    Fact("vary_origin, no origin", ONE, from_(None), ["200 Homepage", "vary: Origin"]),
    Fact(
        "vary_origin, anybody and Vary of everything",
        ANY,
        from_(ORIGIN),
        ["200 Homepage", ANYBODY, "vary: *, Origin"],
        ["200 Homepage", ANYBODY, "vary: *"],
        (CONSTANT, STAR),
        own=("vary: *",),
    ),
    Fact(
        "vary_origin, anybody and no origin",
        ANY,
        from_(None),
        ["200 Homepage", "vary: Origin"],
        ["200 Homepage", ANYBODY],
        (CONSTANT,),
    ),
    Fact(
        "vary_origin, anybody with credentials",
        ANY_WITH_CREDENTIALS,
        from_(ORIGIN),
        ["200 Homepage", CREDENTIALS, EXAMPLE, "vary: Origin"],
        ["200 Homepage", CREDENTIALS, EXAMPLE, "vary: Origin"],
        (REFLECTED,),
        mended=ONE_WITH_CREDENTIALS,
    ),
    Fact(
        "vary_origin, anybody with credentials and no origin",
        ANY_WITH_CREDENTIALS,
        from_(None),
        ["200 Homepage", "vary: Origin"],
        ["200 Homepage", "vary: Origin"],
        (REFLECTED,),
        mended=ONE_WITH_CREDENTIALS,
    ),
    Fact(
        "vary_origin_on_options_without_origin",
        {"allow_origins": ["https://allowed.example"]},
        {**from_(None, "OPTIONS"), "access-control-request-method": "GET"},
        ["200 Homepage", "vary: Origin"],
    ),
]


# What the cases of Starlette do not touch; each is a row of the guide's second table
BEYOND = [
    Fact(
        "a `str` in place of a list",
        {"allow_origins": "https://shop.example.org"},
        from_("https://shop.example"),
        ["200 Homepage", "allow-origin: https://shop.example", "vary: Origin"],
        REFUSED,
    ),
    Fact(
        "a trailing slash, upper case, the default port",
        {"allow_origins": ["https://example.org/"]},
        from_(ORIGIN),
        ["200 Homepage", "vary: Origin"],
        REFUSED,
    ),
    Fact(
        "`https://*.shop.example`",
        {"allow_origins": ["https://*.shop.example"]},
        from_("https://a.shop.example"),
        ["200 Homepage", "vary: Origin"],
        ["200 Homepage", "allow-origin: https://a.shop.example", "vary: Origin"],
    ),
    Fact(
        "`max_age=-1`, names that are no tokens",
        {**ANY, "max_age": -1},
        preflight(ORIGIN, "GET"),
        ["200 OK", SAFELISTED, "allow-methods: GET", ANYBODY, "max-age: -1", THEIR_VARY],
        REFUSED,
    ),
    Fact(
        "`GET`, `HEAD`, `POST` where they are not listed",
        {**ONE, "allow_methods": ["PUT"]},
        preflight(ORIGIN, "POST"),
        ["400 Disallowed CORS method", SAFELISTED, "allow-methods: PUT", EXAMPLE, AGE, THEIR_VARY],
        ["204", EXAMPLE, AGE, OUR_VARY],
    ),
    Fact(
        "the app's own `Vary: Origin`",
        ONE,
        from_(ORIGIN),
        ["200 Homepage", EXAMPLE, "vary: Origin, Origin"],
        ["200 Homepage", EXAMPLE, "vary: Origin"],
        own=("vary: Origin",),
    ),
    Fact(
        "the app's own CORS headers, and a denied origin",
        ONE,
        from_("https://evil.example"),
        ["200 Homepage", ANYBODY, "vary: Origin"],
        ["200 Homepage", "vary: Origin"],
        own=("access-control-allow-origin: *",),
    ),
    Fact(
        "several `Origin` lines",
        ONE,
        from_(f"{ORIGIN}\nhttps://evil.example"),
        ["200 Homepage", EXAMPLE, "vary: Origin"],
        ["200 Homepage", "vary: Origin"],
    ),
    Fact(
        "`Access-Control-Request-Headers` in several lines",
        DISALLOWED,
        preflight(ORIGIN, "GET", "x-example\nx-nope"),
        ["200 OK", f"{SAFELISTED}, X-Example", "allow-methods: GET", EXAMPLE, AGE, THEIR_VARY],
        ["403", OUR_VARY],
    ),
    Fact(
        "an empty element in that header",
        DISALLOWED,
        preflight(ORIGIN, "GET", "x-example,"),
        [
            "400 Disallowed CORS headers",
            f"{SAFELISTED}, X-Example",
            "allow-methods: GET",
            EXAMPLE,
            AGE,
            THEIR_VARY,
        ],
        ["204", "allow-headers: x-example", EXAMPLE, AGE, OUR_VARY],
    ),
    Fact(
        'much in that header, and `allow_headers=["*"]`',
        {**ANY, "allow_headers": ["*"]},
        preflight(ORIGIN, "GET", "x" * 100_000),
        [
            "200 OK",
            "allow-headers: " + "x" * 100_000,
            "allow-methods: GET",
            ANYBODY,
            AGE,
            THEIR_VARY,
        ],
        ["403", OUR_VARY],
    ),
    Fact(
        "a regex, and what is no origin",
        {"allow_origin_regex": r"https://.*\.example\.org"},
        from_("https://evil.example/.example.org"),
        ["200 Homepage", "allow-origin: https://evil.example/.example.org", "vary: Origin"],
        ["200 Homepage", "vary: Origin"],
    ),
    Fact(
        "a regex, and a longer origin than there can be",
        {"allow_origin_regex": r"https://[a-z.]+"},
        from_("https://" + "a." * 200 + "org"),
        ["200 Homepage", "allow-origin: https://" + "a." * 200 + "org", "vary: Origin"],
        ["200 Homepage", "vary: Origin"],
    ),
]


async def ask(app: App, asked: dict[str, str]) -> Result:
    """Make the request of a fact."""
    headers = [
        (name.encode(), line.encode())
        for name, lines in asked.items()
        for line in lines.split("\n")
        if name
    ]
    return await request(app, asked[""], headers=headers)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.case)
async def test_a_case_of_starlettes(fact: Fact) -> None:
    """Both answer as the table says; where they differ, the guide says why."""
    theirs = await ask(CORSMiddleware(page(*fact.own), **fact.policy), fact.asked)
    ours = await ask(cors(page(*fact.own), **(fact.mended or fact.policy)), fact.asked)

    assert fact.starlette == told(theirs)
    assert (fact.ours or fact.starlette) == told(ours)
    assert bool(fact.why) == (fact.ours is not None)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.case)
def test_a_browser_decides_alike(fact: Fact) -> None:
    """Whatever the answers look like; but for what asks for a private network and was refused."""
    theirs = judge(fact.starlette, fact.asked)
    ours = judge(fact.ours or fact.starlette, fact.asked)

    assert theirs == ours or fact.case == "private_network_access_disallowed, preflight"


@pytest.mark.parametrize(
    "fact", [fact for fact in FACTS if fact.mended], ids=lambda fact: fact.case
)
def test_what_is_mended_is_refused_as_it_was(fact: Fact) -> None:
    """A policy that reflects every origin with credentials, and an option that there is not."""
    with pytest.raises((ConfigError, TypeError), match=r"with credentials|allow_private_network"):
        cors(page(), **fact.policy)


@pytest.mark.parametrize("fact", BEYOND, ids=lambda fact: fact.case)
async def test_a_difference_that_no_case_of_starlettes_shows(fact: Fact) -> None:
    """The table has both answers."""
    theirs = await ask(CORSMiddleware(page(*fact.own), **fact.policy), fact.asked)
    try:
        ours = told(await ask(cors(page(*fact.own), **fact.policy), fact.asked))
    except ConfigError:
        ours = REFUSED

    assert fact.starlette == told(theirs)
    assert fact.ours == ours


async def test_a_websocket_from_a_denied_page() -> None:
    """Starlette's middleware hands it to the app."""
    asked: Any = {"headers": {"origin": "https://evil.example"}}
    theirs = await websocket(CORSMiddleware(page(), **ONE), **asked)
    ours = await websocket(cors(page(), **ONE), **asked)

    assert (None, 403) == (theirs.denied, ours.denied)


@pytest.mark.parametrize("middleware", [CORSMiddleware, cors])
async def test_allowed_origin_does_not_leak_between_requests(middleware: Any) -> None:
    """Three requests of one app: allowed, denied, allowed."""
    app = middleware(page(), **ONE)
    told_each = [
        told(await ask(app, from_(origin))) for origin in (ORIGIN, "https://other.org", ORIGIN)
    ]

    allowed, denied = ["200 Homepage", EXAMPLE, "vary: Origin"], ["200 Homepage", "vary: Origin"]
    assert [allowed, denied, allowed] == told_each


@pytest.mark.parametrize("outermost", ["cors", "gzip"])
async def test_vary_origin_with_gzip(outermost: str) -> None:
    """Each adds its own line to the app's, in either order; Starlette's do so too."""
    policy: Options = {"allow_origins": ["https://allowed.example"]}
    asked = {**from_("https://allowed.example"), "accept-encoding": "gzip"}
    pairs: list[tuple[Any, Any]] = [(CORSMiddleware, GZipMiddleware), (cors, gzip)]
    inside = ["accept-encoding", "origin"] if outermost == "cors" else ["origin", "accept-encoding"]
    for cors_, gzip_ in pairs:
        app: Any = page("vary: Accept-Language")
        if outermost == "cors":
            app = cors_(gzip_(app, minimum_size=0), **policy)
        else:
            app = gzip_(cors_(app, **policy), minimum_size=0)
        result = await ask(app, asked)
        vary = b", ".join(result.all("vary")).decode().lower().split(", ")

        assert ["accept-language", *inside] == vary
        assert [b"https://allowed.example"] == result.all("access-control-allow-origin")


CALLS: list[tuple[str, list[Any], dict[str, Any], type[Exception]]] = [
    ('`(app, ["https://shop.example"])`', [["https://shop.example"]], {}, ConfigError),
    (
        '`allow_headers=["Origin"]`, or another that pages cannot set',
        [],
        {"allow_headers": ["Origin"]},
        ConfigError,
    ),
    (
        '`allow_headers=["Access-Control-Allow-Origin"]`, or another of responses',
        [],
        {"allow_headers": ["Access-Control-Allow-Origin"]},
        ConfigError,
    ),
    (
        '`allow_headers=["*", "Authorization"]`',
        [],
        {"allow_headers": ["*", "Authorization"]},
        ConfigError,
    ),
]


@pytest.mark.parametrize(
    ("arguments", "options", "error"), [rest for _, *rest in CALLS], ids=[c for c, *_ in CALLS]
)
def test_a_call_that_is_written_otherwise(
    arguments: list[Any], options: dict[str, Any], error: type[Exception]
) -> None:
    """Starlette takes it; here it fails where it is written, and not at a request."""
    CORSMiddleware(page(), *arguments, **options)
    with pytest.raises(error):
        cors(page(), *arguments, **options)


def test_the_guide_gives_every_reason() -> None:
    """A row of its table for each, and no row for what is in no case."""
    assert {reason for fact in FACTS for reason in fact.why} == _rows("In Starlette's cases")
    assert {fact.case for fact in BEYOND} | {"WebSocket handshakes"} == _rows("Beyond its cases")
    assert {call for call, *_ in CALLS} == _rows("In the call")


def _rows(heading: str) -> set[str]:
    table = GUIDE.read_text("utf-8").partition(f"| {heading} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| (.+?) \| ", table, re.MULTILINE))
