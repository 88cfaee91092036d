"""The list: rows of exchanges, the newest first, a page of them at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import to_thread

from asgi_mw.inspector.changes import ID
from asgi_mw.inspector.source import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.inspector.replies import Reply
    from asgi_mw.inspector.source import Source

_FEW, _MOST = 200, 1000


async def listing(reply: Reply, source: Source, query: Mapping[str, str]) -> None:
    """Answer with the rows that *query* asks for, by ``q``, ``before`` and ``limit``."""
    search, before = query.get("q", ""), query.get("before")
    limit = query.get("limit", str(_FEW))
    if before is not None and not ID.fullmatch(before):
        await reply.refuse(400, "before is no id")
        return
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= _MOST):
        await reply.refuse(400, f"limit is no number from 1 to {_MOST}")
        return

    def read() -> dict[str, Any]:
        listed = source.listed(search, before, int(limit))
        said = {"columns": COLUMNS, "rows": listed.rows, "next": listed.following}
        return said | {"total": source.total(), "problems": listed.problems}

    try:
        found = await to_thread.run_sync(read)
    except ValueError as error:
        await reply.refuse(400, str(error))
    else:
        await reply.say(found)
