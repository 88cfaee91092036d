"""List the rows of a spool folder, the newest first, up to a number of rows and for a time."""

from __future__ import annotations

from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING

from asgi_mw.recorder import questions
from asgi_mw.recorder.merging import merged
from asgi_mw.recorder.reader import newest_of
from asgi_mw.recorder.results import Page
from asgi_mw.recorder.rows import row_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.look import Look
    from asgi_mw.recorder.rows import Row
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.tops import Tops

# Characters of rows that one call may hold: a list shows a part of the longest ones
_ROOM = 16 * 1024 * 1024
# After every id
_TOP = "g"


def page_of(
    look: Look, tops: Tops, search: Search, *, before: str | None, limit: int, seconds: float
) -> Page:
    """The rows that match, below an id; see :meth:`~asgi_mw.recorder.store.Store.rows`."""
    deadline = monotonic() + seconds
    below = before or _TOP
    newest, lost = newest_of(look, tops)
    gone = [one for one in lost if one.id < below]
    versions: dict[Path, int] = {}

    def ask(path: Path, connection: sqlite3.Connection) -> Iterator[tuple[str, int | None]]:
        source = look.source(path, connection)
        versions[path] = source.version
        return questions.scanned(connection, search, source, below)

    rows: list[Row] = []
    room = _ROOM
    last = ""
    with closing(merged(look, newest, ask)) as answers:
        for one, path, connection, seq in answers:
            _take_lost(rows, gone, one, search)
            if seq is not None and one != last:
                row = look.row(path, connection, seq, versions[path])
                if row is not None and search.matches_row(
                    row,
                    lambda: look.read(path, connection, seq),  # noqa: B023  # called now
                ):
                    last = one  # what is kept may be there twice
                    rows.append(row)
                    room -= _length(row)
            if len(rows) >= limit or room < 0 or monotonic() > deadline:
                return Page(rows, one, look.snags.lines())
    _take_lost(rows, gone, "", search)
    return Page(rows, None, look.snags.lines())


def _take_lost(rows: list[Row], gone: list[Exchange], above: str, search: Search) -> None:
    """Add what was lost and is newer than *above*, as far as it matches."""
    while gone and gone[0].id > above:
        one = gone.pop(0)
        stored = bool(rows) and rows[-1].id == one.id
        if not stored and search.matches(one):
            rows.append(row_of(one))


def _length(row: Row) -> int:
    return sum(len(value) for value in row if isinstance(value, str))
