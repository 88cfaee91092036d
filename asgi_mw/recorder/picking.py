"""Read the exchanges that match, the oldest first, for an export, without holding them all."""

from __future__ import annotations

from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder.folder import segments
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.reader import Reader
from asgi_mw.recorder.results import Reading, Snags
from asgi_mw.recorder.spool import SpoolStore

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store

_ID_BYTES = 16
_PAGE, _SECONDS = 1000, 60.0
# Fewer than SQLITE_MAX_VARIABLE_NUMBER of any build (999)
_BATCH = 500


class Picked:
    """The ids of the newest *limit* exchanges of *store* that match, in 16 bytes each.

    Args:
        store: Where they are.
        search: Which.
        limit: How many at most; ``None`` for all.
        ids: Only these, whether they match or not.
        step: Called for each that is found.

    Attributes:
        search: Which were asked for.
        problems: What could not be looked at.
    """

    def __init__(
        self,
        store: Store,
        search: Search,
        *,
        limit: int | None = None,
        ids: Sequence[str] = (),
        step: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self.search = store, search
        self._snags = Snags()
        self._ids = bytearray()
        for one in sorted(set(ids), reverse=True):
            self._ids += bytes.fromhex(one)
        if not ids:
            self._look(search, limit, step)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ids) // _ID_BYTES

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be looked at."""
        return self._snags.lines()

    def oldest_first(self) -> Reading:
        """The exchanges, read as they are asked for; what was removed meanwhile is left out."""
        snags = Snags()
        snags.take(self.problems)
        store = self._store
        if isinstance(store, SpoolStore):
            look = Look(store.folder)
            look.snags = snags
            return Reading(_in_folder(look, self._batches()), snags)
        return Reading(_one_by_one(store, self._batches(), snags), snags)

    def _look(self, search: Search, limit: int | None, step: Callable[[], None]) -> None:
        before: str | None = None
        while limit is None or len(self) < limit:
            wanted = _PAGE if limit is None else min(_PAGE, limit - len(self))
            page = self._store.rows(search, before=before, limit=wanted, seconds=_SECONDS)
            self._snags.take(page.problems)
            for row in page[:wanted]:
                step()
                try:
                    self._ids += bytes.fromhex(row.id)
                except ValueError:  # of 32 characters, but no id of ours
                    self._snags.add("", f"{row.id!r} is no id; its row is left out")
            before = page.next
            if before is None:
                break

    def _batches(self) -> Iterator[list[str]]:
        for end in range(len(self), 0, -_BATCH):
            places = range(end - 1, max(end - _BATCH, 0) - 1, -1)
            yield [self._ids[at * _ID_BYTES : (at + 1) * _ID_BYTES].hex() for at in places]


def _one_by_one(store: Store, batches: Iterator[list[str]], snags: Snags) -> Generator[Exchange]:
    for one in chain.from_iterable(batches):
        try:
            exchange = store.get(one)
        except StoreError as error:
            snags.add(one, str(error))
            continue
        if exchange is not None:
            yield exchange


def _in_folder(look: Look, batches: Iterator[list[str]]) -> Generator[Exchange]:
    """The exchanges in a folder: a file is opened for its first one, and closed after its last.

    Exchanges that were lost when their processes died have no row.
    """
    lost = {one.id: one for one in Reader(look.folder).lost()}
    spans = _spans(look)
    opened: dict[Path, sqlite3.Connection] = {}
    try:
        for batch in batches:
            where: dict[str, tuple[Path, int]] = {}
            for path, (oldest, newest) in list(spans.items()):
                if newest < batch[0]:
                    del spans[path]
                    if path in opened:
                        opened.pop(path).close()
                elif oldest <= batch[-1]:
                    connection = opened.get(path) or look.connect(path)
                    if connection is not None:
                        opened[path] = connection
                        where |= _places(look, path, connection, batch)
            for one in batch:
                found = lost.get(one)
                if one in where:
                    path, seq = where[one]
                    found = look.read(path, opened[path], seq)
                if found is not None:
                    yield found
    finally:
        for connection in opened.values():
            connection.close()


def _spans(look: Look) -> dict[Path, tuple[str, str]]:
    """The oldest and the newest id of each file that has one."""
    spans = {}
    for files in segments(look.folder):
        connection = look.connect(files.path)
        if connection is None:
            continue
        with closing(connection):
            sql = "SELECT min(id), max(id) FROM exchange"
            found = look.attempt(files.path, lambda: connection.execute(sql).fetchall())  # noqa: B023  # called now
        if found and isinstance(found[0][0], str) and isinstance(found[0][1], str):
            spans[files.path] = found[0]
    return spans


def _places(
    look: Look, path: Path, connection: sqlite3.Connection, ids: list[str]
) -> dict[str, tuple[Path, int]]:
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT id, seq FROM exchange WHERE id IN ({marks})"  # noqa: S608  # our own words
    found = look.attempt(path, lambda: connection.execute(sql, ids).fetchall())
    return {one: (path, seq) for one, seq in found or ()}
