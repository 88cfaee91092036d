"""The raw facts of one connection while it is recorded: cheap to add to, exact to account for.

The hot path appends plain lists.  Everything that can be found out later is found out when
somebody reads (:mod:`asgi_mw.recorder.assemble`).
"""

from __future__ import annotations

from time import perf_counter_ns, time_ns
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.ids import draw, id_at
from asgi_mw.messages import BODIES, payload_size
from asgi_mw.missing import Missing
from asgi_mw.noting import NOTHING
from asgi_mw.progress import is_cancellation
from asgi_mw.raw import (
    EVENT_COST,
    MESSAGE,
    NO_MESSAGE,
    RAISED,
    RETURNED,
    SIZE,
    STRIDE,
    events_in,
    missing_in,
    told,
)
from asgi_mw.snapshots import ATOMS, bounded, cut_payload, fitted, frozen, thawed
from asgi_mw.tracebacks import Excerpt, described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import SpanContext

    from asgi_mw.connection import Connection
    from asgi_mw.noting import Noted, Notes
    from asgi_mw.terms import Terms
    from asgi_mw.types import Message, Scope

    Known: TypeAlias = tuple[str | None, str | None, SpanContext | None]

# Accounted bytes of one tape
TAPE_COST = 4096
_NEVER = -(1 << 62)
# The most to keep, and so to mask, of the headers of one message and of any part but its payload
HEAD_LIMIT = 32_768


