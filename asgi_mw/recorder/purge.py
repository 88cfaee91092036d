"""Remove exchanges from a spool folder.

Rows are only removed from segments whose lock is taken, so that a file never has two writing
connections: SQLite before 3.51.3 can corrupt a file that does (https://sqlite.org/wal.html, "The
WAL-reset bug").  A live worker is asked, by a file beside its segment, to begin a new one; it
looks for that once a second.

A segment that loses all its rows is overwritten and removed as a file: that works on a full disk,
where SQLite has no room for the journal that it needs to remove a row.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.errors import StoreError
from asgi_mw.recorder import questions, schema
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.conditions import Source, condition
from asgi_mw.recorder.folder import (
    ask_for,
    is_named_as_ours,
    lock,
    parts,
    remove,
    segments,
    settle_request,
)
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.lost import lost
from asgi_mw.recorder.plain import overwrite
from asgi_mw.recorder.query import search_of
from asgi_mw.recorder.restoring import roll_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgi_mw.recorder.folder import Files, Lock
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.questions import Place
    from asgi_mw.recorder.search import Search

# How long a live worker may take to let go of its segment, in seconds
_PATIENCE = 5.0
_BUSY_SECONDS = 5.0
# SQLite found no room: on the disk, in the quota, or for one more file
_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")


class _Chosen(NamedTuple):
    """Which exchanges of a segment are to be removed.

    Attributes:
        rows: Where they are: what was stored, and what was lost.
        of: How many the segment has.
    """

    rows: list[Place]
    of: int


class Purge:
    """Removes exchanges from the segments in *folder*.

    Args:
        folder: The spool folder.
        wake: Called when a request lies in the folder, for the writer of this process.

    Attributes:
        snags: What could not be purged, and why.
    """

    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self._folder = folder
        self._wake = wake
        self._look = Look(folder)
        self.snags = self._look.snags

    def matching(self, query: Query | Search | None) -> int:
        """Remove all that matches; return how many.

        Without a query, remove everything, also segments that cannot be read.  What is kept is
        in two files; it is removed from both, and counts once.
        """
        search = search_of(query)
        chosen: set[str] = set()
        twice = 0

        def choose(path: Path, connection: sqlite3.Connection) -> Iterator[Place]:
            nonlocal twice
            if query is None:
                ids = questions.among(connection, self._look.kept)
                twice += len(chosen & ids)
                chosen.update(ids)
                yield from _oldest(connection, None)
                return
            where = condition(search, Source(schema.version_of(connection), kept=True))
            for seq in _rows(connection, *where):
                exchange = self._look.read(path, connection, seq)
                if exchange is not None and search.matches(exchange):
                    twice += exchange.id in chosen
                    chosen.update([exchange.id] if exchange.kept else ())
                    yield "exchange", seq
            for row, facts in questions.left(connection):
                exchange = self._look.attempt(path, lambda: lost(decode(facts)))  # noqa: B023  # called now
                if exchange is not None and search.matches(self._look.marked(exchange)):
                    yield "in_flight", row

        everything = query is None
        found = segments(self._folder)
        removed = sum(self._in(files, choose, everything=everything) for files in found)
        return max(removed - twice, 0)

    def down_to(self, keep_bytes: int) -> int:
        """Remove the oldest until at most *keep_bytes* are left on disk; return how many.

        Of the last segment only as much as necessary is removed; if the disk is full, all of it.
        """
        count = 0
        for files in segments(self._folder):
            left = sum(each.bytes for each in segments(self._folder))
            if left <= keep_bytes:
                break
            over = left - keep_bytes
            whole = over >= files.bytes

            def choose(_: Path, connection: sqlite3.Connection) -> Iterator[Place]:
                return _oldest(connection, None if whole else over)  # noqa: B023  # called now

            count += self._in(files, choose, everything=whole, whole_if_need_be=True)
        return count

    def _in(
        self,
        files: Files,
        choose: Callable[[Path, sqlite3.Connection], Iterator[Place]],
        *,
        everything: bool,
        whole_if_need_be: bool = False,
    ) -> int:
        path = files.path
        # The lock beside a file of another program is not ours to take
        ours = is_named_as_ours(path)
        if not ours and _chosen(self._look, path, _nothing) is None:
            return 0
        try:
            held = self._locked(path)
            if held is None:
                problem = f"{path.name} is being written and was not let go; try again"
                self.snags.add(path.name, problem)
                return 0
            try:
                roll_back(path)
                look = Look(self._folder)
                chosen = _chosen(look, path, choose)
                if chosen is not None:
                    self.snags.take(look.snags.lines())
                    return self._removed(path, chosen, whole_if_need_be=whole_if_need_be)
                if everything and ours:
                    remove(path)  # how many exchanges it had is unknown
                else:
                    self.snags.take(look.snags.lines())
                return 0
            finally:
                held.release()
        except (OSError, sqlite3.Error, StoreError) as error:
            self.snags.add(path.name, f"{path.name} was not purged: {error}")
            return 0

    def _locked(self, path: Path) -> Lock | None:
        held = lock(path)
        if held is not None:
            return held
        ask_for(path)
        self._wake()
        deadline = monotonic() + _PATIENCE
        while held is None and monotonic() < deadline:
            sleep(0.02)
            held = lock(path)
        settle_request(path)
        return held

    def _removed(self, path: Path, chosen: _Chosen, *, whole_if_need_be: bool) -> int:
        """Remove what was chosen; return how many."""
        if len(chosen.rows) < chosen.of:
            removed, fault = delete_rows(path, chosen.rows)
            if fault is None:
                return removed
            no_room = fault.sqlite_errorname.startswith(_NO_ROOM)
            if not (whole_if_need_be and no_room):
                problem = f"{path.name} was not purged: {fault}"
                if removed:
                    problem = f"{path.name} still takes the space of what was removed: {fault}"
                if no_room:
                    problem += "; make room first, as with: asgi-mw purge --keep-bytes 100MB"
                self.snags.add(path.name, problem)
                return removed
        for part in parts(path):
            with suppress(OSError):
                overwrite(part)
        remove(path)
        return chosen.of


def _chosen(
    look: Look, path: Path, choose: Callable[[Path, sqlite3.Connection], Iterator[Place]]
) -> _Chosen | None:
    """What is to be removed from *path*, if it is there and can be read."""
    connection = look.connect(path)
    if connection is None:
        return None
    with closing(connection):
        found: _Chosen | None = look.attempt(
            path, lambda: _Chosen(list(choose(path, connection)), _count(connection))
        )
        return found


def _nothing(_: Path, __: sqlite3.Connection) -> Iterator[Place]:
    return iter(())


def _count(connection: sqlite3.Connection) -> int:
    # If anything is left in flight, the process that held the lock before has died
    return questions.count(connection) + questions.count_left(connection)


def _rows(connection: sqlite3.Connection, where: str, values: list[object]) -> Iterator[int]:
    sql = f"SELECT seq FROM exchange WHERE {where}"  # noqa: S608  # values are bound
    return (seq for [seq] in connection.execute(sql, values))


def _oldest(connection: sqlite3.Connection, size: int | None) -> Iterator[Place]:
    """The oldest, *size* bytes together, or all; what was lost comes last."""
    for place, length in questions.sizes(connection):
        if size is not None:
            if size <= 0:
                break
            size -= length
        yield place


def delete_rows(path: Path, rows: list[Place]) -> tuple[int, sqlite3.Error | None]:
    """Remove *rows*, overwrite them, and give their space back; return how many, and a fault."""
    removed = 0
    if rows:
        with closing(schema.connect(path, "rw", _BUSY_SECONDS)) as connection:
            try:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA journal_mode = DELETE")  # stays WAL under a reader
                connection.execute("BEGIN IMMEDIATE")
                # Otherwise what is removed here would count as lost
                connection.execute("DELETE FROM in_flight WHERE id IN (SELECT id FROM exchange)")
                for table, number in rows:
                    sql = f"DELETE FROM {table} WHERE rowid = ?"  # noqa: S608  # our own words
                    connection.execute(sql, (number,))
                connection.execute("COMMIT")
                removed = len(rows)
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                return removed, error
    return removed, None
