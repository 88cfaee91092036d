"""Responses that fail in every way: the path begins with the layer round them, or ``bare``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import StreamingResponse
from starlette.routing import Route

from asgi_mw import compression, production

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import Request
    from starlette.responses import Response

    from asgi_mw.types import App, Receive, Scope, Send

PART = (b"all work and no play makes jack a dull boy\n" * 400)[:15_000]
KINDS = {"text": b"text/plain", "events": b"text/event-stream", "image": b"image/png"}
ORIGIN = "https://shop.example"


class FailedError(Exception):
    """What the app raises."""


class _Through(BaseHTTPMiddleware):
    """Ends the body though the app inside failed, where the response had begun."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)


async def _failing(_: Request) -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield PART
        raise FailedError

    return StreamingResponse(
        parts(), media_type="text/plain", headers={"content-length": str(6 * len(PART))}
    )


_STARLETTE = Starlette(routes=[Route("/swallowed", _failing)])
_STARLETTE.add_middleware(_Through)
GATE: dict[str, asyncio.Event] = {}


async def _content(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as ``/how/kind/length`` says; the length is what is declared, or ``none``."""
    _, how, kind, length = scope["path"].split("/")
    headers = [(b"content-type", KINDS[kind])]
    if length != "none":
        headers.append((b"content-length", length.encode()))

    async def part(payload: bytes = PART, *, more: bool = True) -> None:
        await send({"type": "http.response.body", "body": payload, "more_body": more})

    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if how == "waits":
        await GATE.setdefault(kind, asyncio.Event()).wait()
        GATE.clear()
    if how in {"raises-first", "returns-first"}:
        pass
    elif how == "at-once":
        await part(more=False)
    elif how == "beyond":
        for _ in range(6):
            await part(PART + b"x" * 1000)
        await part(b"", more=False)
    else:
        for _ in range(6 if how in {"all-returns", "all-raises", "whole"} else 1):
            await part()
    if how in {"short", "whole", "waits"}:
        await part(b"", more=False)
    if "raises" in how:
        raise FailedError


async def _inner(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/swallowed":
        await _STARLETTE(scope, receive, send)
    elif scope["path"].startswith("/go/"):
        GATE[scope["path"][4:]].set()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
    else:
        await _content(scope, receive, send)


_LAYERS: dict[str, App] = {
    "bare": _inner,
    "compression": compression(_inner),
    "production": production(_inner, allow_origins=[ORIGIN], access_log=False, tracing=False),
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
