"""An app is given again what it was given once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw import ConfigError, open_store, record
from asgi_mw.differences import Noise
from asgi_mw.replay import AS_RECORDED, Replayer, replay
from asgi_mw.testing import (
    Behaviour,
    ClientDisconnected,
    Transport,
    TransportError,
    after,
    request,
    websocket,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.events import Exchange
    from asgi_mw.replay import Replayed
    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def recorded(app: App, drive: Callable[[App], Awaitable[object]]) -> Exchange:
    """The exchange that *drive* makes with *app*."""
    store = open_store("memory:")
    await drive(record(app, store=store))
    return next(iter(store.exchanges()))


async def alone(app: App, exchange: Exchange, **options: Any) -> Replayed:
    """Replay *exchange* against *app*, which has no lifespan."""
    return await replay(app, exchange, lifespan=False, **options)


def answering(answer: Callable[[Scope, bytes], Any]) -> App:
    """An app that answers with JSON, made of the scope and the body."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message.get("more_body", False)
        answered = json.dumps(answer(scope, body)).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answered})

    return app


def echo(scope: Scope, body: bytes) -> Any:
    """All that an app is asked for."""
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    told = [scope["method"], scope["path"], scope["query_string"].decode()]
    return {"asked": told, "headers": headers, "body": body.decode()}


async def test_the_app_gets_what_it_got() -> None:
    """Method, path, query, headers, and each message of the body."""
    asked: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        messages = [await receive() for _ in range(3)]
        kept = {key: scope[key] for key in scope if key not in ("state", "asgi_mw")}
        asked.append((kept, messages))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    exchange = await recorded(
        app, lambda app: request(app, "POST", "/a%20b?c=d", body=[b"one", b"two", b"three"])
    )
    again = await alone(app, exchange)

    assert asked[1] == asked[0]
    assert again.departed == ""
    assert again.differences() == []
    assert again.exchange.id != exchange.id


async def test_a_fault_of_today_is_found_by_its_path() -> None:
    """What differs by itself is found by asking twice, and is left out."""
    served = iter(range(100))

    def shop(price: int) -> App:
        return answering(
            lambda *_: {"at": next(served), "items": [{"price": 1}, {"price": 2}, {"price": price}]}
        )

    exchange = await recorded(shop(3), lambda app: request(app, "GET", "/items"))
    async with Replayer(shop(3), lifespan=False) as replayer:
        first, second = [await replayer.replay(exchange) for _ in range(2)]
    noise = Noise(second.differences())
    today = await alone(shop(4), exchange)

    assert [one.name for one in first.differences()] == ["body $.at"]
    found = [one for one in today.differences() if not noise.has(one)]
    assert [str(one) for one in found] == ["body $.items[2].price: 3 → 4"]


async def test_a_crash_is_replayed_until_it_is_fixed() -> None:
    """The exception is a part of the exchange."""

    def divide(scope: Scope, body: bytes) -> Any:
        return {"half": 1 / int(body)}

    exchange = await recorded(answering(divide), lambda app: request(app, "POST", body=b"0"))
    assert exchange.outcome == "error"
    again = await alone(answering(divide), exchange)
    fixed = await alone(answering(lambda *_: {"half": None}), exchange)

    assert again.differences() == []
    assert [one.name for one in fixed.differences()] == [
        "status",
        "header content-type",
        "body line 1",
        "outcome",
        "error",
    ]


async def talk(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer each message with what its length was, until it says bye."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": str(len(message["text"]))})
        if message["text"] == "bye":
            await send({"type": "websocket.close", "code": 4001})
            return


async def chat(app: App) -> None:
    """Say something, wait for each answer, say bye."""
    async with websocket_client(app) as client:
        for text in ("hello", "you", "bye"):
            await client.give({"type": "websocket.receive", "text": text})
            await client.take()
        await client.finished()


def websocket_client(app: App) -> Any:
    """A wire to *app* that is accepted."""
    from asgi_mw.testing import Wire, websocket_scope  # noqa: PLC0415  # of this helper alone

    return Wire(app, websocket_scope("/chat"), messages=[{"type": "websocket.connect"}])


async def test_a_websocket_goes_on_as_the_app_does() -> None:
    """The messages of the client come when the app has sent what it sent before."""
    exchange = await recorded(
        talk, lambda app: websocket(app, "/", messages=["hello", "you", "bye"])
    )
    again = await alone(talk, exchange)

    assert again.departed == ""
    assert again.differences() == []
    assert [event.type for event in again.exchange.events] == [
        event.type for event in exchange.events
    ]


