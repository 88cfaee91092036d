"""Paths have policies of their own: whole segments, the first match, nothing laxer on a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import ConfigError
from asgi_mw.middleware.cors import Policy, cors
from asgi_mw.testing import request, websocket

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio
ORIGIN = "https://a.example"
OPEN = Policy(allow_origins=["*"])
OURS = Policy(allow_origins=[ORIGIN])
NOBODY = Policy()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept every handshake; answer every request, with a header of its own."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
        return
    headers = [(b"access-control-allow-origin", b"app")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body"})


async def allowed(layered: App, path: str, **keys: Any) -> bytes | None:
    """What the page is told."""
    headers = {"origin": ORIGIN}
    result = await request(layered, "GET", path, headers=headers, scope=keys)
    return result.header("access-control-allow-origin")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api", b"*"),
        ("/api/", b"*"),
        ("/api/x", b"*"),
        ("/apix", None),
        ("/API", None),
        ("/", None),
        ("/x/api", None),
        ("/ours", ORIGIN.encode()),
        ("/ours/x/y", ORIGIN.encode()),
        ("/off", b"app"),
        ("/off/x", b"app"),
        ("/offx", None),
    ],
)
@pytest.mark.parametrize("kind", ["mapping", "pairs"])
async def test_a_prefix_is_whole_segments(kind: str, path: str, expected: bytes | None) -> None:
    """Where none matches, the options of the call hold: here they allow nobody."""
    policies: Any = {"/api": OPEN, "/ours/": OURS, "/off": None}
    layered = cors(app, policies=policies if kind == "mapping" else list(policies.items()))

    assert await allowed(layered, path) == expected


async def test_the_first_match_wins() -> None:
    """Prefixes and predicates alike."""
    layered = cors(
        app,
        allow_origins=[ORIGIN],
        policies=[
            ("/api/inner", NOBODY),
            (lambda scope: scope["path"].endswith("x"), None),
            ("/api", OPEN),
        ],
    )
    paths = ["/api/inner/x", "/api/x", "/api", "/"]

    assert [await allowed(layered, path) for path in paths] == [None, b"app", b"*", ORIGIN.encode()]


async def test_the_empty_prefix_of_everything() -> None:
    """``/`` matches every path."""
    layered = cors(app, policies={"/api": NOBODY, "/": OPEN})

    assert [await allowed(layered, path) for path in ["/api/x", "/", "/x"]] == [None, b"*", b"*"]


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/v1/api/x", "/v1", b"*"),
        ("/api/x", "/v1", b"*"),
        ("/v1x/api", "/v1", None),
        ("/v1", "/v1", None),
        ("/api", "", b"*"),
        ("/api", None, b"*"),
        ("/v1/api", "/v1/", b"*"),
        ("/v1//api", "/v1", b"*"),
        ("//api/x", "", b"*"),
        ("api", "", b"*"),
        ("/v1/", "/v1/", None),
        ("", "", None),
        ("/api", "/", b"*"),
    ],
)
async def test_the_path_is_that_of_the_routes(
    path: str, root: str | None, expected: bytes | None
) -> None:
    """Some servers put ``root_path`` before it, some do not."""
    layered = cors(app, policies={"/api": OPEN})

    assert await allowed(layered, path, root_path=root) == expected


async def test_a_preflight_is_answered_by_the_policy_of_its_path() -> None:
    """Where there is none, it reaches the app."""
    layered = cors(app, policies={"/api": OPEN, "/off": None})
    headers = {"origin": ORIGIN, "access-control-request-method": "GET"}
    results = [
        await request(layered, "OPTIONS", path, headers=headers) for path in ["/api", "/off", "/"]
    ]

    assert [result.status for result in results] == [204, 200, 403]
    assert results[1].headers == [(b"access-control-allow-origin", b"app")]


async def test_a_handshake_is_checked_by_the_policy_of_its_path() -> None:
    """Where there is none, all are let in."""
    layered = cors(app, policies={"/ours": OURS, "/off": None})
    headers = {"origin": "https://b.example"}
    results = [await websocket(layered, path, headers=headers) for path in ["/ours", "/off", "/"]]

    assert [result.accepted for result in results] == [False, True, False]


async def answer_later(scope: Scope) -> bool:
    """Be no predicate: what it gives is true, whatever it would say."""
    return False


def fail(scope: Scope) -> bool:
    """Fail."""
    raise LookupError("mine")


@pytest.mark.parametrize("predicate", [fail, answer_later, lambda scope: 1, lambda scope: None])
async def test_a_predicate_without_an_answer_allows_nobody(
    predicate: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Not what stands further down, and not the app's own headers; it is said once."""
    caplog.set_level("WARNING", "asgi_mw")
    layered = cors(app, allow_origins=["*"], policies=[(predicate, None), ("/", OPEN)])

    assert [await allowed(layered, "/"), await allowed(layered, "/")] == [None, None]
    assert len(caplog.records) == 1


REFUSED: dict[str, tuple[Any, str, str]] = {
    "pairs that can be read once": (
        iter([("/api", OPEN)]),
        "policies",
        "is neither a mapping nor a list of pairs",
    ),
    "a set": ({("/api", None)}, "policies", "is neither a mapping nor a list of pairs"),
    "a number": (5, "policies", "is neither a mapping nor a list of pairs"),
    "no pairs": ([1], "policies", "is neither a mapping nor a list of pairs"),
    "a str": ("/api", "policies", "is neither a mapping nor a list of pairs"),
    "no prefix": ({"api": OPEN}, "policies", "is no prefix of a path"),
    "empty": ({"": OPEN}, "policies", "is no prefix of a path"),
    "empty, and another": ({"": OPEN, "/api": OURS}, "policies", "is no prefix of a path"),
    "two slashes": ({"//api": OPEN}, "policies", "is no prefix of a path"),
    "an escape": ({"/%61pi": OPEN}, "policies", "servers decode what is escaped in a path"),
    "a glob": ({"/api/*": OPEN}, "policies", "is no prefix of a path"),
    "a query": ({"/api?x": OPEN}, "policies", "is no prefix of a path"),
    "no key": ([(5, OPEN)], "policies", "is neither a prefix nor a predicate"),
    "no policy": ({"/api": True}, "policies['/api']", "is no policy"),
    "the same twice": (
        [("/api", OPEN), ("/api/", OURS)],
        "policies['/api/']",
        "is never reached behind '/api'",
    ),
    "hidden": (
        {"/api": OPEN, "/api/inner": OURS},
        "policies['/api/inner']",
        "is never reached behind '/api'",
    ),
    "all hidden": ({"/": OPEN, "/api": OURS}, "policies['/api']", "is never reached behind '/'"),
}


@pytest.mark.parametrize(("policies", "option", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_could_never_match_is_refused(policies: Any, option: str, reason: str) -> None:
    """With the mend."""
    with pytest.raises(ConfigError) as caught:
        cors(app, policies=policies)

    [problem] = caught.value.problems
    assert (problem.option, problem.reason) == (option, reason)
    assert problem.mend
