"""A server is given again, over sockets, what an app was given once."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw import ConfigError, open_store, record
from asgi_mw.errors import MissingExtraError
from asgi_mw.parts import body_of, headers_of
from asgi_mw.replay import Remote, asking, talking
from asgi_mw.testing import (
    Behaviour,
    ClientDisconnected,
    TransportError,
    Wire,
    after,
    request,
    run,
    websocket,
    websocket_scope,
)
from tests.live.thread import served
from tests.system import free_ports

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.events import Exchange
    from asgi_mw.replay import Replayed
    from asgi_mw.types import App, Receive, Scope, Send


def recorded(app: App, drive: Callable[[App], Awaitable[object]]) -> Exchange:
    """The exchange that *drive* makes with *app*, in this process."""
    store = open_store("memory:")
    run(drive(record(app, store=store)))
    return next(iter(store.exchanges()))


def again(app: App, *exchanges: Exchange, **options: Any) -> list[Replayed]:
    """Replay to a real uvicorn that serves *app*."""

    async def replays(remote: Remote) -> list[Replayed]:
        async with remote:
            return [await remote.replay(one) for one in exchanges]

    with served(app) as port:
        return run(replays(Remote(f"http://127.0.0.1:{port}", **options)))


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with all that was asked, and how the body came."""
    chunks, more = [], True
    while more:
        message = await receive()
        chunks += [message["body"].decode()] if message["body"] else []
        more = message.get("more_body", False)
    headers = [
        [name.decode(), value.decode()] for name, value in scope["headers"] if name != b"host"
    ]
    told = {
        "method": scope["method"],
        "raw": [scope["raw_path"].decode(), scope["query_string"].decode()],
        "headers": sorted(headers),
        "body": "".join(chunks),
    }
    kind = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 201, "headers": kind})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


@pytest.mark.parametrize(
    ("headers", "added"),
    [
        ({"x-a": "1", "content-length": "6"}, []),
        ({"x-a": "1", "accept": "text/html"}, [["transfer-encoding", "chunked"]]),
    ],
    ids=["length", "chunks"],
)
def test_a_server_gets_what_the_app_got(headers: dict[str, str], added: list[list[str]]) -> None:
    """Method, raw path, query, headers, body; what the server adds is no difference."""
    exchange = recorded(
        echo,
        lambda app: request(
            app, "PUT", "/a%2Fb%20c/%7e?q=%41&r", headers=headers, body=[b"one", b"two"]
        ),
    )
    [found] = again(echo, exchange)

    assert "" == found.departed
    assert {b"date", b"server"} <= {name for name, _ in headers_of(found.exchange, "send")}
    told = json.loads(body_of(found.exchange, "send").data)
    assert ["/a%2Fb%20c/%7e", "q=%41&r"] == told["raw"]
    assert "onetwo" == told["body"]
    expected = sorted([*([name, value] for name, value in headers.items()), *added])
    assert expected == told["headers"]
    names = {one.name for one in found.differences()}
    assert names == ({"body $.headers[1]"} if added else set())


def test_a_difference_is_found_by_its_path() -> None:
    """In the answer of the server of today."""

    def shop(price: int) -> App:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            body = json.dumps({"items": [{"price": price}]}).encode()
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": body})

        return app

    exchange = recorded(shop(12), lambda app: request(app, "GET", "/items"))
    same, other = again(shop(12), exchange)[0], again(shop(13), exchange)[0]
    assert [] == same.differences()
    assert ["body $.items[0].price: 12 → 13"] == [str(one) for one in other.differences()]


