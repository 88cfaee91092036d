"""The raw facts of what crossed the boundaries between the layers of an app, on one connection.

Only the length of a payload is kept.  What each layer changed is found out when somebody reads
the recording (:mod:`asgi_mw.recorder.passing`).
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.progress import is_cancellation
from asgi_mw.scope_changes import Seen, changes_of
from asgi_mw.snapshots import frozen
from asgi_mw.tracebacks import message_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.boundaries import Watch
    from asgi_mw.scope_changes import Change
    from asgi_mw.tape import Tape
    from asgi_mw.tracebacks import Excerpt
    from asgi_mw.types import Scope

# One raw fact is a run of items in a flat list; these are the places of the items
BOUNDARY, KIND, CALLED, RETURNED, TYPE, STATUS, PAIRS, SIZE, RAISED, STRIDE = range(10)
# The call of the app inside a boundary is a raw fact too, of the kind "call"
CHANGES, ERROR = TYPE, RAISED
NO_CALL = -1
NOT_KEPT = "events between layers over connection_limit"
# Why a boundary of a layer is missing
HELD = "where it holds the app inside it could not be found"
OUTSIDE = "the layer outside holds it where it could not be found"
# Accounted bytes of one raw fact, of one header beside its text, and of another scope
_COST, _PAIR_COST, _SCOPE_COST = 256, 160, 1024
_MOST_ERRORS = 64
_LISTED = frozenset({list, tuple})


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


class Ledger:
    """What crossed the boundaries between the layers during one connection.

    Attributes:
        watch: The watch whose boundaries they are.
        nodes: The layers, outermost first, as they were when it began.
        rows: The raw facts, flat, see the constants above: the messages, and the calls of the
            apps inside the boundaries.  A call has these facts: when it was entered and left, what
            changed in the scope since the next boundary outward, the headers of the request, the
            place in ``errors`` of the exception that left it.
        errors: The exceptions that left these calls: type and message.
        room: How long ``rows`` may be before the next :meth:`take`; everything else that is kept
            makes it less.
        full: Nothing more is kept.
        sent: The headers of the last message that was sent with any.
        totals: What was not kept any more: messages and bytes, by boundary and direction.
    """

    def __init__(self, watch: Watch, nodes: Sequence[Node], tape: Tape) -> None:
        self.full = False
        self.room = self._taken = 0
        self.sent: list[Any] | None = None
        self._received: list[Any] | None = None
        self.watch = watch
        self.nodes = nodes
        self.rows: list[Any] = []
        self.errors: list[tuple[str, Excerpt]] = []
        self.totals: dict[tuple[int, str], tuple[int, int]] = {}
        self._tape = tape
        self._objects: list[BaseException] = []
        self._scopes: dict[int, Seen] = {}

    def enter(self, boundary: int, scope: Scope) -> int:
        """Note a call, with *scope*, of the app inside *boundary*; return its place in ``rows``."""
        rows = self.rows
        at = len(rows)
        if at >= self.room and not self.take():
            return NO_CALL
        scopes = self._scopes
        seen = scopes.get(boundary - 1)
        changes: Sequence[Change] = ()
        if seen is None or not seen.is_like(scope):
            seen, changes = self._differs(boundary, scope)
        scopes[boundary] = seen
        headers = scope.get("headers")
        if headers != self._received or self._received is None:
            self._received = self._snapshot(headers)
        rows += (
            boundary,
            "call",
            perf_counter_ns(),
            None,
            changes,
            None,
            self._received,
            0,
            None,
        )
        return at

    def leave(self, at: int, error: BaseException) -> None:
        """Note the exception that left the call at this place."""
        if self.full:
            return
        try:
            if not is_cancellation(error):
                self.rows[at + ERROR] = self._place_of(error)
        except Exception as fault:  # noqa: BLE001  # a fault in recording never reaches the app
            self.watch.faults.note("between", fault)

    def put(self, headers: Any) -> list[Any] | None:
        """Take a snapshot of the *headers* of a sent message, which differ from ``sent``."""
        self.sent = pairs = self._snapshot(headers)
        return pairs

    def count(self, boundary: int, direction: str, size: int) -> None:
        """Count a message that is not kept any more, unless the app call is over."""
        if self._tape.finished is None:
            messages, total = self.totals.get((boundary, direction), (0, 0))
            self.totals[boundary, direction] = messages + 1, total + size
            self._tape.drop(NOT_KEPT, 1)

    def take(self) -> bool:
        """Take more of the budget, if this connection may keep more; return whether it may."""
        terms = self._tape.terms
        step = terms.step
        while len(self.rows) >= self.room and not self.full:
            self.full = self._taken + step > terms.connection // 2
            self._taken += step
            self._spend(-step)
            terms.budget.left -= step
        if terms.budget.left < 0:
            terms.budget.relieve(0)
        return not self.full

    def close(self) -> int:
        """Keep nothing more, and drop the app's own objects; return the accounted bytes."""
        self._objects, self._scopes = [], {}
        self.full = True
        left = (self.room - len(self.rows)) * _COST // STRIDE
        self._tape.terms.budget.left += left
        spent = self._taken - left
        self._taken = self.room = 0
        return spent

    def _differs(self, boundary: int, scope: Scope) -> tuple[Seen, Sequence[Change]]:
        """The scope as seen at *boundary*, and what differs from the next boundary outward."""
        scopes = self._scopes
        seen = Seen(scope)
        self._spend(_SCOPE_COST)
        # The layer outside may not have been seen
        outer = scopes.get(max((one for one in scopes if one < boundary), default=-1))
        if outer is None:
            return seen, ()
        changes = changes_of(outer, seen)
        if changes:
            self._spend(len(frozen({"": changes})))
        return seen, changes

    def _spend(self, size: int) -> None:
        self.room -= size * STRIDE // _COST

    def _snapshot(self, headers: Any) -> list[Any] | None:
        """A copy of *headers*, if they can be read twice."""
        if headers.__class__ not in _LISTED:
            return None
        for pair in headers:
            if pair.__class__ is not tuple:
                # Anything but a pair is left for the server to refuse: it may be read only once
                made = [tuple(pair) for pair in headers if pair.__class__ in _LISTED]
                break
        else:
            made = [*headers]
        self._spend(_PAIR_COST * len(made) + len(frozen({"": made})))
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
        self._spend(_SCOPE_COST + len(said.text))
        return len(self.errors) - 1
