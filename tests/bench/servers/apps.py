"""The apps that the servers serve: the same answer, in the layers that are compared.

A server imports one of them by its name: ``tests.bench.servers.apps:eight``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

import asgi_mw.logs
from asgi_mw import access_log, production, record, request_id, stack, timing
from tests.bench.layers import nowhere
from tests.bench.production import ORIGINS, usual
from tests.paced.process import live

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import App, Message, Receive, Scope, Send

# A header of the response, and the part of its body that a query can repeat
_TYPE = (b"content-type", b"application/json")
_PART = b'{"id": 7, "name": "Blue ceramic mug", "note": "350 ml, dishwasher safe"}'


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with JSON of 72 bytes; ``?chunks=10`` sends it ten times; echo on a WebSocket."""
    if scope["type"] == "http":
        chunks = int(scope["query_string"].removeprefix(b"chunks=") or b"1")
        headers = [_TYPE, (b"content-length", b"%d" % (chunks * len(_PART)))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for left in range(chunks - 1, -1, -1):
            await send({"type": "http.response.body", "body": _PART, "more_body": left > 0})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
    else:
        await live(receive, send)


def simple(app: App) -> App:
    """A layer as people write them, which only looks."""

    async def looked(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_looked(message: Message) -> None:
            await send(message)

        await app(scope, receive, send_looked)

    return looked


def _logging() -> None:
    asgi_mw.logs.configure(format="json", stream=nowhere())


def _one() -> App:
    return request_id(bare)


def _three() -> App:
    _logging()
    return stack(bare, request_id, access_log, timing)


def _production() -> App:
    _logging()
    return production(bare, allow_origins=ORIGINS)


def _recorded() -> App:
    _logging()
    return record(production(bare, allow_origins=ORIGINS), store="memory:")


def _starlettes() -> App:
    return CORSMiddleware(GZipMiddleware(bare), allow_origins=ORIGINS)


def _stacked(layers: int) -> App:
    app: App = bare
    for _ in range(layers):
        app = simple(app)
    return app


DEPTHS = (0, 1, 2, 4, 8, 16)
_MADE: dict[str, Callable[[], App]] = {
    "one": _one,
    "three": _three,
    "eight": _production,
    "recorded": _recorded,
    "starlettes": _starlettes,
    "assembled": partial(usual, bare),
    **{f"depth{layers}": partial(_stacked, layers) for layers in DEPTHS},
}


def __getattr__(name: str) -> Any:
    """Make the app that a server asks for, as its first use of this module in its process."""
    if name not in _MADE:
        raise AttributeError(name)
    return _MADE[name]()
