"""The raw notes of one connection while it is recorded: taken on any thread, bounded.

Whoever witnesses something finds the connection that is being served in the context, and the
objects that take its notes in :attr:`~asgi_mw.connection.Connection.notes`.  Times are those of
``perf_counter_ns``.  Nothing here waits for a lock: each thing that several threads may do at once
is a single operation on a list.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import get_ident
from time import perf_counter_ns
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from asgi_mw.context import current
from asgi_mw.snapshots import fitted, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from asgi_mw.notes import Kind

# Accounted bytes of one note without its texts
NOTE_COST = 512
# Bytes of a title, and of one value of the details; a traceback has a limit of its own
_TITLE, _VALUE, _TRACEBACK = 4096, 4096, 49_152
_MOST_VALUES = 32
MOST_NOTES = 500
OVER_LIMIT = "notes over the limit"
OVER_BUDGET = "notes over the memory budget"
_CUT = "bytes of notes over 4,096 each"

witnesses: list[Callable[[], None]] = []
"""Called when a recorded connection begins.  While it is empty, nobody takes notes."""


class Books(Protocol):
    """The bytes that may still be taken; ``relieve`` may give some back."""

    left: int
    relieve: Callable[[int], None]


@dataclass(slots=True, eq=False)
class RawNote:
    """One note; what is known only once it is over is set then."""

    kind: Kind
    at: int
    until: int | None
    title: str
    level: str | None
    detail: bytes | None
    cost: int


class Noted(NamedTuple):
    """The notes that were taken, what is missing by reason, and the accounted bytes."""

    notes: Sequence[RawNote] = ()
    dropped: Mapping[str, int] = MappingProxyType({})
    cost: int = 0


NOTHING = Noted()


class Notes:
    """Takes the notes of one connection, until its app returns.

    If there are more than it may keep, it drops the middle: the first half and the newest stay.

    Args:
        books: Where their bytes are booked, by the thread that makes this object.
        most: Bytes that they may take.
    """

    __slots__ = (
        *("_booked", "_books", "_bytes", "_costs", "_dropped", "_first", "_most", "_thread"),
        "notes",
    )

    def __init__(self, books: Books, most: int) -> None:
        self.notes: list[RawNote] | None = []
        self._books = books
        self._most = most
        self._thread = get_ident()
        self._bytes = self._booked = 0
        self._costs: deque[int] = deque()
        self._first: int | None = None  # how many stay in any case, once they fill their half
        self._dropped: dict[str, int] = {}

    @property
    def taken(self) -> int:
        """How many are kept now."""
        return len(self.notes or ())

    @property
    def noted(self) -> Noted:
        """What was taken so far."""
        return Noted(tuple(self.notes or ()), {**self._dropped}, self._booked)

    def take(  # the attributes of a note
        self,
        kind: Kind,
        title: str,
        *,
        at: int | None = None,
        until: int | None = None,
        level: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> RawNote | None:
        """Take one note, with the current time if none is given; ``None`` if it is not kept."""
        notes = self.notes
        if notes is None:
            return None
        if len(title) > _TITLE:
            title = self._fitted(title, _TITLE)
        kept = self._frozen(detail) if detail else None
        cost = NOTE_COST + len(title) + len(kept or b"")
        if not self._has_room(cost):
            self._drop(OVER_BUDGET)
            return None
        at = perf_counter_ns() if at is None else at
        note = RawNote(kind, at, until, title, level, kept, cost)
        first = self._first
        if first is None and (
            len(notes) >= MOST_NOTES // 2 or self._bytes + cost > self._most // 2
        ):
            first = self._first = len(notes)
        notes.append(note)
        self._count(cost)
        while first is not None and (len(notes) > MOST_NOTES or self._bytes > self._most):
            try:
                self._count(-notes.pop(first).cost)
            except IndexError:  # another thread was faster
                break
            self._drop(OVER_LIMIT)
        self._book()
        return note

    def close(
        self,
        note: RawNote,
        *,
        title: str | None = None,
        until: int | None = None,
        level: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Set when a note was over, by default now, and what is known by then.

        A *title* takes the place of the first one, together with *detail*.
        """
        if self.notes is None:
            return
        if detail:
            kept = self._frozen(detail)
            title = note.title if title is None else self._fitted(title, _TITLE)
            more = len(kept) - len(note.detail or b"") + len(title) - len(note.title)
            if self._has_room(more):
                note.title = title
                note.detail = kept
                note.cost += more
                self._count(more)
                self._book()
            else:
                self._drop(OVER_BUDGET)
        note.level = level or note.level
        note.until = perf_counter_ns() if until is None else until

    def end(self, now: int) -> Noted:
        """Take no more, and return what was taken: from then on this object holds nothing."""
        notes, self.notes = self.notes or [], None
        for note in notes:
            if note.kind == "blocked" and note.until is None:
                note.until = now
        self._book()
        return Noted(notes, self._dropped, self._booked)

    def _frozen(self, detail: Mapping[str, Any]) -> bytes:
        kept = frozen(detail)
        if len(kept) <= _VALUE:
            return kept
        names = list(detail)
        if len(names) > _MOST_VALUES:
            self._drop("values of notes over 32 each", len(names) - _MOST_VALUES)
        return frozen(
            {
                name: self._fitted(detail[name], _TRACEBACK if name == "traceback" else _VALUE)
                for name in names[:_MOST_VALUES]
            }
        )

    def _fitted(self, value: Any, most: int) -> Any:
        kept, missing = fitted({"": value}, most)
        for count in missing.values():
            self._drop(_CUT, count)
        return kept[""]

    def _drop(self, reason: str, count: int = 1) -> None:
        self._dropped[reason] = self._dropped.get(reason, 0) + count

    def _has_room(self, cost: int) -> bool:
        books = self._books
        if books.left < cost and get_ident() == self._thread:
            books.relieve(cost)
        return books.left >= cost

    def _count(self, cost: int) -> None:
        self._bytes += cost
        self._costs.append(cost)

    def _book(self) -> None:
        """Book the costs, those of other threads too: only the connection's own thread may."""
        if get_ident() == self._thread:
            costs = self._costs
            while costs:
                cost = costs.popleft()
                self._booked += cost
                self._books.left -= cost