class Tape:
    """One connection while it is recorded.

    The first half of the connection's limit keeps the head of the events.  A longer connection
    goes on in segments of a quarter, of which the last two are kept: the tail.

    Attributes:
        began: Wall clock in ns; ``origin`` is the same moment on the monotonic clock.
        newest: The raw events of the newest segment, flat, see :mod:`asgi_mw.raw`.
        head, older: The segments before it.
        dropped: How many events and bytes are missing, by reason.
        missing: What is known of the events that are missing, by the monotonic clock.
        cost: Accounted bytes, exact once the app has returned.
        left: Bytes that may be kept until the next :meth:`balance`.
        finished: When the recording ended: as the app returned, or before, if it is ``early``.
        early: It will never be known when the app returned.
        error: Type, message, traceback and moment of what left the app; without the first three
            if it was a cancellation.
        swallowed: The same for an exception that the app caught and answered for.
        gone: When an ``OSError`` first left a send.
        stopped: When sends were cancelled, the last few.
        lost: The process ended before the app returned.
        notes: Takes what else happens, if anybody witnesses it; ``noted`` is what it took.
    """

    head: list[Any] | None = None
    older: list[Any] | None = None
    dropped: Mapping[str, int] = MappingProxyType({})
    missing = Missing()
    error: tuple[str, Excerpt, list[Excerpt], int] | None = None
    swallowed: tuple[str, Excerpt, list[Excerpt], int] | None = None
    gone: int | None = None
    stopped: tuple[int, ...] = ()
    lost = early = False
    notes: Notes | None = None
    noted: Noted = NOTHING
    ledger: Any = None
    _known: Known = (None, None, None)
    _cut: frozenset[str] = frozenset()

    def __init__(self, scope: Scope, connection: Connection, terms: Terms) -> None:
        self.finished: int | None = None  # a default of the class is slow to read once it is set
        self.cost = TAPE_COST
        self._last: list[Any] | None = None
        self.began = time_ns()
        self.origin = perf_counter_ns()
        self.drawn = draw()
        if scope.get("state"):  # the app's own, and of any size
            scope = {**scope, "state": bounded(scope["state"])}
        kept = frozen(scope)
        if len(kept) > HEAD_LIMIT:
            kept = self._fitted(scope)
        self.frozen_scope = kept
        self._connection: Connection | None = connection
        self.terms = terms
        self.newest: list[Any] = []
        self._room = terms.connection // 2
        self._grant = step = terms.step
        self.left = step - len(kept)
        terms.budget.left -= step + TAPE_COST

    @property
    def id(self) -> str:
        """The exchange's id."""
        return id_at(self.began, self.drawn)

    @property
    def scope(self) -> dict[str, Any]:
        """The scope as it was before the app ran."""
        return thawed(self.frozen_scope)

    def keep(self, rows: list[Any], at: int, message: Message) -> None:
        """Put a snapshot of *message* into an event, with as much payload as the limits allow."""
        cost = EVENT_COST
        kept: dict[str, Any] | bytes
        for value in message.values():
            kind = value.__class__
            if kind is bytes or kind is str:
                cost += len(value)
            elif kind not in ATOMS:
                kept = frozen(message)
                if len(kept) > HEAD_LIMIT:
                    kept = self._fitted(message)
                cost = EVENT_COST + len(kept)
                break
        else:
            kept = {**message}
        rows[at + MESSAGE] = kept
        self.left = left = self.left - cost
        if left < 0:
            self.balance(rows, at)

    @property
    def known(self) -> Known:
        """The route, the id of the request and the context of its span, as far as known."""
        one = self._connection
        return self._known if one is None else (one.route, one.request_id, one.span)

    def count_as_sent(self) -> None:
        """Note that the last send was done: the server may end before it returns."""
        rows = self.newest or self.older or self.head
        if rows:  # the last event may have filled its segment
            rows[RETURNED - STRIDE] = perf_counter_ns()

    def forgot(self, rows: list[Any], message: Message) -> bool:
        """Whether a ``receive`` was forgotten while it waited; if so, count what it returned."""
        if self.finished is not None or rows is self.head or rows is self.older:
            return False
        size = payload_size(message)
        self.drop("bytes over connection_limit", size)
        self.missing = self.missing.joined(Missing(received=size))
        return True

    def fail(self, rows: list[Any], at: int, error: BaseException) -> None:
        """Note that the call of an event raised."""
        rows[at + RETURNED] = now = perf_counter_ns()
        rows[at + RAISED] = type(error).__name__
        if rows[at] == "receive":
            self.left -= EVENT_COST
            if self.left < 0:
                self.balance(rows, at)
        elif self.finished is not None:
            return  # what outlives the app call says nothing of it
        elif isinstance(error, OSError):
            self.gone = self.gone or now
        elif is_cancellation(error):
            self.stopped = (*self.stopped[-7:], now)

    def end(self, error: BaseException | None, *, early: bool = False) -> None:
        """Note that the app returned, or what left it; only the first time counts.

        *early*: the app has not returned, and nobody will see it return.
        """
        if self.finished is not None:
            return
        self.finished = now = perf_counter_ns()
        if early:
            self.early = True
        connection = self._connection
        if connection is not None:
            route, request_id, span = connection.route, connection.request_id, connection.span
            if route is not None or request_id is not None or span is not None:
                self._known = route, request_id, span
            if connection.swallowed is not None:
                swallowed, at = connection.swallowed
                self.swallowed = (*described(swallowed), at)
            self._connection = None
        if error is not None:
            cancelled = is_cancellation(error)
            self.error = ("", Excerpt(""), [], now) if cancelled else (*described(error), now)
        self.cost += self._grant - self.left
        self.terms.budget.left += self.left
        if self.notes is not None:
            self.noted, self.notes = self.notes.end(now), None
            self.cost += self.noted.cost
        # What outlives the app call is counted, and neither kept nor charged
        self._last, self.newest = self.newest, []
        self.left = _NEVER

    def let_go(self) -> None:
        """Give all bytes that it took back to the budget: nobody keeps it any longer."""
        self.end(None, early=True)
        self.terms.budget.left += self.cost
        self.cost = 0

    def events(self) -> tuple[list[list[Any]], int | None]:
        """All raw events in order, and where some are missing, if they are."""
        head, older = self.head, self.older
        newest = self.newest if self._last is None else self._last
        if head is None:
            return events_in(newest), None
        forgot = "events over connection_limit" in self.dropped
        return events_in([*head, *(older or ()), *newest]), len(head) // STRIDE if forgot else None

    def drop(self, reason: str, count: int) -> None:
        """Count *count* events or bytes as missing."""
        if count:
            self.dropped = {**self.dropped, reason: self.dropped.get(reason, 0) + count}

    def _fitted(self, mapping: Scope | Message) -> bytes:
        kept, missing = fitted(mapping, HEAD_LIMIT)
        for what, count in missing.items():
            self.drop(what, count)
        return frozen(kept)

    def balance(self, rows: list[Any], at: int) -> None:
        """Bring the books up to date: the slow path, taken once a step and at every limit."""
        if self.finished is not None:
            rows[at + MESSAGE] = NO_MESSAGE
            self.newest, self.left = [], _NEVER
            self.drop("events after the app returned", 1)
            return
        spent = self._grant - self.left
        terms = self.terms
        budget = terms.budget
        budget.left += self._grant
        kept = rows[at + MESSAGE]
        # A short text is never cut
        if kept.__class__ is not str or len(kept) * 4 > min(terms.body, budget.left):
            kept = rows[at + MESSAGE] = told(rows[at], kept)
            size = payload_size(kept)
            if size:
                spent -= size - self._shorten(rows, at, size, self._room - (spent - size))
        budget.left -= spent
        self.cost += spent
        self._room -= spent
        if self._room <= 0:
            self._turn()
        # Once a body is cut, each later message has to be looked at
        self._grant = self.left = grant = 0 if self._cut else min(terms.step, self._room)
        budget.left -= grant
        if budget.left < 0:
            budget.relieve(0)

    def _turn(self) -> None:
        """Begin a new segment of the tail, and forget the one before the last."""
        segment = self.terms.connection // 4
        if self.head is None:
            self.head = self.newest
        else:
            if self.older is not None:
                self._forget(self.older)
                self.cost -= segment
                self.terms.budget.left += segment
            self.older = self.newest
        self.newest = []
        self._room += segment

    def _forget(self, rows: list[Any]) -> None:
        """Count the events in *rows* as missing."""
        kept, missing = missing_in(rows, http=getattr(self._connection, "type", "") == "http")
        self.drop("events over connection_limit", len(rows) // STRIDE)
        self.drop("bytes over connection_limit", kept)
        self.missing = self.missing.joined(missing)

    def _shorten(self, rows: list[Any], at: int, size: int, left: int) -> int:
        """Cut the payload of an event to the limits, count the rest; return the size left."""
        kept = rows[at + MESSAGE]
        room, reason = min(size, self.terms.body), "bytes over body_limit"
        budget = self.terms.budget
        if budget.left < room:
            budget.relieve(room)
        if budget.left < room:
            room, reason = 0, "bytes over the memory budget"
        if kept.get("type") in BODIES:
            # A body is masked as a whole, so what is kept must have no gap: once cut, it ends
            direction = rows[at]
            if room > left:
                room, reason = max(left, 0), "bytes over connection_limit"
            if direction in self._cut:
                room = 0
            if room < size:
                self._cut |= {direction}
        if room < size:
            rows[at + SIZE] = size
            cut_payload(kept, room)
            room = payload_size(kept)
            self.drop(reason, size - room)
        return room
