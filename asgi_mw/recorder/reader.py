"""Read all segments of a spool folder as one store, while their workers go on writing."""

from __future__ import annotations

import heapq
import re
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from asgi_mw.recorder import questions
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.folder import is_live, segments
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.lost import lost
from asgi_mw.recorder.results import Found, Reading
from asgi_mw.recorder.store import Cursor

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query

# Bytes of rows that one call may hold at once, and the least that one takes in memory
_ROOM = 64 * 1024 * 1024
_LEAST = 256
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
        return Reading(_all(look, query), look.snags)

    def get(self, id: str) -> tuple[Exchange | None, bool, tuple[str, ...]]:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one.

        Also whether there are several, and problems.
        """
        look = Look(self._folder)
        if not _ID.fullmatch(id):
            return None, False, ()
        found: dict[str, tuple[Path, int]] = {}
        showing = []
        for path, (rows, shows) in look.each(
            lambda connection: (questions.named(connection, id), questions.shows(connection))
        ):
            found.update({one: (path, seq) for one, seq in rows})
            showing += [path] if shows else []
        gone = {
            one.id: one
            for _, one in _lost(look, showing)
            if one.id not in found and (one.id.startswith(id) or one.id.endswith(id))
        }
        exchange = None
        if len(found) + len(gone) == 1:
            for exchange in gone.values():
                return exchange, False, look.snags.lines()
            [(path, seq)] = found.values()
            connection = look.connect(path)
            if connection is not None:
                with closing(connection):
                    exchange = look.read(path, connection, seq)
        return exchange, len(found) + len(gone) > 1, look.snags.lines()

    def follow(self, cursor: Cursor | None = None) -> tuple[Found, Cursor]:
        """What was written since *cursor*, the oldest first, and how far that was.

        At most a thousand of each file, and 64 MiB: what is left comes with the next call.
        """
        look = Look(self._folder)
        if cursor is None:
            lasts = list(look.each(questions.last))
            places = {path.name: last for path, (last, _) in lasts}
            known = {path.name for path, (_, shows) in lasts if shows and not is_live(path)}
            return Found((), look.snags.lines()), Cursor(places, frozenset(known))
        places = {}
        showing = []
        exchanges: list[Exchange] = []
        room = _ROOM
        for files in segments(self._folder):
            path, place = files.path, cursor.places.get(files.path.name, 0)
            connection = look.connect(path) if room > 0 else None
            if connection is not None:
                with closing(connection):
                    ask = partial(questions.after, connection, place)
                    for seq, size in look.attempt(path, ask) or ():
                        room -= size
                        place = seq
                        exchange = look.read(path, connection, seq)
                        if exchange is not None:
                            exchanges.append(exchange)
                        if room <= 0:
                            break
                    if look.attempt(path, partial(questions.shows, connection)):
                        showing.append(path)
            places[path.name] = place
        gone = list(_lost(look, [path for path in showing if path.name not in cursor.dead]))
        exchanges += [one for _, one in gone]
        exchanges.sort(key=_id_of)
        dead = cursor.dead & places.keys() | {path.name for path, _ in gone}
        return Found(exchanges, look.snags.lines()), Cursor(places, frozenset(dead))

    def in_flight(self, except_for: Collection[Path | None] = ()) -> Found:
        """What other processes serve now and did a second ago, the oldest first."""
        look = Look(self._folder)
        found = _views(
            look,
            questions.shown,
            decode,
            lambda path: path not in except_for and is_live(path),
            "more is in flight than can be shown at once",
        )
        exchanges = sorted((one for _, one in found), key=_id_of)
        return Found(exchanges, look.snags.lines())

    def lost(self) -> Found:
        """What processes were serving when they died, the newest first."""
        look = Look(self._folder)
        showing = [path for path, shown in look.each(questions.shows) if shown]
        gone = sorted((one for _, one in _lost(look, showing)), key=_id_of, reverse=True)
        return Found(gone, look.snags.lines())

    def counts(self) -> tuple[int, int, dict[str, dict[str, int]], tuple[str, ...]]:
        """How many are stored, their bytes on disk, what was counted, by kind; and problems."""
        look = Look(self._folder)
        exchanges = 0
        tallies: dict[str, dict[str, int]] = {"dropped": {}, "fault": {}}
        for _, (count, rows) in look.each(questions.counted):
            exchanges += count
            for kind, reason, number in rows:
                tallies[kind][reason] = tallies[kind].get(reason, 0) + number
        size = sum(files.bytes for files in segments(self._folder))
        return exchanges, size, tallies, look.snags.lines()


def _id_of(exchange: Exchange) -> str:
    return exchange.id


def _views(
    look: Look,
    ask: Callable[[sqlite3.Connection], Iterator[object]],
    read: Callable[[object], Exchange],
    wanted: Callable[[Path], bool],
    more: str,
) -> Iterator[tuple[Path, Exchange]]:
    """What the *wanted* segments show, as *read* makes it of facts; *more* if that is too much."""
    room = _ROOM // 4

    def views(connection: sqlite3.Connection) -> list[object]:
        nonlocal room
        shown = []
        for facts in ask(connection):
            room -= _LEAST + len(str(facts))
            if room < 0:
                break
            shown.append(facts)
        return shown

    for path, shown in look.each(views, wanted):
        for facts in shown:
            exchange = look.attempt(path, lambda: read(facts))  # noqa: B023  # called now
            if exchange is not None:
                yield path, exchange
    if room < 0:
        look.snags.add("", more)


def _lost(look: Look, paths: Collection[Path]) -> Iterator[tuple[Path, Exchange]]:
    """What the writers of those segments were serving, if they died."""
    if not paths:
        return iter(())
    return _views(
        look,
        lambda connection: (facts for _, facts in questions.left(connection)),
        lambda facts: lost(decode(facts)),
        lambda path: path in paths and not is_live(path),
        "more was lost than can be shown at once",
    )


def _all(look: Look, query: Query | None) -> Iterator[Exchange]:
    """What was stored and what was lost, as far as it matches, the newest first."""
    tops = list(look.each(questions.newest))
    gone = [
        one
        for _, one in _lost(look, {path for path, (_, shows) in tops if shows})
        if query is None or query.matches(one)
    ]
    gone.sort(key=_id_of, reverse=True)
    newest = {path: top for path, (top, _) in tops if top is not None}
    with closing(_stored(look, newest, query)) as stored:
        last = ""
        for one in heapq.merge(stored, gone, key=_id_of, reverse=True):
            if one.id != last:  # what was stored after all comes first
                yield one
            last = one.id


def _stored(look: Look, newest: Mapping[Path, str], query: Query | None) -> Generator[Exchange]:
    """The matching exchanges of the segments with these *newest* ids, the newest first."""
    # A file is opened when those before it have nothing newer left
    waiting = sorted(((top, path) for path, top in newest.items()), reverse=True)
    heap: list[tuple[_Descending, Path, Iterator[tuple[str, int]], sqlite3.Connection, int]] = []
    try:
        while waiting or heap:
            while waiting and (not heap or waiting[0][0] > heap[0][0].id):
                _, path = waiting.pop(0)
                connection = look.connect(path)
                if connection is not None:
                    _warn_of_odd(look, path, connection)
                    _advance(look, heap, path, questions.matching(connection, query), connection)
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
    count = look.attempt(path, lambda: questions.odd(connection))
    if count:
        problem = f"{path.name}: {count:,} rows without an id are left out; "
        look.snags.add(path.name, problem + "remove the file with: asgi-mw purge --all")


class _Descending:
    """An id that sorts the other way round."""

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:  # noqa: A002  # the exchange's own word
        self.id = id

    def __lt__(self, other: _Descending) -> bool:
        return self.id > other.id
