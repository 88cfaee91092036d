"""One span for a WebSocket, none for its messages, and measurements of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import set_route
from asgi_mw.testing import HEADER_KINDS, before, idle, websocket

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send
    from tests.middleware.tracing.conftest import Sdk

pytestmark = pytest.mark.anyio


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, say everything back, until the client closes."""
    set_route(scope, "/ws/{room}")
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": message["text"]})


def closing(code: int, *, accept: bool = True, then: BaseException | None = None) -> App:
    """Close with *code*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if accept:
            await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": code})
        if then is not None:
            raise then

    return app


def denying(status: int) -> App:
    """Answer with HTTP."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})

    return app


async def test_one_span_whatever_is_said(sdk: Sdk) -> None:
    """By the route, with status 101; 200 messages make none."""
    await websocket(sdk.tracing(echo), "/ws/7", messages=["a"] * 200)

    assert sdk.span.name == "GET /ws/{room}"
    names = ("http.request.method", "url.scheme", "url.path", "http.route")
    assert [sdk.attributes[name] for name in names] == ["GET", "ws", "/ws/7", "/ws/{room}"]
    assert sdk.attributes["http.response.status_code"] == 101
    assert "error.type" not in sdk.attributes


async def test_its_measurements_are_its_own(sdk: Sdk) -> None:
    """No lifetime in the duration of requests."""
    open_then: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await echo(scope, receive, send)
        open_then.extend(sdk.points("asgi_mw.websocket.connections"))

    await websocket(sdk.tracing(app, active_requests=True), "/ws/7", messages=["a", "b", "c"])

    route = {"url.scheme": "ws", "http.route": "/ws/{room}"}
    assert [(point.value, point.attributes) for point in open_then] == [(1, route)]
    found = {
        metric.name: [(getattr(p, "value", None), p.attributes) for p in metric.data.data_points]
        for metric in sdk.metrics()
    }
    whole = {**route, "http.response.status_code": 101, "network.protocol.version": "1.1"}
    directions = [
        (3, {**route, "asgi_mw.direction": direction}) for direction in ("receive", "send")
    ]
    assert found == {
        "asgi_mw.websocket.duration": [(None, whole)],
        "asgi_mw.websocket.connections": [(0, route)],
        "asgi_mw.websocket.messages": directions,
    }


HERE = "ValueError"


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (closing(1000), ("UNSET", 101, None)),
        (closing(1001), ("UNSET", 101, None)),
        (closing(1008), ("UNSET", 101, None)),
        (closing(4000), ("UNSET", 101, None)),
        (closing(1011), ("ERROR", 101, "1011")),
        (closing(1000, accept=False), ("UNSET", 403, None)),
        (closing(1000, then=ValueError("late")), ("UNSET", 101, None)),
        (denying(401), ("UNSET", 401, None)),
        (denying(503), ("ERROR", 503, "503")),
    ],
    ids=["1000", "1001", "1008", "4000", "1011", "denied", "late", "401", "503"],
)
async def test_how_the_app_ended_it(sdk: Sdk, app: App, expected: tuple[Any, ...]) -> None:
    """In order, abnormally, or never begun: the handshake's status, and ``error.type``."""
    await websocket(sdk.tracing(app), close=None)

    assert (
        sdk.span.status.status_code.name,
        sdk.attributes.get("http.response.status_code"),
        sdk.attributes.get("error.type"),
    ) == expected


@pytest.mark.parametrize(
    ("code", "error"),
    [(1000, None), (1001, None), (1005, None), (4001, None), (1002, "1002"), (1006, "1006")],
)
async def test_how_the_client_ended_it(sdk: Sdk, code: int, error: str | None) -> None:
    """1006 means that nobody said goodbye."""
    await websocket(sdk.tracing(echo), close=(code, ""))

    assert sdk.attributes.get("error.type") == error


async def test_a_client_that_is_lost(sdk: Sdk) -> None:
    """Its server says 1006."""
    await websocket(sdk.tracing(echo), close=None, disconnect=idle())

    assert sdk.attributes.get("error.type") in {"1006", "client_gone", None}


async def test_one_that_leaves_before_it_is_accepted(sdk: Sdk) -> None:
    """There is no status then."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    await websocket(sdk.tracing(app), disconnect=before("receive", 2))

    assert "http.response.status_code" not in sdk.attributes
    assert sdk.attributes["error.type"] in {"1006", "client_gone"}


async def test_an_exception_ends_it(sdk: Sdk) -> None:
    """The class of what left the app."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise ValueError("why")

    await websocket(sdk.tracing(app), close=None)

    assert (sdk.span.status.status_code.name, sdk.attributes["error.type"]) == ("ERROR", HERE)
    assert sdk.attributes["http.response.status_code"] == 101
    assert len(sdk.logs) == 1


async def test_a_return_without_a_close_is_in_order(sdk: Sdk) -> None:
    """The server closes with 1000 then."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    await websocket(sdk.tracing(app), close=None)

    assert "error.type" not in sdk.attributes


@pytest.mark.parametrize(
    ("keys", "scheme"),
    [({"scheme": "wss"}, "wss"), ({"omit": ["scheme"]}, "ws"), ({"scheme": "https"}, "wss")],
)
async def test_its_scheme(sdk: Sdk, keys: dict[str, Any], scheme: str) -> None:
    """Daphne's scope has none; some proxies name the scheme of the handshake."""
    await websocket(sdk.tracing(closing(1000)), scope=keys, close=None)

    assert sdk.attributes["url.scheme"] == scheme


async def test_it_ends_when_it_was_closed(sdk: Sdk) -> None:
    """Not when the app call does."""
    now = [0]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await echo(scope, receive, send)
        now[0] += 1_000_000_000

    await websocket(sdk.tracing(app, clock=lambda: now[0]), "/ws/7")

    assert sdk.span.end_time == sdk.span.start_time


def accepting(message: dict[str, Any]) -> App:
    """Answer the handshake with *message*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(message)
        if message["type"] == "websocket.http.response.start":
            await send({"type": "websocket.http.response.body", "body": b""})

    return app


@pytest.mark.parametrize("kind", HEADER_KINDS)
@pytest.mark.parametrize(
    "message",
    [{"type": "websocket.accept"}, {"type": "websocket.http.response.start", "status": 403}],
    ids=["accepted", "denied"],
)
async def test_the_headers_of_the_answer_are_captured(
    sdk: Sdk, message: dict[str, Any], kind: str
) -> None:
    """Of an acceptance as of a denial; from any kind of iterable, which the server gets whole."""
    given = [(b"X-Room", b"7"), (b"set-cookie", b"s=1")]
    app = sdk.tracing(
        accepting({**message, "headers": HEADER_KINDS[kind](given)}),
        capture_response_headers=["x-room", "set-cookie"],
    )
    result = await websocket(app, "/ws/7")

    captured = {name: value for name, value in sdk.attributes.items() if ".header." in name}
    assert captured == {
        "http.response.header.x-room": ("7",),
        "http.response.header.set-cookie": ("s=[redacted]",),
    }
    assert [tuple(pair) for pair in result.sent[0]["headers"]] == given


async def test_an_acceptance_without_headers_has_none(sdk: Sdk) -> None:
    """And is measured all the same."""
    app = sdk.tracing(accepting({"type": "websocket.accept"}), capture_response_headers=["x-a"])
    await websocket(app, "/ws/7")

    assert [name for name in sdk.attributes if ".header." in name] == []
    assert len(sdk.points("asgi_mw.websocket.connections")) == 1