def test_the_body_of_a_head_is_no_difference() -> None:
    """A server sends none, whatever the app does."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"hello"})

    exchange = recorded(app, lambda app: request(app, "HEAD", "/"))
    [found] = again(app, exchange)
    assert (200, []) == (found.exchange.status, found.differences())


def test_an_image_is_compared_by_its_digest() -> None:
    """However the server cuts it into pieces."""

    def showing(last: bytes) -> App:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            kind = [(b"content-type", b"image/png")]
            await send({"type": "http.response.start", "status": 200, "headers": kind})
            for _ in range(4):
                await send({"type": "http.response.body", "body": bytes(40_000), "more_body": True})
            await send({"type": "http.response.body", "body": last})

        return app

    exchange = recorded(showing(b"\xff"), request)
    [same] = again(showing(b"\xff"), exchange)
    [other] = again(showing(b"\xfe"), exchange)
    assert [] == same.differences()
    assert ["body"] == [one.name for one in other.differences()]


async def _refused(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("no")


async def _broken(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"a", "more_body": True})
    raise RuntimeError("no")


@pytest.mark.parametrize("app", [_refused, _broken])
def test_an_app_that_failed_fails_again(app: App) -> None:
    """The server answers for it, or breaks off: that is no difference."""
    exchange = recorded(app, lambda app: request(app, "GET", "/"))
    [found] = again(app, exchange)
    assert ("error", "", []) == (exchange.outcome, found.departed, found.differences())


def test_a_server_that_breaks_off_departs() -> None:
    """If the app that was recorded did not."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a"})

    exchange = recorded(app, lambda app: request(app, "GET", "/"))
    [found] = again(_broken, exchange)
    assert found.departed.startswith("the connection to http://127.0.0.1:")


def test_the_host_is_that_of_the_server_unless_it_is_kept() -> None:
    """For HTTP and WebSocket."""
    seen: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(value for name, value in scope["headers"] if name == b"host")
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close"})
            return
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    host = {"host": "shop.example"}
    get = recorded(app, lambda app: request(app, "GET", "/", headers=host))
    ws = recorded(app, lambda app: websocket(app, "/", headers=host, close=None))
    seen.clear()
    again(app, get, ws)
    assert all(one.startswith(b"127.0.0.1:") for one in seen)
    again(app, get, ws, keep_host=True)
    assert [b"shop.example"] * 2 == seen[2:]