class Opened:
    """Something that is still going on, in all the notes that have taken it."""

    __slots__ = ("_taken",)

    def __init__(self, taken: list[tuple[Notes, RawNote]]) -> None:
        self._taken = taken

    def close(
        self,
        *,
        took: int | None = None,
        level: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note that it is over: now, or *took* ns after it began."""
        for notes, note in self._taken:
            until = None if took is None else note.at + took
            notes.close(note, until=until, level=level, detail=detail)


def note(
    kind: Kind,
    title: str,
    *,
    at: int | None = None,
    level: str | None = None,
    detail: Mapping[str, Any] | None = None,
    to: Iterable[Notes] | None = None,
) -> Opened | None:
    """Note something of the connection that is being served; ``None`` if nobody takes it.

    Args:
        kind: What kind of thing it is.
        title: What it was, in a line.
        at: When it was or began, by ``perf_counter_ns``; by default now.
        level: How serious it is.
        detail: More of it, as plain data.
        to: The notes that take it, if not those of the connection in the context.

    >>> note("log", "nobody is served here") is None
    True
    """
    if to is None:
        to = takers()
    taken = []
    for notes in to:
        one = notes.take(kind, title, at=at, level=level, detail=detail)
        if one is not None:
            taken.append((notes, one))
    return Opened(taken) if taken else None


def takers() -> Sequence[Notes]:
    """The objects that take notes of the connection that is being served; none outside of one."""
    connection = current.get()
    found: Sequence[Notes] = () if connection is None else connection.notes
    return found
