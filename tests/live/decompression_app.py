"""The FastAPI app to which real servers and the layer hand the bodies of requests."""

from __future__ import annotations

from typing import Any

import fastapi
from starlette.requests import ClientDisconnect

from asgi_mw import decompression

# Bytes that a body may have
MOST = 1_000_000

api = fastapi.FastAPI(openapi_url=None)
_last: dict[str, Any] = {"read": None}


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


@api.post("/deaf")
async def deaf() -> str:
    """Answer without reading the body."""
    return "deaf"


@api.get("/last")
async def last() -> Any:
    """Say what became of the last body of ``/size``."""
    return _last["read"]


app = decompression(api, max_size=MOST)
