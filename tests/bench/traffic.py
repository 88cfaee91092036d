"""What is measured: scopes as a server builds them, the bare apps, and one timed round."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send

# What a browser's fetch sends, as uvicorn hands it on: lower-case names, in order
HEADERS = (
    b"host: shop.example.org",
    b"user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    b"accept: application/json",
    b"accept-language: en-GB,en;q=0.5",
    b"accept-encoding: gzip, deflate, br, zstd",
    b"referer: https://shop.example.org/items",
    b"cookie: theme=dark; consent=1",
    b"connection: keep-alive",
)
_ITEM = b'{"id": %d, "name": "Blue ceramic mug", "note": "350 ml, dishwasher safe", "count": 2}'
REQUEST_BODY = b'{"items": [%s]}' % b", ".join(_ITEM % n for n in range(11))
RESPONSE_BODY = b'{"items": [%s], "total": 11}' % b", ".join(_ITEM % n for n in range(11))
PAGE = b'{"items": [%s], "total": 50}' % b", ".join(_ITEM % n for n in range(50))


def scope_of(
    number: int, kind: str = "http", method: str = "GET", extra: tuple[bytes, ...] = ()
) -> Scope:
    """A new scope, with new bytes, as a server makes one for every request."""
    pairs = (line.partition(b": ") for line in (*HEADERS, *extra))
    path = f"/items/{number}"
    scope: Scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50_000 + number % 10_000),
        "scheme": "http" if kind == "http" else "ws",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"page=2",
        "headers": [(name, value) for name, _, value in pairs],
        "state": {},
    }
    if kind == "http":
        scope["method"] = method
    else:
        scope["subprotocols"] = []
    return scope


async def two_messages(scope: Scope, receive: Receive, send: Send) -> None:
    """The bare app: a response of two messages."""
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain"), (b"content-length", b"2")],
        }
    )
    await send({"type": "http.response.body", "body": b"ok"})


async def exchange_json(scope: Scope, receive: Receive, send: Send) -> None:
    """Read a body of 1 KB, answer with one of 1 KB in two parts: four events, about 4 KB."""
    await receive()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(RESPONSE_BODY)),
            ],
        }
    )
    half = len(RESPONSE_BODY) // 2
    await send({"type": "http.response.body", "body": RESPONSE_BODY[:half], "more_body": True})
    await send({"type": "http.response.body", "body": RESPONSE_BODY[half:]})


async def json_page(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with 4 KB of JSON, as FastAPI does: two events."""
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-length", b"%d" % len(PAGE)),
                (b"content-type", b"application/json"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": PAGE})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Echo the texts of a WebSocket until its client leaves."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def take(message: Message) -> None:
    """The server's ``send``: the bytes are gone at once."""


async def give() -> Message:
    """The server's ``receive``: the whole body is there."""
    return {"type": "http.request", "body": REQUEST_BODY, "more_body": False}


async def get_round(
    app: App, count: int, extra: tuple[bytes, ...] = (), method: str = "GET"
) -> float:
    """The ns per request of *count* GETs; the scopes are made before the clock starts."""
    scopes = [scope_of(number, method=method, extra=extra) for number in range(count)]
    began = perf_counter_ns()
    while scopes:
        await app(scopes.pop(), give, take)
    return (perf_counter_ns() - began) / count


async def echo_round(app: App, count: int) -> float:
    """The ns per event of one WebSocket on which *count* texts are echoed."""
    messages: list[Message] = [{"type": "websocket.disconnect", "code": 1000, "reason": ""}]
    messages += [{"type": "websocket.receive", "text": f"message {n:06}"} for n in range(count)]
    messages.append({"type": "websocket.connect"})

    async def receive() -> Message:
        return messages.pop()

    scope = scope_of(count, "websocket")
    began = perf_counter_ns()
    await app(scope, receive, take)
    return (perf_counter_ns() - began) / (2 * count + 3)
