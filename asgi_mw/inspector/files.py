"""The files of the page, in a fixed table: a name from a client is never used as a path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

if TYPE_CHECKING:
    from asgi_mw.inspector.replies import Reply

_STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
PAGE, ENTRANCE = "index.html", "enter.html"


def _table() -> dict[str, Path]:
    found = sorted(one for one in _STATIC.rglob("*") if one.is_file() and one.suffix in _TYPES)
    names = {one.relative_to(_STATIC).as_posix(): one for one in found}
    return {name: one for name, one in names.items() if one.suffix != ".html"}


# The files by their paths below the page, without the HTML documents
FILES = _table()


async def document(reply: Reply, name: str, status: int = 200) -> None:
    """Answer with the HTML document called *name*."""
    await _file(reply, _STATIC / name, status)


async def file(reply: Reply, name: str) -> None:
    """Answer with the file called *name*, which must be in the table."""
    await _file(reply, FILES[name], 200)


async def _file(reply: Reply, path: Path, status: int) -> None:
    body = await to_thread.run_sync(path.read_bytes)
    await reply.answer(status, _TYPES[path.suffix], body)
