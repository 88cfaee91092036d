"""The FastAPI app to which real servers and the layer hand the bodies of requests, two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import fastapi
from starlette.requests import ClientDisconnect

from asgi_mw import decompression

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

# Bytes that a body may have
MOST = 1_000_000

api = fastapi.FastAPI(openapi_url=None)
_last: dict[str, Any] = {"read": None}
_raised: list[str] = []


@api.post("/orders")
async def orders(orders: list[dict[str, int]], request: fastapi.Request) -> dict[str, Any]:
    """Say what was understood."""
    headers = request.headers
    total = sum(order["count"] for order in orders)
    return {
        "total": total,
        "coding": headers.get("content-encoding"),
        "length": headers.get("content-length"),
    }


@api.post("/size")
async def size(request: fastapi.Request) -> int:
    """Read the body, and say how long it is; keep whether it came to its end."""
    _last["read"] = "part"
    total = 0
    try:
        async for piece in request.stream():
            total += len(piece)
    except ClientDisconnect:
        _last["read"] = "client gone"
        raise
    _last["read"] = total
    return total


@api.post("/body")
async def body(request: fastapi.Request) -> int:
    """Read the body at once, and say how long it is."""
    return len(await request.body())


@api.post("/form")
async def form(request: fastapi.Request) -> int:
    """Read a form, and say how many fields it has."""
    return len(await request.form())


@api.post("/field")
async def field(name: Annotated[str, fastapi.Form()]) -> str:
    """Have FastAPI read a form, and say what a field holds."""
    return name


@api.post("/deaf")
async def deaf() -> str:
    """Answer without reading the body."""
    return "deaf"


@api.get("/last")
async def last() -> Any:
    """Say what became of the last body of ``/size``."""
    return _last["read"]


@api.get("/raised")
async def raised() -> list[str]:
    """Say what was raised into the server so far, and forget it."""
    kept = _raised[:]
    _raised.clear()
    return kept


def watched(app: App) -> App:
    """Keep what *app* raises into the server."""

    async def watch(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            _raised.append(repr(error))
            raise

    return watch


app = watched(decompression(api, max_size=MOST))
streamed = watched(decompression(api, max_size=MOST, buffer=65_536))
