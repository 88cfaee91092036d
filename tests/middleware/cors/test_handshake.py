"""A page of another origin opens no WebSocket: it is told 403 before the app hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import structlog

from asgi_mw import access_log
from asgi_mw.middleware.cors import cors
from asgi_mw.testing import SERVERS, before, websocket

if TYPE_CHECKING:
    from asgi_mw.testing import Behaviour
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio
LISTED: dict[str, Any] = {"allow_origins": ["https://a.example", "https://*.b.example"]}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, say something, close."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "secret"})
    await send({"type": "websocket.close"})


async def later(origin: str, scope: Scope) -> bool:
    """Look the origin up somewhere."""
    return origin == "https://asked.example" and scope["type"] == "websocket"


TABLE: list[tuple[dict[str, Any], list[str], bool]] = [
    (LISTED, ["https://a.example"], True),
    (LISTED, ["https://x.b.example"], True),
    (LISTED, ["https://b.example"], False),
    (LISTED, ["https://a.example.evil.example"], False),
    (LISTED, ["http://a.example"], False),
    (LISTED, ["null"], False),
    (LISTED, [""], False),
    (LISTED, [], True),
    (LISTED, ["https://a.example", "https://evil.example"], False),
    (LISTED, ["https://evil.example", "https://a.example"], False),
    (LISTED, ["https://a.example", "https://a.example"], False),
    (LISTED | {"websocket": "strict"}, ["https://a.example"], True),
    (LISTED | {"websocket": "strict"}, ["https://evil.example"], False),
    (LISTED | {"websocket": "strict"}, [], False),
    (LISTED | {"websocket": "off"}, ["https://evil.example"], True),
    (LISTED | {"websocket": "off"}, ["https://evil.example"] * 2, True),
    (LISTED | {"websocket": "off"}, [], True),
    ({"allow_origins": ["*"]}, ["https://evil.example"], True),
    ({"allow_origins": ["*"]}, ["null"], True),
    ({"allow_origins": ["*"]}, [], True),
    ({"allow_origins": ["*"], "websocket": "strict"}, ["https://any.example"], True),
    ({"allow_origins": ["*"], "websocket": "strict"}, ["https://any.example"] * 2, False),
    ({"allow_origins": ["*"], "websocket": "strict"}, [], False),
    ({}, ["https://a.example"], False),
    ({}, [], True),
    ({"allow_origin_regex": r"https://[a-z]\.example"}, ["https://a.example"], True),
    ({"allow_origin_regex": r"https://[a-z]\.example"}, ["https://a.example.evil"], False),
    ({"allow_origin_predicate": later}, ["https://asked.example"], True),
    ({"allow_origin_predicate": later}, ["https://other.example"], False),
    ({"dangerously_allow_null_origin": True}, ["null"], True),
]


@pytest.mark.parametrize(
    ("options", "origins", "welcome"),
    TABLE,
    ids=[f"{' '.join(options) or 'nothing'}: {', '.join(o) or '-'}" for options, o, _ in TABLE],
)
async def test_who_may_open_one(
    options: dict[str, Any],
    origins: list[str],
    welcome: bool,  # noqa: FBT001  # a table
) -> None:
    """By the policy that holds for fetches."""
    headers = [("host", "a.example"), *(("origin", origin) for origin in origins)]
    result = await websocket(cors(app, **options), headers=headers)

    assert (result.accepted, result.texts) == ((True, ["secret"]) if welcome else (False, []))
    assert result.raised is None


@pytest.mark.parametrize(
    "pair",
    [
        (b"origin", "https://a.example"),
        (b"origin", bytearray(b"https://a.example")),
        (b"origin", None),
        (b"origin", b"https://a.example", b"x"),
        (b"origin",),
        ("origin", b"https://a.example"),
        ("Origin", "https://a.example"),
        (bytearray(b"origin"), b"https://a.example"),
        [b"origin", 5],
    ],
    ids=str,
)
@pytest.mark.parametrize("more", [[], [(b"host", b"a.example")], [5]], ids=str)
async def test_a_malformed_origin_is_not_as_none(pair: Any, more: list[Any]) -> None:
    """Who is let in without one is no browser; here one was sent, and cannot be read."""
    layered = cors(app, **LISTED)

    async def odd_server(scope: Scope, receive: Receive, send: Send) -> None:
        await layered({**scope, "headers": [*more, pair]}, receive, send)

    result = await websocket(odd_server)

    assert (result.accepted, result.denied, result.raised) == (False, 403, None)


@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_every_server_is_told_in_its_own_way(behaviour: Behaviour) -> None:
    """By the denial response where there is that extension, else by closing before accepting."""
    headers = {"origin": "https://evil.example"}
    result = await websocket(cors(app, **LISTED), headers=headers, behaviour=behaviour)
    denial = [
        {
            "type": "websocket.http.response.start",
            "status": 403,
            "headers": [(b"content-length", b"0")],
        },
        {"type": "websocket.http.response.body", "body": b"", "more_body": False},
    ]
    extended = "websocket.http.response" in (result.scope.get("extensions") or {})

    assert result.sent == (denial if extended else [{"type": "websocket.close", "code": 1008}])
    assert [message["type"] for message in result.received] == ["websocket.connect"]
    assert (result.denied, result.raised, result.mutated()) == (403, None, [])


@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_a_client_that_left_is_told_nothing(behaviour: Behaviour) -> None:
    """It cannot hear it."""
    result = await websocket(
        cors(app, **LISTED),
        headers={"origin": "https://evil.example"},
        behaviour=behaviour,
        disconnect=before("receive", 1),
    )

    assert result.sent == []


@pytest.mark.parametrize("omit", [("extensions",), ()], ids=["close", "denial"])
async def test_debug_says_why(omit: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
    """In the log; in the body where there is one."""
    layered = cors(app, **LISTED, debug=True)
    headers = {"origin": "https://evil.example"}
    result = await websocket(layered, headers=headers, scope={"omit": omit})
    why = "origin https://evil.example is not allowed"

    assert [record.message for record in caplog.records] == [f"refused: {why}"]
    assert result.body == (b"" if omit else f"CORS: denied: {why}".encode())


@pytest.mark.parametrize("omit", [("extensions",), ()], ids=["close", "denial"])
async def test_the_access_log_says_why(omit: tuple[str, ...]) -> None:
    """Without debug, too; the client is told nothing."""
    layered = access_log(cors(app, **LISTED))
    headers = {"origin": "https://evil.example"}
    with structlog.testing.capture_logs() as events:
        result = await websocket(layered, headers=headers, scope={"omit": omit})

    said = [(event["status"], event["refused"]) for event in events]
    assert said == [(403, "origin https://evil.example is not allowed")]
    assert result.body == b""


async def test_what_the_app_answers_is_left_alone() -> None:
    """A page never reads the answer to a handshake, so that there is nothing to decorate."""
    start = {"type": "websocket.http.response.start", "status": 404, "headers": []}

    async def denying(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(start)
        await send({"type": "websocket.http.response.body"})

    result = await websocket(cors(denying, **LISTED), headers={"origin": "https://a.example"})

    assert result.originals[0] is start
    assert result.status == 404
