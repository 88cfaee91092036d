"""Send a recorded request to the app again, within the process, and find the new exchange."""

from __future__ import annotations

from itertools import islice
from secrets import token_hex
from time import time_ns
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from anyio import to_thread

from asgi_mw.recorder.query import Query
from asgi_mw.testing.wire import Wire, WireError

if TYPE_CHECKING:
    from asgi_mw.inspector.again import Request
    from asgi_mw.recorder.store import Store
    from asgi_mw.types import App

# The key of the scope by which the new exchange is found
KEY = "asgi_mw.resent"
# The app is cancelled after so many seconds, or once it has sent more bytes than this
_SECONDS, _MOST = 30.0, 16 * 1024 * 1024
# Seconds to wait until it is stored; ns around the beginning; how many exchanges are looked at
_FLUSH_SECONDS, _BEGINS_WITHIN, _AMONG = 2.0, 1_000_000_000, 10_000


class Resent(NamedTuple):
    """The outcome of a request that was sent again.

    Attributes:
        id: Of the new exchange; ``None`` if it was not recorded.
        ended: Whether the app came to an end; if not, it was cancelled.
    """

    id: str | None
    ended: bool


async def resend(app: App, request: Request, store: Store) -> Resent:
    """Give *request* to *app*, which records into *store*."""
    mark = token_hex(16)
    began = time_ns()
    ended = await _driven(app, {**request.scope, KEY: mark}, request)
    return Resent(await to_thread.run_sync(_found, store, began, mark), ended)


async def _driven(app: App, scope: dict[str, Any], request: Request) -> bool:
    enough = anyio.Event()
    size = 0

    async def count(message: Any) -> None:
        nonlocal size
        size += len(message.get("body") or b"")
        if size > _MOST:
            enough.set()
            await anyio.lowlevel.checkpoint()

    wire = Wire(
        app, scope, messages=request.messages, cancel=enough, on_send=count, timeout=_SECONDS
    )
    try:
        async with wire:
            await wire.finished()
    except WireError:
        return False
    return not enough.is_set()


def _found(store: Store, began: int, mark: str) -> str | None:
    """The id of the exchange that has *mark* in its scope."""
    store.flush(_FLUSH_SECONDS)
    # Wall clocks may be set back a little
    query = Query(since=began - _BEGINS_WITHIN, until=began + _BEGINS_WITHIN)
    reading = store.exchanges(query)
    try:
        fits = (one.id for one in islice(reading, _AMONG) if one.scope.get(KEY) == mark)
        return next(fits, None)
    finally:
        reading.close()
