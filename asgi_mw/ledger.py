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
EVENT_COST, _CALL_COST, _PAIR_COST = 256, 1024, 160
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


# One call of what is inside a boundary is a list: what it holds, by place
OF, ENTERED, LEFT, ERROR, CHANGES, HEADERS = range(6)


class Ledger:
    """What crossed the boundaries between the layers during one connection.

    Attributes:
        watch: Whose boundaries they are.
        nodes: The layers, outermost first, as they were when it began.
        rows: The raw events, flat, see the constants above.
        calls: The calls of what is inside the boundaries, in the order they began: which, when
            it was entered and left, the place of what left it among the errors, what changed in
            the scope since the next boundary outward, the headers of the request.
        errors: What left any of them: type and message.
        left: Bytes that may be kept until :meth:`take`.
        full: Nothing more is kept.
        totals: What was not kept any more: messages and bytes, by boundary and direction.
    """

    full = False
    left = 0
    _taken = 0
    _sent: list[Any] | None = None
    _received: list[Any] | None = None

    def __init__(self, watch: Watch, nodes: Sequence[Node], tape: Tape) -> None:
        self.watch = watch
        self.nodes = nodes
        self.rows: list[Any] = []
        self.calls: list[list[Any]] = []
        self.errors: list[tuple[str, Excerpt]] = []
        self.totals: dict[tuple[int, str], tuple[int, int]] = {}
        self._tape = tape
        self._objects: list[BaseException] = []
        self._scopes: dict[int, Seen] = {}

    def enter(self, boundary: int, scope: Scope) -> list[Any]:
        """Note that what is inside *boundary* is called with *scope*."""
        scopes = self._scopes
        outer = scopes.get(boundary - 1)
        if outer is None:  # the layer outside was not seen
            outer = scopes.get(max((one for one in scopes if one < boundary), default=-1))
        changes: Sequence[Change] = ()
        if outer is None:
            outer = Seen(scope)
        elif not outer.is_like(scope):
            seen = Seen(scope)
            changes = changes_of(outer, seen)
            outer = seen
            if changes:
                self.left -= len(frozen({"": changes}))
        scopes[boundary] = outer
        headers = scope.get("headers")
        if headers != self._received or self._received is None:
            self._received = self._snapshot(headers)
        call = [boundary, perf_counter_ns(), None, None, changes, self._received]
        self.calls.append(call)
        self.left -= _CALL_COST
        if self.left < 0:
            self.take()
        return call

    def leave(self, call: list[Any], error: BaseException) -> None:
        """Note what left a call."""
        if self.full:
            return
        try:
            if not is_cancellation(error):
                call[ERROR] = self._place_of(error)
        except Exception as fault:  # noqa: BLE001  # a fault in recording never reaches the app
            self.watch.faults.note("between", fault)

    def put(self, at: int, message: Message) -> None:
        """Note the status and the headers of a message that is sent."""
        rows = self.rows
        rows[at + STATUS] = message.get("status")
        headers = message.get("headers")
        if headers != self._sent or self._sent is None:
            self._sent = self._snapshot(headers)
        rows[at + PAIRS] = self._sent

    def count(self, boundary: int, direction: str, message: Message) -> None:
        """Count a message that is not kept any more, unless it outlives the app call."""
        if self._tape.finished is None:
            messages, size = self.totals.get((boundary, direction), (0, 0))
            self.totals[boundary, direction] = messages + 1, size + payload_size(message)
            self._tape.drop(NOT_KEPT, 1)

    def take(self) -> None:
        """Take more of the budget; beyond the limit of the connection nothing more is kept."""
        terms = self._tape.terms
        step = terms.step
        while self.left < 0 and not self.full:
            self.full = self._taken + step > terms.connection // 2
            self._taken += step
            self.left += step
            terms.budget.left -= step
        if terms.budget.left < 0:
            terms.budget.relieve(0)

    def close(self) -> int:
        """Keep nothing more, and let go of what is the app's; the accounted bytes."""
        self._objects, self._scopes = [], {}
        self.full = True
        self._tape.terms.budget.left += self.left
        spent = self._taken - self.left
        self._taken = self.left = 0
        return spent

    def _snapshot(self, headers: Any) -> list[Any] | None:
        """A copy of *headers*, if they can be read twice."""
        if headers.__class__ not in _LISTED:
            return None
        # What is no pair is for the server to refuse, and may be read only once
        made = [tuple(pair) for pair in headers if pair.__class__ in _LISTED]
        texts = [text for pair in made for text in pair if text.__class__ is bytes]
        self.left -= _PAIR_COST * len(made) + sum(map(len, texts))
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
        self.left -= _CALL_COST + len(said.text)
        return len(self.errors) - 1
