"""Read all segments of a spool folder as one store, while their workers go on writing."""

from __future__ import annotations

import heapq
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.folder import is_live, segments
from asgi_mw.recorder.store import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path
    from typing import Any

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query

# How long to wait for a writer that holds the whole file, in seconds
_BUSY_SECONDS = 1.0
_PAGE = 500
_FOLLOWED = 1000
_ID = re.compile(r"[0-9a-f]{1,32}")


class Reader:
    """Reads the segments in *folder*, of whatever process.

    Files that vanish are no fault: they were removed for their size or age.  What cannot be read
    is left out and told in ``problems``, anew by each call.

    Attributes:
        problems: What could not be read by the last call, and what to do.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: list[str] = []

    def exchanges(self, query: Query | None = None) -> Iterator[Exchange]:
        """The exchanges that match, the newest first, read as they are asked for."""
        self.problems = []
        newest = self._each(_newest)
        # A file is opened when those before it have nothing newer left
        waiting = sorted(((top, path) for path, top in newest if top is not None), reverse=True)
        heap: list[tuple[_Descending, Path, Iterator[tuple[str, int]], sqlite3.Connection, int]]
        heap = []
        try:
            while waiting or heap:
                while waiting and (not heap or waiting[0][0] > heap[0][0].id):
                    self._advance(heap, *self._opened(waiting.pop(0)[1], query))
                if heap:
                    _, path, ids, connection, seq = heapq.heappop(heap)
                    try:
                        exchange = self._read(path, connection, seq)
                        if exchange is not None and (query is None or query.matches(exchange)):
                            yield exchange
                    except BaseException:  # who reads has seen enough
                        connection.close()
                        raise
                    self._advance(heap, path, ids, connection)
        finally:
            for _, _, _, connection, _ in heap:
                connection.close()

    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one."""
        self.problems = []
        if not _ID.fullmatch(id):
            return None
        found: dict[str, tuple[Path, int]] = {}
        for path, rows in self._each(lambda connection: _named(connection, id)):
            found.update({one: (path, seq) for one, seq in rows})
        if len(found) != 1:
            return None
        [(path, seq)] = found.values()
        connection = self._connect(path)
        if connection is None:
            return None
        with closing(connection):
            return self._read(path, connection, seq)

    def follow(self, cursor: Cursor | None = None) -> tuple[list[Exchange], Cursor]:
        """What was written since *cursor*, the oldest first, and how far that was.

        At most a thousand of each file: what is left comes with the next call.
        """
        self.problems = []
        if cursor is None:
            return [], Cursor({path.name: last for path, last in self._each(_last)})
        places: dict[str, int] = {}
        exchanges: list[Exchange] = []
        for files in segments(self._folder):
            path, place = files.path, cursor.places.get(files.path.name, 0)
            connection = self._connect(path)
            if connection is not None:
                with closing(connection):
                    for seq in self._try(path, lambda: _after(connection, place)) or ():  # noqa: B023  # called now
                        place = seq
                        exchange = self._read(path, connection, seq)
                        if exchange is not None:
                            exchanges.append(exchange)
            places[path.name] = place
        exchanges.sort(key=lambda exchange: exchange.id)
        return exchanges, Cursor(places)

    def in_flight(self, except_for: Collection[Path | None] = ()) -> list[Exchange]:
        """What other processes serve now and did a second ago, the oldest first."""
        self.problems = []
        exchanges = []
        for path, facts in self._each(
            _shown, lambda path: path not in except_for and is_live(path)
        ):
            for [one] in facts:
                exchange = self._try(path, lambda: decode(one))  # noqa: B023  # called now
                if exchange is not None:
                    exchanges.append(exchange)
        return sorted(exchanges, key=lambda exchange: exchange.id)

    def counts(self) -> tuple[int, int, dict[str, dict[str, int]]]:
        """How many exchanges there are, their bytes on disk, and what was counted, by kind."""
        self.problems = []
        exchanges = 0
        tallies: dict[str, dict[str, int]] = {"dropped": {}, "fault": {}}
        for _, (count, rows) in self._each(_counted):
            exchanges += count
            for kind, reason, number in rows:
                of = tallies.setdefault(str(kind), {})
                of[str(reason)] = of.get(str(reason), 0) + int(number)
        return exchanges, sum(files.bytes for files in segments(self._folder)), tallies

    def _each(
        self,
        ask: Callable[[sqlite3.Connection], Any],
        wanted: Callable[[Path], bool] = lambda _: True,
    ) -> Iterator[tuple[Path, Any]]:
        """What each readable segment answers to *ask*."""
        for files in segments(self._folder):
            connection = self._connect(files.path) if wanted(files.path) else None
            if connection is not None:
                with closing(connection):
                    answer = self._try(files.path, lambda: ask(connection))  # noqa: B023  # called now
                if answer is not None:
                    yield files.path, answer

    def _connect(self, path: Path) -> sqlite3.Connection | None:
        """A connection that only reads, if *path* is there, readable and not empty."""
        connection: sqlite3.Connection | None = None

        def connect() -> bool:
            nonlocal connection
            connection = schema.connect(path, "ro", _BUSY_SECONDS)
            return schema.verify(connection, path.name)

        readable = self._try(path, connect)
        if not readable and connection is not None:
            connection.close()
            connection = None
        return connection

    def _try(self, path: Path, ask: Callable[[], Any]) -> Any:
        """What *ask* returns; a fault of the file becomes a problem, unless it is gone."""
        try:
            return ask()
        except StoreError as error:
            problem = str(error) if path.name in str(error) else f"{path.name}: {error}"
        except (sqlite3.Error, ValueError, TypeError) as error:
            problem = f"{path.name} cannot be read ({error}); move it out of the folder"
        if path.exists():
            self.problems.append(problem)
        return None

    def _read(self, path: Path, connection: sqlite3.Connection, seq: int) -> Exchange | None:
        def read() -> Exchange | None:
            sql = "SELECT facts, bodies FROM exchange WHERE seq = ?"
            rows = connection.execute(sql, (seq,)).fetchall()
            return decode(*rows[0]) if rows else None

        exchange: Exchange | None = self._try(path, read)
        return exchange

    def _opened(
        self, path: Path, query: Query | None
    ) -> tuple[Path, Iterator[tuple[str, int]], sqlite3.Connection | None]:
        connection = self._connect(path)
        ids = iter(()) if connection is None else _matching(connection, query)
        return path, ids, connection

    def _advance(
        self,
        heap: list[Any],
        path: Path,
        ids: Iterator[tuple[str, int]],
        connection: sqlite3.Connection | None,
    ) -> None:
        """Put the next match of *path* on *heap*, or close its connection."""
        if connection is None:
            return
        match = self._try(path, lambda: next(ids, None))
        if match is None:
            connection.close()
        else:
            one, seq = match
            heapq.heappush(heap, (_Descending(one), path, ids, connection, seq))


