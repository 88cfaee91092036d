"""An app that breaks rules, hangs and fails, by its path."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio.to_thread

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

HOSTILE = "\x1b[2J\x00\ud800\u202e]]>&<"
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/users/{id}": {"get": {"parameters": [{"in": "path", "name": "id", "example": 7}]}},
        "/twice": {"get": {}, "post": {}},
    },
}


class UnsaidError(Exception):
    """Cannot be printed."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Do what the path says."""
    match scope["type"]:
        case "lifespan":
            await _lifespan(receive, send)
        case "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.accept"})
            await receive()
        case _:
            await _http(scope["path"], receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    print("the app prints as it starts")
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _http(path: str, receive: Receive, send: Send) -> None:
    body = b"hi"
    match path:
        case "/twice":
            await send({"type": "http.response.start", "status": 200})
        case "/undecided":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"hi"})
            await send({"type": "http.response.body", "body": b"hi"})
            return
        case "/hostile":
            await send({"type": HOSTILE})
        case "/hang":
            await asyncio.sleep(1000)
        case "/block":
            while True:
                pass
        case "/thread":
            await anyio.to_thread.run_sync(time.sleep, 1000)
        case "/leave":
            threading.Thread(target=time.sleep, args=(1000,)).start()
        case "/catch":
            while True:
                with suppress(BaseException):
                    while True:
                        pass
        case "/print":
            subprocess.run([sys.executable, "-c", "print('of a program')"], check=True)  # noqa: ASYNC221  # it ends at once
        case "/unsaid":
            raise UnsaidError
        case "/crash":
            raise RuntimeError("no\x1b[2J")
        case "/stream":
            await _stream(receive, send)
            return
        case "/openapi.json":
            body = json.dumps(DOCUMENT).encode()
    await send({"type": "http.response.start", "status": 404 if path == "/gone" else 200})
    await send({"type": "http.response.body", "body": body})


async def _stream(receive: Receive, send: Send) -> None:
    """Send without an end, until the client leaves."""

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    leaving = asyncio.create_task(left())
    await send({"type": "http.response.start", "status": 200})
    while not leaving.done():
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await asyncio.sleep(0.01)


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    """Do not start."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})


async def stopping(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail to shut down."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "no way out"})
        return
    await _http("/", receive, send)


async def holding(scope: Scope, receive: Receive, send: Send) -> None:
    """Hold the event loop as it starts."""
    if scope["type"] == "lifespan":
        while True:
            pass
    await _http("/", receive, send)


async def hanging(scope: Scope, receive: Receive, send: Send) -> None:
    """Do not end."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.sleep(1000)
    await _http("/", receive, send)


def make() -> App:
    """Make the app."""
    return app
