"""Two exchanges of a store, compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import to_thread

from asgi_mw.inspector.changes import ID
from asgi_mw.recorder.comparing import compared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.inspector.replies import Reply
    from asgi_mw.inspector.source import Source


async def comparison(reply: Reply, source: Source, query: Mapping[str, str]) -> None:
    """Answer with how the exchanges differ that *query* names as ``left`` and ``right``."""
    found = []
    for side in ("left", "right"):
        named = query.get(side, "")
        exchange = (
            await to_thread.run_sync(source.store.get, named) if ID.fullmatch(named) else None
        )
        if exchange is None:
            await reply.refuse(404, f"{side} is no exchange, or no more")
            return
        found.append(exchange)
    left, right = found
    await reply.say(await to_thread.run_sync(compared, left, right))