class _Descending:
    """An id that sorts the other way round."""

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:  # noqa: A002  # the exchange's own word
        self.id = id

    def __lt__(self, other: _Descending) -> bool:
        return self.id > other.id


def _newest(connection: sqlite3.Connection) -> str | None:
    [[top]] = connection.execute("SELECT max(id) FROM exchange").fetchall()
    return top if isinstance(top, str) else None


def _last(connection: sqlite3.Connection) -> int:
    [[last]] = connection.execute("SELECT coalesce(max(seq), 0) FROM exchange").fetchall()
    return int(last)


def _after(connection: sqlite3.Connection, place: int) -> list[int]:
    sql = "SELECT seq FROM exchange WHERE seq > ? ORDER BY seq LIMIT ?"
    return [seq for [seq] in connection.execute(sql, (place, _FOLLOWED)).fetchall()]


def _shown(connection: sqlite3.Connection) -> list[tuple[str]]:
    return connection.execute("SELECT facts FROM in_flight").fetchall()


def _counted(connection: sqlite3.Connection) -> tuple[int, list[Any]]:
    [[count]] = connection.execute("SELECT count(*) FROM exchange").fetchall()
    return count, connection.execute("SELECT kind, reason, count FROM tally").fetchall()


def _named(connection: sqlite3.Connection, part: str) -> list[tuple[str, int]]:
    """At most two of each kind: two are as good as many."""
    by_start = "SELECT id, seq FROM exchange WHERE id >= ? AND id < ? LIMIT 2"
    by_end = "SELECT id, seq FROM exchange WHERE substr(id, ?) = ? LIMIT 2"
    # "g" comes after every hex digit
    found = connection.execute(by_start, (part, part + "g")).fetchall()
    return found + connection.execute(by_end, (-len(part), part)).fetchall()


def _matching(connection: sqlite3.Connection, query: Query | None) -> Iterator[tuple[str, int]]:
    """Ids and rows that may match, the newest first, a page at a time.

    Between two pages no statement is open, so that a slow reader never keeps the writer's log
    from being reset.
    """
    where, values = schema.condition(query)
    sql = (
        f"SELECT id, seq FROM exchange WHERE id < ? AND {where} "  # noqa: S608  # values are bound
        f"ORDER BY id DESC LIMIT {_PAGE}"
    )
    below = "g"
    while page := connection.execute(sql, (below, *values)).fetchall():
        yield from page
        below = page[-1][0]
