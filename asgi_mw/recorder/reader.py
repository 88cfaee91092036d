"""Read all segments of a spool folder as one store, while their workers go on writing."""

from __future__ import annotations

import heapq
import re
from contextlib import closing
from typing import TYPE_CHECKING

from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.folder import is_live, segments
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.results import Found, Reading
from asgi_mw.recorder.store import Cursor

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path
    from typing import Any

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query

_PAGE = 500
_FOLLOWED = 1000
# Bytes of rows that one call may hold at once, and the least that one takes in memory
_ROOM = 64 * 1024 * 1024
_LEAST = 256
# The rows that have an id by which they can be listed
_LISTED = "length(id) = 32 AND id < 'g'"
_ID = re.compile(r"[0-9a-f]{1,32}")


class Reader:
    """Reads the segments in *folder*, of whatever process.

    What cannot be read is left out, and said in the result of the call.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def exchanges(self, query: Query | None = None, also: Iterable[str] = ()) -> Reading:
        """The exchanges that match, the newest first, read as they are asked for.

        Args:
            query: What is looked for.
            also: Problems that are known already.
        """
        look = Look(self._folder)
        look.snags.take(also)
        return Reading(_merged(look, query), look.snags)

    def get(self, id: str) -> tuple[Exchange | None, tuple[str, ...]]:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one; and problems."""
        look = Look(self._folder)
        if not _ID.fullmatch(id):
            return None, ()
        found: dict[str, tuple[Path, int]] = {}
        for path, rows in look.each(lambda connection: _named(connection, id)):
            found.update({one: (path, seq) for one, seq in rows})
        exchange = None
        if len(found) == 1:
            [(path, seq)] = found.values()
            connection = look.connect(path)
            if connection is not None:
                with closing(connection):
                    exchange = look.read(path, connection, seq)
        return exchange, look.snags.lines()

    def follow(self, cursor: Cursor | None = None) -> tuple[Found, Cursor]:
        """What was written since *cursor*, the oldest first, and how far that was.

        At most a thousand of each file, and 64 MiB: what is left comes with the next call.
        """
        look = Look(self._folder)
        if cursor is None:
            places = {path.name: last for path, last in look.each(_last)}
            return Found((), look.snags.lines()), Cursor(places)
        places = {}
        exchanges: list[Exchange] = []
        room = _ROOM
        for files in segments(self._folder):
            path, place = files.path, cursor.places.get(files.path.name, 0)
            connection = look.connect(path) if room > 0 else None
            if connection is not None:
                with closing(connection):
                    for seq, size in look.attempt(path, lambda: _after(connection, place)) or ():  # noqa: B023  # called now
                        room -= size
                        place = seq
                        exchange = look.read(path, connection, seq)
                        if exchange is not None:
                            exchanges.append(exchange)
                        if room <= 0:
                            break
            places[path.name] = place
        exchanges.sort(key=lambda exchange: exchange.id)
        return Found(exchanges, look.snags.lines()), Cursor(places)

    def in_flight(self, except_for: Collection[Path | None] = ()) -> Found:
        """What other processes serve now and did a second ago, the oldest first."""
        look = Look(self._folder)
        exchanges: list[Exchange] = []
        room = _ROOM // 4

        def views(connection: sqlite3.Connection) -> list[object]:
            nonlocal room
            shown = []
            for [facts] in connection.execute("SELECT facts FROM in_flight"):
                room -= _LEAST + len(str(facts))
                if room < 0:
                    break
                shown.append(facts)
            return shown

        for path, shown in look.each(views, lambda path: path not in except_for and is_live(path)):
            for facts in shown:
                exchange = look.attempt(path, lambda: decode(facts))  # noqa: B023  # called now
                if exchange is not None:
                    exchanges.append(exchange)
        if room < 0:
            look.snags.add("", "more is in flight than can be shown at once")
        return Found(sorted(exchanges, key=lambda exchange: exchange.id), look.snags.lines())

    def counts(self) -> tuple[int, int, dict[str, dict[str, int]], tuple[str, ...]]:
        """How many exchanges, their bytes on disk, what was counted, by kind; and problems."""
        look = Look(self._folder)
        exchanges = 0
        tallies: dict[str, dict[str, int]] = {"dropped": {}, "fault": {}}
        for _, (count, rows) in look.each(_counted):
            exchanges += count
            for kind, reason, number in rows:
                tallies[kind][reason] = tallies[kind].get(reason, 0) + number
        size = sum(files.bytes for files in segments(self._folder))
        return exchanges, size, tallies, look.snags.lines()


