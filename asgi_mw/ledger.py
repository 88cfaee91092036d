"""The raw facts of what crossed the boundaries between the layers of an app, on one connection.

Nothing of a payload is kept but its length.  What each layer changed is found out when somebody
reads (:mod:`asgi_mw.recorder.passing`).
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.messages import is_cancellation, payload_size
from asgi_mw.scope_changes import Seen, changes_of
from asgi_mw.snapshots import frozen
from asgi_mw.tracebacks import message_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.boundaries import Watch
    from asgi_mw.scope_changes import Change
    from asgi_mw.tape import Tape
    from asgi_mw.tracebacks import Excerpt
    from asgi_mw.types import Message, Scope

# One raw event is a run of items in a flat list: what they are, by place
BOUNDARY, DIRECTION, CALLED, RETURNED, TYPE, STATUS, PAIRS, SIZE, RAISED, STRIDE = range(10)
NOT_KEPT = "events between layers over connection_limit"
# Accounted bytes of one raw event, of one call of an app, and of one header beside its text
_EVENT_COST, _CALL_COST, _PAIR_COST = 256, 1024, 160
_MOST_ERRORS = 64


class Node(NamedTuple):
    """One layer as it stands in the chain.

    Attributes:
        name: What it is called.
        layer: The same with its options.
        outer, inner: The boundaries outside and inside of it; ``None`` where there is none.
        why: Why one is missing; empty if both are there.
    """

    name: str
    layer: str
    outer: int | None
    inner: int | None
    why: str


class Call:
    """One call of what is inside a boundary.

    Attributes:
        boundary: Which.
        entered, left: When, on the clock of the tape; *left* is ``None`` in flight.
        error: The place of what left it among the errors of the ledger; ``None`` if nothing did.
        changes: What changed in the scope since the next boundary outward.
        pairs: The headers of the request; ``None`` where they cannot be read twice.
    """

    __slots__ = ("boundary", "changes", "entered", "error", "left", "pairs")

    def __init__(self, boundary: int, changes: Sequence[Change], pairs: list[Any] | None) -> None:
        self.boundary = boundary
        self.changes = changes
        self.pairs = pairs
        self.error: int | None = None
        self.left: int | None = None
        self.entered = perf_counter_ns()


class Ledger:
    """What crossed the boundaries between the layers during one connection.

    Attributes:
        watch: Whose boundaries they are.
        nodes: The layers, outermost first, as they were when it began.
        rows: The raw events, flat, see the constants above.
        calls: The calls of what is inside the boundaries, in the order they began.
        errors: What left any of them: type and message.
        full: Nothing more is kept.
        totals: What was not kept any more: messages and bytes, by boundary and direction.
    """

    def __init__(self, watch: Watch, nodes: Sequence[Node], tape: Tape) -> None:
        self.watch = watch
        self.nodes = nodes
        self.rows: list[Any] = []
        self.calls: list[Call] = []
        self.errors: list[tuple[str, Excerpt]] = []
        self.totals: dict[tuple[int, str], tuple[int, int]] = {}
        self.full = False
        self._tape = tape
        self._taken = self._left = 0
        self._objects: list[BaseException] = []
        self._scopes: dict[int, Seen] = {}
        self._pairs: dict[bool, list[Any]] = {}

    def enter(self, boundary: int, scope: Scope) -> Call | None:
        """Note that what is inside *boundary* is called with *scope*; ``None`` if it is full."""
        if self.full:
            return None
        seen = Seen(scope)
        outer = self._scopes.get(boundary - 1)
        if outer is None:  # the layer outside was not seen
            nearest = max((known for known in self._scopes if known < boundary), default=None)
            outer = seen if nearest is None else self._scopes[nearest]
        self._scopes[boundary] = seen
        changes = changes_of(outer, seen)
        call = Call(boundary, changes, self._snapshot(seen.headers, sent=False))
        self.calls.append(call)
        self.spend(_CALL_COST + (len(frozen({"": changes})) if changes else 0))
        return call

    def leave(self, call: Call, error: BaseException | None) -> None:
        """Note that a call returned, or what left it."""
        call.left = perf_counter_ns()
        if error is None or self.full:
            return
        try:
            if not is_cancellation(error):
                call.error = self._place_of(error)
        except Exception as fault:  # noqa: BLE001  # a fault in recording never reaches the app
            self.watch.faults.note("between", fault)

    def got(self, at: int, message: Message) -> None:
        """Note what a ``receive`` returned."""
        rows = self.rows
        rows[at + TYPE] = message.get("type")
        rows[at + SIZE] = payload_size(message)

    def put(self, at: int, message: Message) -> None:
        """Note the status and the headers of a message that is sent."""
        rows = self.rows
        rows[at + STATUS] = message.get("status")
        rows[at + PAIRS] = self._snapshot(message.get("headers"), sent=True)

    def count(self, boundary: int, direction: str, message: Message) -> None:
        """Count a message that is not kept any more, unless it outlives the app call."""
        if self._tape.finished is None:
            messages, size = self.totals.get((boundary, direction), (0, 0))
            self.totals[boundary, direction] = messages + 1, size + payload_size(message)
            self._tape.drop(NOT_KEPT, 1)

    def spend(self, cost: int = _EVENT_COST) -> None:
        """Account for *cost* bytes; beyond the limit nothing more is kept."""
        self._left -= cost
        terms = self._tape.terms
        while self._left < 0 and not self.full:
            self.full = self._taken + terms.step > terms.connection // 2
            self._taken += terms.step
            self._left += terms.step
            terms.budget.left -= terms.step
            if terms.budget.left < 0:
                terms.budget.relieve(0)

    def close(self) -> int:
        """Keep nothing more, and let go of what is the app's; the accounted bytes."""
        self._objects, self._scopes, self._pairs = [], {}, {}
        self.full = True
        self._tape.terms.budget.left += self._left
        spent = self._taken - self._left
        self._taken = self._left = 0
        return spent

    def _snapshot(self, headers: Any, *, sent: bool) -> list[Any] | None:
        """A copy of *headers*; the one before if it is the same, as mostly it is."""
        if headers.__class__ is not list and headers.__class__ is not tuple:
            return None
        known = self._pairs.get(sent)
        if headers == known:
            return known
        made = [tuple(pair) for pair in headers]
        self._pairs[sent] = made
        self.spend(sum([_PAIR_COST + sum(map(len, pair)) for pair in made]))
        return made

    def _place_of(self, error: BaseException) -> int | None:
        for place, known in enumerate(self._objects):
            if known is error:
                return place
        if len(self._objects) >= _MOST_ERRORS:
            return None
        kind = type(error)
        name = kind.__qualname__
        if kind.__module__ != "builtins":
            name = f"{kind.__module__}.{name}"
        said = message_of(error, 1024)
        self._objects.append(error)
        self.errors.append((name, said))
        self.spend(_CALL_COST + len(said.text))
        return len(self.errors) - 1
