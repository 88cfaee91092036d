"""Facts about WebSockets through the transport, as httpx2 has them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest
from fastapi import FastAPI, WebSocket, WebSocketDisconnect  # noqa: TC002  # FastAPI reads them
from httpx2.websockets import WebSocketDisconnect as Closed
from httpx2.websockets import WebSocketNetworkError, WebSocketUpgradeError

from asgi_mw.errors import MissingExtraError
from asgi_mw.testing import DAPHNE, ClientDisconnected, Transport, TransportError

if TYPE_CHECKING:
    from asgi_mw.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

ACCEPT = {"type": "websocket.accept"}


def client(transport: Transport) -> httpx2.AsyncClient:
    """A client."""
    return httpx2.AsyncClient(transport=transport, base_url="http://shop.example")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every message with itself until the client leaves."""
    assert {"type": "websocket.connect"} == await receive()
    await send(ACCEPT)
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def test_texts_and_bytes() -> None:
    """There and back."""
    transport = Transport(echo, lifespan=False)
    async with client(transport) as browser, browser.websocket("/ws?a=1") as socket:
        await socket.send_text("one")
        assert "one" == await socket.receive_text()
        await socket.send_bytes(b"two" * 10_000)
        assert b"two" * 10_000 == await socket.receive_bytes()
        await socket.close(4000, "bye")

    [exchange] = transport.exchanges
    assert ("complete", "/ws") == (exchange.outcome, exchange.path)
    assert {"type": "websocket.disconnect", "code": 4000, "reason": "bye"} == exchange.events[
        -1
    ].message


async def test_the_scope_is_a_servers() -> None:
    """With the subprotocols that the client offers, of which the app chooses."""
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await send({**ACCEPT, "subprotocol": "b", "headers": [(b"x-a", b"1")]})
        await receive()
        await receive()

    async with (
        client(Transport(app, lifespan=False)) as browser,
        browser.websocket("wss://a.example/x", subprotocols=["a", "b"]) as socket,
    ):
        response = socket.response
        assert "b" == socket.subprotocol

    assert response is not None
    assert (101, "1") == (response.status_code, response.headers["x-a"])
    [scope] = scopes
    assert ("websocket", "wss", "/x", ["a", "b"], ("a.example", 443)) == tuple(
        scope[key] for key in ("type", "scheme", "path", "subprotocols", "server")
    )
    assert "method" not in scope


async def test_an_app_that_closes() -> None:
    """Its code and reason reach the client."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": "last"})
        await send({"type": "websocket.close", "code": 4001, "reason": "enough"})

    transport = Transport(app, lifespan=False)
    async with client(transport) as browser, browser.websocket("/") as socket:
        assert "last" == await socket.receive_text()
        with pytest.raises(Closed) as raised:
            await socket.receive_text()

    assert (4001, "enough") == (raised.value.code, raised.value.reason)
    assert ["complete"] == [exchange.outcome for exchange in transport.exchanges]


@pytest.mark.parametrize("denies", [False, True], ids=["closes", "denies"])
async def test_an_app_that_refuses(denies: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """By a close, or by a response of its own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not denies:
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"who", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b" are you?"})

    async with client(Transport(app, lifespan=False)) as browser:
        # As httpx2 opens it, of which the response can be read
        headers = {"upgrade": "websocket", "connection": "upgrade"}
        response = await browser.get("/", headers=headers)
        with pytest.raises(WebSocketUpgradeError):
            await browser.websocket("/").__aenter__()

    expected = (401, "who are you?") if denies else (403, "")
    assert expected == (response.status_code, response.text)


async def test_the_app_is_not_ahead_of_its_client() -> None:
    """One message on its way, one in the client's hands, one that it has read ahead."""
    sent = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send(ACCEPT)
        while True:
            await send({"type": "websocket.send", "text": "x"})
            sent += 1

    async with client(Transport(app, lifespan=False)) as browser, browser.websocket("/") as socket:
        for taken in range(1, 10):
            await socket.receive_text()
            await anyio.wait_all_tasks_blocked()
            assert sent <= taken + 2


