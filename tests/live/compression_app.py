"""The app that real servers serve coded: the path begins with the layer round it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from asgi_mw import compression, gzip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from asgi_mw.types import App, Receive, Scope, Send

FILE = Path(__file__)  # this very file is served
EVENTS = [b"data: event %d\n\n" % number for number in range(5)]


def text(size: int) -> bytes:
    """*size* bytes that can be compressed, but not to nothing."""
    draw = random.Random(size)
    line = b"".join(b"%08x of words and numbers\n" % draw.getrandbits(32) for _ in range(4000))
    return (line * (size // len(line) + 1))[:size]


async def _body(request: Request) -> Response:
    """Answer with the whole body at once, under a strong tag."""
    content = text(request.path_params["size"])
    return Response(content, media_type="text/plain", headers={"etag": '"app"'})


async def _stream(request: Request) -> StreamingResponse:
    """Answer with the same body in pieces, whose number nobody knows."""
    content = text(request.path_params["size"])

    async def pieces() -> AsyncIterator[bytes]:
        for begin in range(0, len(content), 10_000):
            yield content[begin : begin + 10_000]

    return StreamingResponse(pieces(), media_type="text/plain")


async def _image(_: Request) -> Response:
    """Answer with what is compressed already."""
    return Response(text(11_000), media_type="image/png", headers={"etag": '"image"'})


class Events:
    """A stream of events, each of which is sent when the client has the one before it."""

    def __init__(self) -> None:
        self._has_it = asyncio.Event()

    async def stream(self, _: Request) -> StreamingResponse:
        """Answer with the stream."""
        self._has_it = asyncio.Event()

        async def one_by_one() -> AsyncIterator[bytes]:
            for event in EVENTS:
                yield event
                await self._has_it.wait()
                self._has_it.clear()

        return StreamingResponse(one_by_one(), media_type="text/event-stream")

    async def acknowledge(self, _: Request) -> Response:
        """Let the next event go."""
        self._has_it.set()
        return Response(status_code=204)


async def _file(_: Request) -> FileResponse:
    """Answer with a file."""
    return FileResponse(FILE)


def content() -> Starlette:
    """What the layers are put round."""
    events = Events()
    return Starlette(
        routes=[
            Route("/body/{size:int}", _body),
            Route("/stream/{size:int}", _stream),
            Route("/image", _image),
            Route("/events", events.stream),
            Route("/events/ack", events.acknowledge, methods=["POST"]),
            Route("/file", _file),
            Mount("/static", StaticFiles(directory=FILE.parent)),
        ]
    )


_CONTENT = content()
_LAYERS: dict[str, App] = {
    "compression": compression(_CONTENT),
    "gzip": gzip(_CONTENT),
    "padded": compression(_CONTENT, pad=255),
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the request to the layer that its path begins with."""
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
        return
    layer, _, rest = scope["path"][1:].partition("/")
    inner = {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}
    await _LAYERS[layer](inner, receive, send)
