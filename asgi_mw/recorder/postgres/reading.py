"""Read exchanges from PostgreSQL page by page, so that no statement is open between pages."""

from __future__ import annotations

import re
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from asgi_mw.errors import StoreError
from asgi_mw.recorder.postgres import days, questions, schema
from asgi_mw.recorder.postgres.conditions import condition
from asgi_mw.recorder.results import Page, Snags
from asgi_mw.recorder.store import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.postgres.conditions import Condition
    from asgi_mw.recorder.postgres.connecting import Connection, Connections
    from asgi_mw.recorder.postgres.questions import Place
    from asgi_mw.recorder.rows import Row
    from asgi_mw.recorder.search import Search

_T = TypeVar("_T")
_ID = re.compile(r"[0-9a-f]{1,32}")
# How many are looked for at once: a reader often wants only the first
_FIRST, _PAGE = 50, 500
# Bytes of content that are fetched at once, and that one call of ``follow`` may hold
_PORTION, _ROOM = 4 * 1024 * 1024, 64 * 1024 * 1024
_FOLLOWED = 1000
# How many days back the first parts of a search go; the last part goes back to the beginning
_WINDOWS = (1, 7, 30)
# After every id
_TOP = "g"
_TX, _AFTER = "tx", "after"


class Reading:
    """Reads one history.

    Args:
        connections: To the database.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._there = False

    def ask(self, ask: Callable[[Connection], _T], *, writes: bool = False) -> _T | None:
        """What *ask* returns; ``None`` where no host has written yet.

        Raises:
            StoreError: The database cannot be reached, or its tables are not known here.
        """

        def asked(connection: Connection) -> _T | None:
            if not self._there:
                self._there = schema.verify(connection)
            try:
                return ask(connection) if self._there else None
            except ValueError as error:
                raise StoreError(f"{self._connections.shown} was altered: {error}") from error

        return self._connections.ask(asked, writes=writes)

    def exchanges(self, search: Search, snags: Snags) -> Iterator[Exchange]:
        """The exchanges that match, the newest first; *snags* takes the error if reading fails."""
        where = condition(search)
        below, limit = _TOP, _FIRST
        try:
            while True:
                above = _floor(below)
                page = self.places(where, below, above, limit)
                for one in self.contents(page, snags):
                    if search.matches(one):
                        yield one
                if len(page) < limit and not above:
                    return
                below = above if len(page) < limit else page[-1][0]
                limit = _PAGE if page else limit
        except StoreError as error:
            snags.add("", str(error))

    def contents(self, page: Sequence[Place], snags: Snags) -> Iterator[Exchange]:
        """The exchanges of these places, in their order, a portion at a time."""
        for portion in _portions(page):
            ids = [one for one, _, _ in portion]
            found = self._contents(ids)
            for place in portion:
                if place[0] in found:  # else somebody removed it meanwhile
                    try:
                        yield questions.exchange(place, *found.pop(place[0]))
                    except StoreError as error:
                        snags.add("", f"{place[0]}: {error}")

    def page(self, search: Search, *, before: str | None, limit: int, seconds: float) -> Page:
        """The rows that match, below an id; see :meth:`~asgi_mw.recorder.store.Store.rows`."""
        deadline = monotonic() + seconds
        where = condition(search)
        snags = Snags()
        rows: list[Row] = []
        below = before or _TOP
        most = limit if where.exact else max(limit, _PAGE)
        try:
            while True:
                above = max(_floor(below), "" if where.indexed else self._step(below))
                found = self._rows(where, below, above, most)
                for row in found:
                    if search.matches_row(row, lambda: self._read(row, snags)):  # noqa: B023  # called now
                        rows.append(row)
                    below = row.id
                    if len(rows) >= limit or monotonic() > deadline:
                        return Page(rows, below, snags.lines())
                if len(found) < most:
                    if not above:
                        return Page(rows, None, snags.lines())
                    below = above
                    if monotonic() > deadline:
                        return Page(rows, below, snags.lines())
        except StoreError as error:
            snags.add("", str(error))
            return Page(rows, None, snags.lines())

    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one.

        Raises:
            StoreError: It could not be read.
        """
        if not _ID.fullmatch(id):
            return None
        found = self.ask(lambda one: questions.named(one, id)) or []
        if len(found) != 1:
            return None
        snags = Snags()
        exchange = next(self.contents(found, snags), None)
        if exchange is None and snags.lines():
            raise StoreError(snags.lines()[0])
        return exchange

    def follow(self, cursor: Cursor | None, snags: Snags) -> tuple[list[Place], Cursor]:
        """The places of what was written since *cursor*, and the cursor after them."""

        def new(connection: Connection) -> tuple[list[Place], Cursor]:
            if cursor is None or _TX not in cursor.places:
                return [], Cursor({_TX: questions.now(connection), _AFTER: 0})
            tx, last = cursor.places[_TX], cursor.places[_AFTER]
            after = f"{last:032x}" if last else ""
            between = questions.news(connection, tx, after)
            if between is None:
                return [], cursor
            places: list[Place] = []
            room = _ROOM
            for by, place in questions.since(connection, tx, after, between, _FOLLOWED):
                tx = by
                places.append(place)
                room -= place[2]
                if room < 0:
                    break
            if not places:
                return [], cursor
            return places, Cursor({_TX: tx, _AFTER: int(places[-1][0], 16)})

        try:
            # Without tables yet, all that will be written is new
            places, now = self.ask(new) or ([], Cursor({_TX: 0, _AFTER: 0}))
        except StoreError as error:
            snags.add("", str(error))
            return [], cursor or Cursor()
        return sorted(places), now

    def rows_of(self, places: Iterable[Place], snags: Snags) -> list[Row]:
        """The rows of these places, in their order."""
        ids = [one for one, _, _ in places]
        try:
            found = (self.ask(lambda one: questions.of_ids(one, ids)) or {}) if ids else {}
        except StoreError as error:
            snags.add("", str(error))
            return []
        return [found[one] for one in ids if one in found]

    def places(self, where: Condition, below: str, above: str, limit: int) -> list[Place]:
        """The places of what may match, the newest first, between two ids.

        Raises:
            StoreError: It could not be read.
        """
        return self.ask(lambda one: questions.places(one, where, below, above, limit)) or []

    def _rows(self, where: Condition, below: str, above: str, limit: int) -> list[Row]:
        return self.ask(lambda one: questions.rows(one, where, below, above, limit)) or []

    def _step(self, below: str) -> str:
        return self.ask(lambda one: questions.step(one, below)) or ""

    def _contents(self, ids: Sequence[str]) -> dict[str, tuple[object, object]]:
        return self.ask(lambda one: questions.contents(one, ids)) or {}

    def _read(self, row: Row, snags: Snags) -> Exchange | None:
        return next(self.contents([(row.id, row.kept, 0)], snags), None)


def _floor(below: str) -> str:
    """How far down to look first: PostgreSQL plans for each partition, and may have hundreds."""
    today = days.today()
    floors = (days.lowest(today - timedelta(days=back)) for back in _WINDOWS)
    return next((floor for floor in floors if floor < below), "")


def _portions(page: Sequence[Place]) -> Iterator[list[Place]]:
    """*page* in parts whose content fits into memory."""
    portion: list[Place] = []
    room = _PORTION
    for place in page:
        if portion and room < place[2]:
            yield portion
            portion, room = [], _PORTION
        portion.append(place)
        room -= place[2]
    if portion:
        yield portion
