"""Long streams for clients that stop reading; the path says layer, producer and how many pieces."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, StreamingResponse

from asgi_mw import compression

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from asgi_mw.types import App, Message, Receive, Scope, Send

PIECE = 65_536  # bytes
KIND = (b"content-type", b"text/html")
# Hex digits of noise: half of them remains, so that what lies before the client fills up.  They
# repeat beyond the window of any coding
_NOISE = random.Random(1).randbytes(2 << 20).hex().encode()
_PIECES = [_NOISE[begin : begin + PIECE] for begin in range(0, len(_NOISE), PIECE)]


class Facts:
    """What happened so far.

    Attributes:
        produced: Pieces that the app made.
        coded: Bytes that came out of the layer.
        running: Streams whose app is not over.
        stops: How often all streams were told to end.
    """

    produced = coded = running = stops = 0


def _pieces(path: str) -> Iterator[bytes]:
    stops = Facts.stops
    for number in range(int(path.rpartition("/")[2])):
        if stops != Facts.stops:
            return
        Facts.produced += 1
        yield _PIECES[number % len(_PIECES)]


async def _raw(scope: Scope, receive: Receive, send: Send) -> None:
    """Await nothing but ``send``, and listen to nobody."""
    headers = [KIND]
    if "known" in scope["path"]:
        size = int(scope["path"].rpartition("/")[2]) * PIECE
        headers.append((b"content-length", b"%d" % size))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for piece in _pieces(scope["path"]):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _streaming(scope: Scope, receive: Receive, send: Send) -> None:
    """Do what a user of Starlette does; Starlette listens for the disconnect."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in _pieces(scope["path"]):
            yield piece

    await StreamingResponse(pieces(), media_type="text/html")(scope, receive, send)


async def _stream(scope: Scope, receive: Receive, send: Send) -> None:
    Facts.running += 1
    try:
        producer = _streaming if scope["path"].split("/")[2] == "streaming" else _raw
        await producer(scope, receive, send)
    finally:
        Facts.running -= 1


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


_LAYERS: dict[str, App] = {
    "none": _stream,
    "compression": compression(_stream),
    "starlette": GZipMiddleware(_stream),
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a stream, or say what became of all of them; ``/stop`` ends them first."""
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
        return
    layer = scope["path"].split("/")[1]
    if layer in _LAYERS:

        async def counted(message: Message) -> None:
            Facts.coded += len(message.get("body", b""))
            await send(message)

        await _LAYERS[layer](scope, receive, counted)
        return
    Facts.stops += layer == "stop"
    facts = {
        "produced": Facts.produced,
        "coded": Facts.coded,
        "running": Facts.running,
        "resident": _resident(),
    }
    await JSONResponse(facts)(scope, receive, send)
