"""What a layer knew of a request goes with the request: nothing waits for the garbage collector."""

from __future__ import annotations

import gc
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from asgi_mw import (
    access_log,
    compression,
    cors,
    layer,
    open_store,
    production,
    record,
    request_id,
    server_error,
    stack,
    timing,
    tracing,
)
from asgi_mw.middleware.decompression import decompression
from asgi_mw.testing import http_scope, websocket_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.layers import Factory
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

_ORIGIN = "https://app.example.org"
_HEADERS = [(b"accept-encoding", b"gzip"), (b"origin", _ORIGIN.encode())]
_JSON: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"2000")],
}


async def short(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a body of known length, in two parts."""
    await receive()
    await send(_JSON)
    await send({"type": "http.response.body", "body": b"a" * 1000, "more_body": True})
    await send({"type": "http.response.body", "body": b"a" * 1000})


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with events."""
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(3):
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise before the answer."""
    raise ValueError("no such luck")


async def fails_late(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise amid the answer."""
    await send(_JSON)
    await send({"type": "http.response.body", "body": b"a" * 1000, "more_body": True})
    raise ValueError("no such luck")


async def talks(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept a WebSocket, say something, and close it."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "x"})
    await send({"type": "websocket.close"})


_APPS: tuple[App, ...] = (short, stream, fails, fails_late, talks)
_LAYERS: dict[str, Factory] = {
    "request_id": request_id,
    "access_log": access_log,
    "timing": timing,
    "tracing": tracing,
    "cors": lambda app: cors(app, allow_origins=[_ORIGIN]),
    "compression": compression,
    "decompression": decompression,
    "server_error": server_error,
    "production": lambda app: production(app, allow_origins=[_ORIGIN]),
    "record": lambda app: record(app, store=open_store("memory:")),
    "record layers": lambda app: stack(
        app, layer(record, store=open_store("memory:"), layers=True), request_id, compression
    ),
}


@contextmanager
def uncollected() -> Iterator[list[object]]:
    """What the garbage collector would free, of all that is made meanwhile."""
    gc.collect()
    gc.freeze()  # what is there already is none of ours, and takes long to look through
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize("name", _LAYERS)
async def test_nothing_of_a_request_waits_for_the_garbage_collector(name: str) -> None:
    """Garbage is held far longer than the request takes, and costs as much as the layer does."""
    layered = [_LAYERS[name](app) for app in _APPS]
    for app in layered:
        await _serve(app)  # what is imported for the first request leaves garbage
    with uncollected() as garbage:
        for app in layered:
            await _serve(app)
        gc.collect()

        assert [] == [one for one in garbage if _is_ours(one)]


async def _serve(app: App) -> None:
    for scope, receive in (
        (http_scope("GET", "/", headers=_HEADERS), _ask),
        (websocket_scope("/", headers=_HEADERS), _connect),
    ):
        with suppress(ValueError):
            await app(scope, receive, _take)


async def _ask() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _connect() -> Message:
    return {"type": "websocket.connect"}


async def _take(message: Message) -> None:
    """Be a server that sends at once."""


def _is_ours(one: object) -> bool:
    """Whether it is a function of ours, or of a class of ours."""
    module = getattr(one, "__module__", None) or type(one).__module__
    return str(module).startswith("asgi_mw")
