"""A GET through the transport for tests, beside httpx2's own: the same client, a small JSON app."""

from __future__ import annotations

from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING

import httpx2

from asgi_mw.testing import Transport
from tests.bench.report import Row

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

_REQUESTS = 50
_BODY = b'{"id": 7, "name": "Blue ceramic mug", "count": 2}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of fifty requests each."""
    ours = httpx2.AsyncClient(transport=Transport(_small), base_url="http://shop.example")
    theirs = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(_small), base_url="http://shop.example"
    )
    async with ours, theirs:
        clients = {"Transport": ours, "httpx2.ASGITransport": theirs}
        for client in clients.values():  # so that bytecode is specialised
            await _gets(client)
        times: dict[str, list[float]] = {name: [] for name in clients}
        for number in range(rounds):
            for name in sorted(clients, reverse=bool(number % 2)):
                times[name].append(await _gets(clients[name]))
    mine, peers = times.values()
    share = median(one / other for one, other in zip(mine, peers, strict=True))
    parts = {f"{name} [us]": round(median(found) / 1e3, 1) for name, found in times.items()}
    return [Row("GET through testing.Transport", share, "x", 1.0, parts=parts)]


async def _gets(client: httpx2.AsyncClient) -> float:
    began = perf_counter_ns()
    for _ in range(_REQUESTS):
        await client.get("/items/7")
    return (perf_counter_ns() - began) / _REQUESTS


async def _small(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})
