"""An app to be witnessed, and what was noted of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw import open_store, record
from asgi_mw.testing import request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw import Receive, Scope, Send
    from asgi_mw.notes import Note


async def noted(does: Callable[[], Awaitable[Any]]) -> list[Note]:
    """What is noted of a request in which an app *does* something."""
    store = open_store("memory:")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await does()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    result = await request(record(app, store=store))
    if result.raised is not None:
        raise result.raised
    [exchange] = store.exchanges()
    assert not store.faults.counts
    return list(exchange.notes)