async def test_a_websocket_that_departs_says_where() -> None:
    """What was to follow is not given; the app sees that its client left."""

    async def shorter(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        await send({"type": "websocket.close", "code": 1008})

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    exchange = await recorded(talk, chat)
    closed = await alone(shorter, exchange)
    hung = await alone(silent, exchange, timeout=0.05)

    assert closed.departed == "its message 2 was websocket.send, and is websocket.close"
    assert hung.departed.startswith("it sent websocket.accept before it received message 2: ")
    assert hung.exchange.events[-1].type == "websocket.disconnect"


async def test_a_client_leaves_where_it_left() -> None:
    """After as many messages of the response; ``send`` raises if it did."""

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(20):
            await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
        await send({"type": "http.response.body"})

    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            pass

    raising = Behaviour(http_send_after_disconnect=ClientDisconnected)
    left = await recorded(
        stream, lambda app: request(app, disconnect=after("send", 4), behaviour=raising)
    )
    heard = await recorded(listening, lambda app: request(app, disconnect=after("send", 1)))
    assert {left.outcome, heard.outcome} == {"client_gone"}

    assert (await alone(listening, heard)).differences() == []
    again = await alone(stream, left)
    assert again.exchange.outcome == "client_gone"
    assert [one.raised for one in again.exchange.events] == [one.raised for one in left.events]


async def test_secrets_are_supplied_or_said_to_be_missing() -> None:
    """A header without its secret is left out; in a body the mask stays."""
    app = answering(echo)
    exchange = await recorded(
        app,
        lambda app: request(
            app,
            "POST",
            "/login?token=abc",
            headers={"authorization": "Bearer s3cret", "content-type": "application/json"},
            body=b'{"user": "me", "password": "hunter2"}',
        ),
    )
    without = await alone(app, exchange)
    secrets = {"authorization": "s3cret", "Password": "hunter2", "token": "abc"}
    seen: list[Any] = []

    def keep(scope: Scope, body: bytes) -> Any:
        seen.append(echo(scope, body))
        return seen[-1]

    await alone(answering(keep), exchange, secrets=secrets)

    assert {"authorization", "password", "token"} == set(without.plan.missing)
    [told] = seen
    assert told["asked"] == ["POST", "/login", "token=abc"]
    assert told["headers"]["authorization"] == "Bearer s3cret"
    assert told["body"] == '{"user": "me", "password": "hunter2"}'


async def test_it_happens_as_fast_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the times that were recorded, times a factor."""
    exchange = await recorded(answering(echo), lambda app: request(app, "POST", body=[b"a", b"b"]))
    late = replace(
        exchange,
        events=tuple(
            replace(one, returned=(number + 1) * 10**9) if one.direction == "receive" else one
            for number, one in enumerate(exchange.events)
        ),
    )
    waits: list[float] = []

    async def sleep_until(deadline: float) -> None:
        waits.append(deadline)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(anyio, "sleep_until", sleep_until)
    await alone(answering(echo), late)
    assert waits == []
    await alone(answering(echo), late, pace=AS_RECORDED)
    await alone(answering(echo), late, pace=0.5)
    assert [round(waits[1] - waits[0], 3), round(waits[3] - waits[2], 3)] == [1.0, 0.5]


async def test_the_lifespan_is_up_meanwhile() -> None:
    """With its state, of which each connection has a copy."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["db"] = "open"
            await send({"type": "lifespan.startup.complete"})
            await receive()
            seen.append("closed")
            await send({"type": "lifespan.shutdown.complete"})
            return
        seen.append(scope["state"]["db"])
        await answering(lambda *_: 1)(scope, receive, send)

    async with Replayer(app) as replayer:
        exchange = await recorded(answering(lambda *_: 1), request)
        await replayer.replay(exchange)
        await replayer.replay(exchange)
    assert seen == ["open", "open", "closed"]


async def test_an_app_that_hangs_is_cancelled() -> None:
    """And said to be."""

    async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    exchange = await recorded(answering(echo), request)
    again = await alone(stuck, exchange, timeout=0.05)
    assert "the app does not end" in again.departed
    assert again.exchange.outcome == "cancelled"


async def test_what_is_replayed_can_be_prepared() -> None:
    """By a function that is given each exchange."""
    exchange = await recorded(answering(echo), lambda app: request(app, "GET", "/old"))

    def prepare(exchange: Exchange) -> Exchange:
        return replace(exchange, scope={**exchange.scope, "path": "/new", "raw_path": b"/new"})

    again = await alone(answering(echo), exchange, prepare=prepare)
    assert (again.recorded.path, again.exchange.path) == ("/new", "/new")


async def test_what_cannot_be_replayed_says_so() -> None:
    """A lifespan is run anyway; wrong options are named."""
    exchange = await recorded(answering(echo), request)
    with pytest.raises(ValueError, match="only HTTP requests and WebSockets can be replayed"):
        await alone(answering(echo), replace(exchange, type="lifespan"))
    with pytest.raises(ConfigError, match="pace"):
        Replayer(answering(echo), pace=-1)

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(TransportError, match="no database"):
        await replay(failing, exchange)


async def test_what_a_transport_recorded_is_replayed() -> None:
    """As any other exchange."""
    httpx2 = pytest.importorskip("httpx2")
    async with httpx2.AsyncClient(transport=Transport(answering(echo))) as client:
        transport = client._transport
        await client.post("http://shop.example/orders", json={"item": 1})
        [exchange] = transport.exchanges
    assert (await alone(answering(echo), exchange)).differences() == []
