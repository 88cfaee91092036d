"""The app that `make soak` serves: recorded traffic, and an unrecorded door for its watcher."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from asgi_mw import open_store, record

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

_store = open_store(
    os.environ.get("SOAK_STORE", "memory:"), **json.loads(os.environ.get("SOAK_OPTIONS", "{}"))
)
_store.recording = False
# How many of the exchanges that were read lack something, by reason
_missing: Counter[str] = Counter()


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    """Give a body back, or echo the texts of a WebSocket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
    elif scope["type"] == "http":
        pieces = []
        more = True
        while more:
            message = await receive()
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        await _answer(send, b"".join(pieces) or b"ok")


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _with_door(busy: App) -> App:
    recorded = record(busy, store=_store)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        if path in {"/-/on", "/-/off"}:
            _store.recording = path == "/-/on"
        elif path == "/-/flush":
            await asyncio.to_thread(_store.flush, 30.0)
        elif path == "/-/read":
            await asyncio.to_thread(_read_all)
        elif path != "/-/stats":
            await recorded(scope, receive, send)
            return
        await _answer(send, json.dumps(await asyncio.to_thread(_facts)).encode())

    return served


def _facts() -> dict[str, object]:
    stats = _store.stats()
    return {
        "exchanges": stats.exchanges,
        "accounted": _store.budget.total - _store.budget.left,
        "budget": _store.budget.total,
        "dropped": dict(stats.dropped),
        "faults": dict(stats.faults),
        "in_flight": stats.in_flight,
        "missing": dict(_missing),
    }


def _read_all() -> None:
    """Read every exchange, as somebody who searches them does; none is held on to."""
    for exchange in _store.exchanges():
        _missing.update(exchange.dropped.keys())


app = _with_door(_busy)