def _merged(look: Look, query: Query | None) -> Iterator[Exchange]:
    """The matching exchanges of all segments, the newest first."""
    # A file is opened when those before it have nothing newer left
    newest = look.each(_newest)
    waiting = sorted(((top, path) for path, top in newest), reverse=True)
    heap: list[tuple[_Descending, Path, Iterator[tuple[str, int]], sqlite3.Connection, int]] = []
    try:
        while waiting or heap:
            while waiting and (not heap or waiting[0][0] > heap[0][0].id):
                _, path = waiting.pop(0)
                connection = look.connect(path)
                if connection is not None:
                    _warn_of_odd(look, path, connection)
                    _advance(look, heap, path, _matching(connection, query), connection)
            if heap:
                _, path, ids, connection, seq = heapq.heappop(heap)
                try:
                    exchange = look.read(path, connection, seq)
                    if exchange is not None and (query is None or query.matches(exchange)):
                        yield exchange
                except BaseException:  # who reads has seen enough
                    connection.close()
                    raise
                _advance(look, heap, path, ids, connection)
    finally:
        for _, _, _, connection, _ in heap:
            connection.close()


def _advance(
    look: Look,
    heap: list[Any],
    path: Path,
    ids: Iterator[tuple[str, int]],
    connection: sqlite3.Connection,
) -> None:
    """Put the next match of *path* on *heap*, or close its connection."""
    match = look.attempt(path, lambda: next(ids, None))
    if match is None:
        connection.close()
    else:
        one, seq = match
        heapq.heappush(heap, (_Descending(one), path, ids, connection, seq))


def _warn_of_odd(look: Look, path: Path, connection: sqlite3.Connection) -> None:
    """Note how many rows have no id by which they could be listed."""
    sql = f"SELECT count(*) FROM exchange WHERE NOT ({_LISTED})"  # noqa: S608  # our own words
    rows = look.attempt(path, lambda: connection.execute(sql).fetchall())
    if rows and rows[0][0]:
        problem = f"{path.name}: {rows[0][0]:,} rows without an id are left out; "
        look.snags.add(path.name, problem + "remove the file with: asgi-mw purge --all")


class _Descending:
    """An id that sorts the other way round."""

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:  # noqa: A002  # the exchange's own word
        self.id = id

    def __lt__(self, other: _Descending) -> bool:
        return self.id > other.id


def _newest(connection: sqlite3.Connection) -> str | None:
    sql = "SELECT CAST(substr(max(id), 1, 32) AS TEXT) FROM exchange"
    [[top]] = connection.execute(sql).fetchall()
    return top if isinstance(top, str) else None


def _last(connection: sqlite3.Connection) -> int:
    [[last]] = connection.execute("SELECT coalesce(max(seq), 0) FROM exchange").fetchall()
    return int(last)


def _after(connection: sqlite3.Connection, place: int) -> list[tuple[int, int]]:
    """Rows and about how many bytes each has."""
    size = "length(facts) + coalesce(length(bodies), 0)"
    sql = f"SELECT seq, {size} FROM exchange WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608  # our own words
    return connection.execute(sql, (place, _FOLLOWED)).fetchall()


def _counted(connection: sqlite3.Connection) -> tuple[int, list[tuple[str, str, int]]]:
    [[count]] = connection.execute("SELECT count(*) FROM exchange").fetchall()
    return count, schema.tallies(connection)


def _named(connection: sqlite3.Connection, part: str) -> list[tuple[str, int]]:
    """At most two of each kind: two are as good as many."""
    select = f"SELECT id, seq FROM exchange WHERE {_LISTED} AND"  # noqa: S608  # our own words
    by_start = f"{select} id >= ? AND id < ? LIMIT 2"
    by_end = f"{select} substr(id, ?) = ? LIMIT 2"
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
        f"SELECT id, seq FROM exchange WHERE id < ? AND {_LISTED} AND {where} "  # noqa: S608  # values are bound
        f"ORDER BY id DESC LIMIT {_PAGE}"
    )
    below = "g"
    while page := connection.execute(sql, (below, *values)).fetchall():
        yield from page
        below = page[-1][0]