async def _stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Without an end, until the client leaves."""
    left = anyio.Event()

    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await send({"type": "http.response.start", "status": 200})
        while not left.is_set():
            await send({"type": "http.response.body", "body": b"tick\n", "more_body": True})
            await anyio.sleep(0.01)


def test_a_client_leaves_where_it_left() -> None:
    """After as many bytes, however the server cuts them into pieces."""
    raising = Behaviour(http_send_after_disconnect=ClientDisconnected)
    exchange = recorded(
        _stream, lambda app: request(app, disconnect=after("send", 4), behaviour=raising)
    )
    [found] = again(_stream, exchange)
    assert ("client_gone", "") == (found.exchange.outcome, found.departed)
    assert [] == [one for one in found.differences() if one.part not in ("body", "header")]
    assert (
        b"tick\n" * 3
        == b"".join(
            one.message.get("body", b"")
            for one in found.exchange.events
            if one.type == "http.response.body" and not one.raised
        )[:15]
    )


def test_a_client_leaves_while_it_sends() -> None:
    """The server sees less than was promised."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            if not message["more_body"]:
                break
        seen.append(message["type"])

    gone: list[Any] = [
        {"type": "http.request", "body": b"abc", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def leaves(app: App) -> None:
        from asgi_mw.testing import http_scope  # noqa: PLC0415  # of this helper alone

        scope = http_scope("POST", "/", headers={"content-length": "10"})
        async with Wire(app, scope, messages=gone) as wire:
            await wire.finished()

    exchange = recorded(app, leaves)
    [found] = again(app, exchange)
    assert ["http.disconnect"] * 2 == seen
    assert ("", exchange.outcome) == (found.departed, found.exchange.outcome)

    async def answers(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        await send({"type": "http.response.start", "status": 400})
        await send({"type": "http.response.body", "body": b"where is the rest?"})
        raise OSError("the client left")

    [found] = again(answers, recorded(answers, leaves))
    assert ("", [], None) == (found.departed, found.differences(), found.exchange.status)


async def _talk(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer each message, close on bye."""
    await receive()
    offered = scope["subprotocols"]
    protocol = {"subprotocol": offered[0]} if offered else {}
    await send({"type": "websocket.accept", "headers": [(b"x-room", b"1")], **protocol})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("bytes"):
            await send({"type": "websocket.send", "bytes": message["bytes"][::-1]})
            continue
        await send({"type": "websocket.send", "text": message["text"].upper()})
        if message["text"] == "bye":
            await send({"type": "websocket.close", "code": 4001, "reason": "bye"})
            return


async def _chat(app: App, *messages: str, close: int | None = None) -> None:
    """Say something, and wait for each answer."""
    scope = websocket_scope("/room?a=1", subprotocols=["v2", "v1"])
    async with Wire(app, scope) as wire:
        await wire.give({"type": "websocket.connect"})
        await wire.take()
        for text in messages:
            await wire.give({"type": "websocket.receive", "text": text})
            await wire.take()
        if close is not None:
            await wire.disconnect(close, "enough")
        await wire.finished()


@pytest.mark.parametrize(
    ("messages", "close"),
    [(("hello", "bye"), None), (("hello",), 4002), ((), 1006)],
    ids=["app", "client", "broken"],
)
def test_a_websocket_goes_on_as_the_server_does(
    messages: tuple[str, ...], close: int | None
) -> None:
    """Messages, subprotocol and headers; closed by the one, the other, or by nobody."""
    exchange = recorded(_talk, lambda app: _chat(app, *messages, close=close))
    [found] = again(_talk, exchange)
    assert ("", []) == (found.departed, found.differences())
    accepted = next(one for one in found.exchange.events if one.type == "websocket.accept")
    assert "v2" == accepted.message["subprotocol"]


async def _closes(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})


async def _closes_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close", "code": 1008})


async def _denies(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    kind = "websocket.http.response"
    await send({"type": f"{kind}.start", "status": 401, "headers": [(b"x-why", b"no")]})
    await send({"type": f"{kind}.body", "body": b"who are you?"})


@pytest.mark.parametrize("app", [_closes, _closes_at_once, _denies])
def test_a_handshake_is_refused_as_it_was(app: App) -> None:
    """With a close, or an answer of its own."""
    exchange = recorded(app, lambda app: websocket(app, "/", close=None))
    [found] = again(app, exchange)
    assert ("", []) == (found.departed, found.differences())


def test_a_websocket_that_departs_says_where() -> None:
    """What was to follow is not sent."""
    exchange = recorded(_talk, lambda app: _chat(app, "hello", "bye"))
    [found] = again(_closes, exchange, timeout=2.0)
    assert "its message 1 was websocket.accept, and is websocket.close" == found.departed


def test_nobody_who_listens_is_said() -> None:
    """Before anything is sent."""
    [port] = free_ports(1)

    remote = Remote(f"http://127.0.0.1:{port}")

    async def enter() -> None:
        async with remote:
            pass

    with pytest.raises(TransportError, match=f"nothing can be sent to http://127.0.0.1:{port}"):
        run(enter())


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://a", "http://a/b", "http://a:0", "http://a:x", "http://u@a", ""]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """It has a scheme, a host and perhaps a port."""
    with pytest.raises(ConfigError, match="is no scheme, host and port"):
        Remote(url)


def test_what_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients are extras; plain httpx does as well as httpx2."""
    monkeypatch.setitem(sys.modules, "httpx2", None)
    assert "httpx" == asking._client().__name__
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtraError, match=r'pip install "asgi-mw\[test\]"'):
        Remote("http://127.0.0.1:8000")
    monkeypatch.setitem(sys.modules, "websockets.exceptions", None)
    with pytest.raises(asking.BrokenError, match=r'pip install "asgi-mw\[cli\]"'):
        run(talking.talk("http://a", None, None, None, seconds=1))  # type: ignore[arg-type]  # not used


@pytest.mark.parametrize("client", ["httpx2", "httpx"])
def test_both_clients_send_the_same(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The raw path, above all."""
    if client == "httpx":
        monkeypatch.setitem(sys.modules, "httpx2", None)
    exchange = recorded(echo, lambda app: request(app, "GET", "/%7Ea//b%2F?c='%27", headers={}))
    [found] = again(echo, exchange)
    assert ("", []) == (found.departed, found.differences())


def test_a_path_is_sent_though_no_raw_path_was_recorded() -> None:
    """Quoted; some servers keep none."""
    exchange = recorded(echo, lambda app: request(app, "GET", "/a%20b", headers={}))
    scope = {key: value for key, value in exchange.scope.items() if key != "raw_path"}
    [found] = again(echo, replace(exchange, scope=scope))
    assert ("", []) == (found.departed, found.differences())