async def test_a_client_that_leaves_after_some_messages() -> None:
    """``send`` raises, as with uvicorn."""
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        try:
            while True:
                await send({"type": "websocket.send", "text": "x"})
        except ClientDisconnected as error:
            ended.append(str(error))

    transport = Transport(app, lifespan=False, disconnect_after=2)
    async with client(transport) as browser, browser.websocket("/") as socket:
        assert ["x", "x"] == [await socket.receive_text() for _ in range(2)]
        with pytest.raises(WebSocketNetworkError):
            await socket.receive_text()

    assert ["the connection is closed"] == ended


async def test_fastapi() -> None:
    """Whose endpoint sees its client leave."""
    app = FastAPI()
    left: list[int] = []

    @app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_json({"got": await websocket.receive_json()})
        except WebSocketDisconnect as error:
            left.append(error.code)

    async with client(Transport(app)) as browser:
        async with browser.websocket("/ws") as socket:
            await socket.send_json([1])
            assert {"got": [1]} == await socket.receive_json()
        assert [1000] == left


async def test_an_error_of_the_app_is_raised() -> None:
    """From the block, in a group, as httpx2 has all that fails there; or as a close code."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        raise LookupError("none")

    async def talk(transport: Transport) -> Any:
        async with client(transport) as browser, browser.websocket("/") as socket:
            return await socket.receive_text()

    with pytest.raises(BaseExceptionGroup) as raised:
        await talk(Transport(app, lifespan=False))
    assert raised.group_contains(LookupError)
    with pytest.raises(BaseExceptionGroup) as closed:
        await talk(Transport(app, lifespan=False, raise_app_exceptions=False))
    [error] = closed.value.exceptions
    assert isinstance(error, Closed) and 1011 == error.code


async def test_an_error_before_the_handshake_is_raised() -> None:
    """By itself; so is a missing answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/raises":
            raise LookupError("none")

    async with client(Transport(app, lifespan=False)) as browser:
        with pytest.raises(LookupError):
            await browser.websocket("/raises").__aenter__()
        with pytest.raises(TransportError, match="WebSocket /: the app returned without"):
            await browser.websocket("/").__aenter__()
    quiet = Transport(app, lifespan=False, raise_app_exceptions=False)
    async with client(quiet) as browser:
        with pytest.raises(WebSocketUpgradeError) as raised:
            await browser.websocket("/").__aenter__()
    assert 500 == raised.value.response.status_code


async def test_an_app_that_returns_closes() -> None:
    """With code 1000."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)

    async with (
        client(Transport(app, lifespan=False)) as browser,
        browser.websocket("/") as socket,
    ):
        with pytest.raises(Closed) as raised:
            await socket.receive_text()

    assert 1000 == raised.value.code


async def test_a_ping_is_answered() -> None:
    """By the server, not by the app."""
    received: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        while not received or received[-1]["type"] != "websocket.disconnect":
            received.append(await receive())

    async with client(Transport(app, lifespan=False)) as browser, browser.websocket("/") as socket:
        pong = await socket.ping()
        with anyio.fail_after(5):
            await pong.wait()

    assert ["websocket.connect", "websocket.disconnect"] == [one["type"] for one in received]


async def test_a_message_in_fragments_is_one() -> None:
    """As clients may send it."""
    import wsproto  # noqa: PLC0415  # only this test

    async with (
        client(Transport(echo, lifespan=False)) as browser,
        browser.websocket("/") as socket,
    ):
        await socket.send(wsproto.events.TextMessage("one, ", message_finished=False))
        await socket.send(wsproto.events.TextMessage("two"))
        assert "one, two" == await socket.receive_text()


async def test_a_server_with_less_in_its_scopes() -> None:
    """The handshake does without."""
    async with (
        client(Transport(echo, behaviour=DAPHNE, lifespan=False)) as browser,
        browser.websocket("/") as socket,
    ):
        await socket.send_text("a")
        assert "a" == await socket.receive_text()


async def test_without_wsproto(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which extra brings it."""
    monkeypatch.setitem(sys.modules, "wsproto", None)
    async with client(Transport(echo, lifespan=False)) as browser:
        with pytest.raises(MissingExtraError, match=r"wsproto .*asgi-mw\[test\]"):
            await browser.get("ws://a/")
