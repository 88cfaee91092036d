"""Read all segments of a spool folder as one store, while their workers go on writing."""

from __future__ import annotations

import heapq
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder import questions, schema
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.folder import is_live, segments
from asgi_mw.recorder.lost import lost
from asgi_mw.recorder.store import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
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
        tops = list(self._each(questions.newest))
        gone = self._lost(path for path, (_, showing) in tops if showing)
        newest = {path: top for path, (top, _) in tops if top is not None}
        matching = [one for one in gone if query is None or query.matches(one)]
        with closing(self._stored(newest, query)) as stored:
            last = ""
            for one in heapq.merge(stored, matching, key=lambda one: one.id, reverse=True):
                if one.id != last:  # what was stored after all comes first
                    yield one
                last = one.id

    def _stored(self, newest: Mapping[Path, str], query: Query | None) -> Generator[Exchange]:
        """What matches in the segments with these *newest* ids."""
        # A file is opened when those before it have nothing newer left
        waiting = sorted(((top, path) for path, top in newest.items()), reverse=True)
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
        showing = []
        for path, (rows, shows) in self._each(
            lambda connection: (questions.named(connection, id), questions.shows(connection))
        ):
            found.update({one: (path, seq) for one, seq in rows})
            showing += [path] if shows else []
        gone = [one for one in self._lost(showing) if one.id.startswith(id) or one.id.endswith(id)]
        gone = [one for one in gone if one.id not in found]
        if len(found) + len(gone) != 1:
            return None
        if gone:
            return gone[0]
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
            lasts = list(self._each(questions.last))
            known = {path.name for path, (_, shows) in lasts if shows and not is_live(path)}
            return [], Cursor({path.name: last for path, (last, _) in lasts}, frozenset(known))
        places: dict[str, int] = {}
        dead = set(cursor.dead)
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
                    shows = self._try(path, lambda: questions.shows(connection))  # noqa: B023  # the same
                if shows and path.name not in dead and (gone := self._lost([path])):
                    exchanges += gone
                    dead.add(path.name)
            places[path.name] = place
        exchanges.sort(key=lambda exchange: exchange.id)
        return exchanges, Cursor(places, frozenset(dead & places.keys()))

    def in_flight(self, except_for: Collection[Path | None] = ()) -> list[Exchange]:
        """What other processes serve now and did a second ago, the oldest first."""
        self.problems = []
        exchanges = []
        for path, facts in self._each(
            questions.shown, lambda path: path not in except_for and is_live(path)
        ):
            for [one] in facts:
                exchange = self._try(path, lambda: decode(one))  # noqa: B023  # called now
                if exchange is not None:
                    exchanges.append(exchange)
        return sorted(exchanges, key=lambda exchange: exchange.id)

    def lost(self) -> list[Exchange]:
        """What processes were serving when they died, the newest first."""
        self.problems = []
        return self._lost(path for path, shown in self._each(questions.shows) if shown)

    def counts(self) -> tuple[int, int, dict[str, dict[str, int]]]:
        """How many are stored, their bytes on disk, and what was counted, by kind."""
        self.problems = []
        exchanges = 0
        tallies: dict[str, dict[str, int]] = {"dropped": {}, "fault": {}}
        for _, (count, rows) in self._each(questions.counted):
            exchanges += count
            for kind, reason, number in rows:
                of = tallies.setdefault(str(kind), {})
                of[str(reason)] = of.get(str(reason), 0) + int(number)
        return exchanges, sum(files.bytes for files in segments(self._folder)), tallies

    def _lost(self, paths: Iterable[Path]) -> list[Exchange]:
        """What the writers of those segments were serving, if they died; the newest first."""
        found: list[Exchange] = []
        for path in paths:
            connection = None if is_live(path) else self._connect(path)
            if connection is not None:
                with closing(connection):
                    for _, one in self._try(path, lambda: questions.left(connection)) or ():  # noqa: B023  # called now
                        exchange = self._try(path, lambda: lost(decode(one)))  # noqa: B023  # the same
                        if exchange is not None:
                            found.append(exchange)
        return sorted(found, key=lambda exchange: exchange.id, reverse=True)

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


def _after(connection: sqlite3.Connection, place: int) -> list[int]:
    sql = "SELECT seq FROM exchange WHERE seq > ? ORDER BY seq LIMIT ?"
    return [seq for [seq] in connection.execute(sql, (place, _FOLLOWED)).fetchall()]


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
