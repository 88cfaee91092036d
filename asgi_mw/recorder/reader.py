"""Read all segments of a spool folder as one store, while their workers go on writing."""

from __future__ import annotations

import heapq
import re
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from asgi_mw.recorder import questions, schema
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.folder import is_kept, is_live, segments
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.lost import lost
from asgi_mw.recorder.merging import merged
from asgi_mw.recorder.query import search_of
from asgi_mw.recorder.results import Found, News, Reading
from asgi_mw.recorder.rows import row_of
from asgi_mw.recorder.store import Cursor
from asgi_mw.recorder.tops import Tops

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.rows import Row
    from asgi_mw.recorder.search import Search

# Bytes of rows that one call may hold at once, and the least that one row takes in memory
_ROOM = 64 * 1024 * 1024
_LEAST = 256
_ID = re.compile(r"[0-9a-f]{1,32}")


class Reader:
    """Reads the segments in *folder*, whatever process wrote them.

    What cannot be read is left out, and is a problem in the result of the call.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.tops = Tops()

    def exchanges(self, query: Query | Search | None = None, also: Iterable[str] = ()) -> Reading:
        """The exchanges that match, the newest first, read as they are asked for.

        Args:
            query: What is looked for.
            also: Problems that are known already.
        """
        look = Look(self._folder)
        look.snags.take(also)
        return Reading(_all(look, self.tops, search_of(query)), look.snags)

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
        """The exchanges written since *cursor*, the oldest first, and the cursor after them.

        At most a thousand of each file, and 64 MiB: the rest comes with the next call.
        """

        def read(look: Look, path: Path, connection: sqlite3.Connection, seq: int) -> Any:
            return look.read(path, connection, seq)

        look = Look(self._folder)
        found, now = _since(look, cursor, read, lambda one: one)
        return Found(found, look.snags.lines()), now

    def follow_rows(self, cursor: Cursor | None = None) -> tuple[News, Cursor]:
        """Like :meth:`follow`, but read only the rows."""

        def read(look: Look, path: Path, connection: sqlite3.Connection, seq: int) -> Any:
            return look.row(path, connection, seq, schema.version_of(connection))

        look = Look(self._folder)
        found, now = _since(look, cursor, read, row_of)
        return News(found, look.snags.lines()), now

    def in_flight(self, except_for: Collection[Path | None] = ()) -> Found:
        """What other processes have been serving for a second, the oldest first."""
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

    def count(self) -> int:
        """How many are stored or lost."""
        look = Look(self._folder)
        if look.kept:  # in two files, maybe
            return self.counts()[0] + len(self.lost())
        tops = self.tops.of(look)
        gone = _lost(look, {path for path, top in tops.items() if top.shows})
        return sum(top.stored for top in tops.values()) + sum(1 for _ in gone)

    def counts(self) -> tuple[int, int, dict[str, dict[str, int]], tuple[str, ...]]:
        """How many are stored, their bytes on disk, what was counted, by kind; and problems."""
        look = Look(self._folder)
        exchanges = 0
        tallies: dict[str, dict[str, int]] = {"dropped": {}, "fault": {}}
        kept = look.kept

        def ask(connection: sqlite3.Connection) -> tuple[int, list[tuple[str, str, int]], set[str]]:
            return *questions.counted(connection), questions.among(connection, kept)

        doubles: set[str] = set()
        for path, (count, rows, held) in look.each(ask):
            exchanges += count
            doubles |= set() if is_kept(path) else held
            for kind, reason, number in rows:
                tallies[kind][reason] = tallies[kind].get(reason, 0) + number
        exchanges -= len(doubles)
        size = sum(files.bytes for files in segments(self._folder))
        return exchanges, size, tallies, look.snags.lines()


def _since(
    look: Look,
    cursor: Cursor | None,
    read: Callable[[Look, Path, sqlite3.Connection, int], Any],
    view: Callable[[Exchange], Any],
) -> tuple[list[Any], Cursor]:
    """What was written since *cursor*, read by *read*, and what was lost, shown by *view*."""
    if cursor is None:
        lasts = list(look.each(questions.last))
        places = {path.name: last for path, (last, _) in lasts}
        known = {path.name for path, (_, shows) in lasts if shows and not is_live(path)}
        return [], Cursor(places, frozenset(known))
    places = {}
    showing = []
    found: list[Any] = []
    room = _ROOM
    for files in segments(look.folder):
        path, place = files.path, cursor.places.get(files.path.name, 0)
        if is_kept(path):  # nothing in it is new
            continue
        connection = look.connect(path) if room > 0 else None
        if connection is not None:
            with closing(connection):
                for seq, size in (
                    look.attempt(path, partial(questions.after, connection, place)) or ()
                ):
                    room -= size
                    place = seq
                    one = read(look, path, connection, seq)
                    if one is not None:
                        found.append(one)
                    if room <= 0:
                        break
                if look.attempt(path, partial(questions.shows, connection)):
                    showing.append(path)
        places[path.name] = place
    gone = list(_lost(look, [path for path in showing if path.name not in cursor.dead]))
    found += [view(one) for _, one in gone]
    found.sort(key=_id_of)
    dead = cursor.dead & places.keys() | {path.name for path, _ in gone}
    return found, Cursor(places, frozenset(dead))


def _id_of(one: Exchange | Row) -> str:
    return one.id


def _views(
    look: Look,
    ask: Callable[[sqlite3.Connection], Iterator[object]],
    read: Callable[[object], Exchange],
    wanted: Callable[[Path], bool],
    more: str,
) -> Iterator[tuple[Path, Exchange]]:
    """What the *wanted* segments show; *read* makes it from facts, *more* is noted if it is cut."""
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
        lambda facts: look.marked(lost(decode(facts))),
        lambda path: path in paths and not is_live(path),
        "more was lost than can be shown at once",
    )


def newest_of(look: Look, tops: Tops) -> tuple[dict[Path, str], list[Exchange]]:
    """The newest id of each segment that has one, and what was lost, the newest first."""
    found = tops.of(look)
    gone = [one for _, one in _lost(look, {path for path, top in found.items() if top.shows})]
    gone.sort(key=_id_of, reverse=True)
    newest = {path: top.newest for path, top in found.items() if top.newest is not None}
    return newest, gone


def _all(look: Look, tops: Tops, search: Search) -> Iterator[Exchange]:
    """What was stored and what was lost, as far as it matches, the newest first."""
    newest, lost = newest_of(look, tops)
    gone = filter(search.matches, lost)
    with closing(_stored(look, newest, search)) as stored:
        last = ""
        for one in heapq.merge(stored, gone, key=_id_of, reverse=True):
            if one.id != last:  # what was stored since, or is also kept, comes first
                yield one
            last = one.id


def _stored(look: Look, newest: Mapping[Path, str], search: Search) -> Generator[Exchange]:
    """The matching exchanges of the segments with these *newest* ids, the newest first."""

    def ask(path: Path, connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
        warn_of_odd(look, path, connection)
        return questions.matching(connection, search, look.source(path, connection))

    with closing(merged(look, newest, ask)) as answers:
        for _, path, connection, seq in answers:
            exchange = look.read(path, connection, seq)
            if exchange is not None and search.matches(exchange):
                yield exchange


def warn_of_odd(look: Look, path: Path, connection: sqlite3.Connection) -> None:
    """Note how many rows have no id by which they could be listed."""
    count = look.attempt(path, lambda: questions.odd(connection))
    if count:
        problem = f"{path.name}: {count:,} rows without an id are left out; "
        look.snags.add(path.name, problem + "remove the file with: asgi-mw purge --all")
