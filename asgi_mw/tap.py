"""The one place where traffic becomes events for storing.

The hot path appends plain lists to a :class:`Tape`; facts are built from them when somebody
reads (:mod:`asgi_mw.recorder.assemble`).
"""

from __future__ import annotations

import marshal
import traceback
from collections import deque
from dataclasses import dataclass
from itertools import chain
from threading import Lock
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING, Any, Self

from asgi_mw.headers import listed, settle
from asgi_mw.ids import new_id
from asgi_mw.messages import Progress, is_cancellation, payload_size
from asgi_mw.routes import KEY, Shared, holder, publish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from asgi_mw.faults import Faults
    from asgi_mw.messages import Outcome
    from asgi_mw.types import App, Message, Receive, Scope, Send

# What one raw event holds, by place
DIRECTION, CALLED, RETURNED, MESSAGE, SIZE, TRUNCATED, RAISED, COST = range(8)
# Accounted bytes of one raw event without its payload and headers, and of one tape
EVENT_COST = 512
TAPE_COST = 4096

_ATOMS = frozenset({bytes, str, int, bool, float, type(None)})
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
_BODIES = frozenset({"http.request", "http.response.body", "websocket.http.response.body"})
_PLAIN = frozenset({"http.response.body", "websocket.send"})
_TUPLE, _BYTES = frozenset({tuple}), frozenset({bytes})
_making_id = Lock()
_NOTHING: Mapping[str, Any] = {}
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one connection is kept, in bytes."""

    body: int = 65_536
    connection: int = 1_048_576


class Budget:
    """The bytes that recorded connections may still take in this process.

    ``relieve`` is called when they are used up; it may give some back.
    """

    __slots__ = ("left", "relieve", "total")

    def __init__(self, total: int) -> None:
        self.total = self.left = total
        self.relieve: Callable[[], None] = _nothing


class Tape:
    """One connection while it is recorded: raw facts, cheap to add to.

    The first half of the connection's limit keeps the head of the events, the second half the
    tail of a connection that is longer.

    Attributes:
        began: Wall clock in ns; ``origin`` is the same moment on the monotonic clock.
        head, tail: Raw events, see the constants above.
        dropped: How many events and bytes are missing, by reason.
        cost: Accounted bytes.
        done: The app returned.
        mark: Left to the store that keeps it.
    """

    __slots__ = (
        "_budget",
        "_cut",
        "_id",
        "_limit",
        "_room",
        "_tail_room",
        "began",
        "cost",
        "done",
        "dropped",
        "ended",
        "error",
        "head",
        "mark",
        "origin",
        "outcome",
        "progress",
        "scope",
        "shared",
        "tail",
        "type",
    )

    def __init__(self, scope: Scope, shared: Shared, limits: Limits, budget: Budget) -> None:
        self.began = time_ns()
        self.origin = perf_counter_ns()
        self.type: str = scope["type"]
        self.scope, size = _copied(scope)
        self.scope.pop(KEY, None)
        self.shared = shared
        self.progress = Progress(self.type)
        self.head: list[list[Any]] = []
        self.tail: deque[list[Any]] | None = None
        self.dropped: dict[str, int] = {}
        self.ended: int | None = None
        self.outcome: Outcome | None = None
        self.error: tuple[str, str, str, int] | None = None
        self.done = False
        self.mark: Any = None
        self._id: str | None = None
        self._cut: set[str] | None = None
        self._limit = limits.body
        self._room = limits.connection // 2
        self._tail_room = limits.connection - self._room
        self._budget = budget
        self.cost = TAPE_COST + size
        budget.left -= self.cost

    @property
    def id(self) -> str:
        """The exchange's id, made when it is first asked for: most are not before the end."""
        if self._id is None:
            with _making_id:
                self._id = self._id or new_id(self.began)
        return self._id

    def add(self, direction: str, called: int) -> list[Any]:
        """Append an event for a call that begins now."""
        event = [direction, called, None, _NOTHING, 0, False, None, 0]
        if self._room > 0:
            self.head.append(event)
        else:
            if self.tail is None:
                self.tail = deque()
            self.tail.append(event)
        return event

    def keep(self, event: list[Any], message: Message, size: int) -> None:
        """Put a snapshot of *message* into *event*, with as much payload as the limits allow."""
        kept = dict(message)
        cost = EVENT_COST + size
        if not _ATOMS.issuperset(map(type, kept.values())):
            kept, more = _copied(kept)
            cost += more
        event[MESSAGE] = kept
        event[SIZE] = size
        if size > self._limit or cost > self._room or cost > self._budget.left or self._cut:
            cost -= size - self._shorten(event, kept, size)
        self._charge(event, cost)

    def fail(self, event: list[Any], now: int, error: BaseException) -> None:
        """Note that the call of *event* raised."""
        event[RETURNED] = now
        event[RAISED] = type(error).__name__
        if not event[COST]:
            self._charge(event, EVENT_COST)

    def end(self, error: BaseException | None) -> None:
        """Note that the app returned, or what left it; only the first time counts."""
        if self.done:
            return
        now = perf_counter_ns()
        progress = self.progress
        self.outcome = progress.outcome(error)
        self.ended = now if progress.ended is None else progress.ended
        if error is not None and not is_cancellation(error):
            self.error = (*_described(error), now)
        self.done = True

    def pack(self) -> bytes:
        """All facts as one piece of memory, exact in size and nothing to the garbage collector."""
        shared = self.shared
        facts = (self.id, self.type, self.began, self.origin, self.ended, self.outcome, self.error)
        tail = None if self.tail is None else list(self.tail)
        known = (shared.route, shared.request_id)
        return marshal.dumps((facts, self.scope, self.head, tail, self.dropped, known), 2)

    @classmethod
    def unpack(cls, packed: bytes, mark: Any) -> Self:
        """A tape with the facts that were packed, to be read."""
        tape = cls.__new__(cls)
        facts, tape.scope, tape.head, tail, tape.dropped, known = marshal.loads(packed)  # noqa: S302  # our own, never from outside
        tape._id, tape.type, tape.began, tape.origin, tape.ended, tape.outcome, tape.error = facts
        tape.tail = None if tail is None else deque(tail)
        tape.shared = Shared()
        tape.shared.route, tape.shared.request_id = known
        tape.done = True
        tape.mark = mark
        return tape

    def drop(self, reason: str, count: int) -> None:
        """Count *count* events or bytes as missing."""
        if count:
            self.dropped[reason] = self.dropped.get(reason, 0) + count

    def _charge(self, event: list[Any], cost: int) -> None:
        self.cost += cost
        budget = self._budget
        budget.left -= cost
        if budget.left < 0:
            budget.relieve()
        if self.tail is None:
            event[COST] = cost
            self._room -= cost
        elif event[COST] < 0:  # it fell out of the tail while its call was awaited
            self._give_back(cost)
        else:
            event[COST] = cost
            self._tail_room -= cost
            self._trim(self.tail)

    def _trim(self, tail: deque[list[Any]]) -> None:
        while self._tail_room < 0 and len(tail) > 1:
            event = tail.popleft()
            self._tail_room += event[COST]
            self._give_back(event[COST])
            event[COST] = -1
            self.drop("events over connection_limit", 1)
            self.drop("bytes over connection_limit", event[SIZE])

    def _give_back(self, cost: int) -> None:
        self.cost -= cost
        self._budget.left += cost

    def _shorten(self, event: list[Any], kept: dict[str, Any], size: int) -> int:
        """Cut the payload in *kept* to what the limits allow, count the rest; how much is left."""
        room = min(size, self._limit)
        reason = "bytes over body_limit"
        budget = self._budget
        if budget.left < room:
            budget.relieve()
        if budget.left < room:
            room, reason = 0, "bytes over the memory budget"
        if kept.get("type") in _BODIES:
            # A body is masked as one, so what is kept of it has no gap: once cut, it ends
            if room > self._room:
                room, reason = max(self._room, 0), "bytes over connection_limit"
            if self._cut is not None and event[DIRECTION] in self._cut:
                room = 0
            if room < size:
                self._cut = (self._cut or set()) | {event[DIRECTION]}
        if room < size:
            self.drop(reason, size - room)
            event[TRUNCATED] = True
            _cut_payload(kept, room)
        return room


def tap(
    app: App,
    *,
    wanted: Callable[[Scope], bool],
    limits: Limits,
    budget: Budget,
    begin: Callable[[Tape], None],
    end: Callable[[Tape], None],
    faults: Faults,
) -> App:
    """Record every call of ``receive`` and ``send`` that *app* makes, with its times.

    The app sees what it would see without it, and a fault in recording never reaches it.

    Args:
        app: The app.
        wanted: Whether to record a connection, by its scope.
        limits: How much to keep of one connection.
        budget: How much all connections may take.
        begin: Called with the tape before the app runs.
        end: Called with the tape when the app has returned or raised.
        faults: Where our own faults are counted.
    """

    def start(scope: Scope, shared: Shared) -> Tape | None:
        try:
            tape = Tape(scope, shared, limits, budget)
            begin(tape)
        except Exception as error:  # noqa: BLE001  # a fault in recording never reaches the app
            faults.note("begin", error)
            return None
        return tape

    def finish(tape: Tape, error: BaseException | None, scope: Scope) -> None:
        try:
            publish(scope, tape.shared)
            tape.end(error)
            end(tape)
        except Exception as fault:  # noqa: BLE001  # the same
            faults.note("end", fault)

    async def tapped(scope: Scope, receive: Receive, send: Send) -> None:
        if not wanted(scope):
            await app(scope, receive, send)
            return
        shared = holder(scope)
        if scope["type"] in {"http", "websocket"}:
            headers = listed(scope.get("headers") or ())
            scope = {**scope, KEY: shared, "headers": headers}
        tape = start(scope, shared)
        if tape is None:
            await app(scope, receive, send)
            return
        progress = tape.progress

        def receive_noted() -> Awaitable[Message]:
            try:
                event = tape.add("receive", perf_counter_ns())
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("receive", fault)
                return receive()
            return received(event)

        async def received(event: list[Any]) -> Message:
            try:
                message = await receive()
            except BaseException as error:
                tape.fail(event, perf_counter_ns(), error)
                raise
            event[RETURNED] = now = perf_counter_ns()
            try:
                size = payload_size(message)
                if message.get("type") != "websocket.receive":
                    progress.received(message, size, now)
                tape.keep(event, message, size)
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("receive", fault)
            return message

        def send_noted(message: Message) -> Awaitable[None]:
            kind = message.get("type")
            ends = False
            if kind not in _PLAIN:
                message = settle(settle(message), "links")
            try:
                now = perf_counter_ns()
                event = tape.add("send", now)
                size = payload_size(message)
                if kind != "websocket.send":  # which changes no state
                    if kind in _STARTS:
                        publish(scope, shared)
                    ends = progress.sending(message, size, now)
                tape.keep(event, message, size)
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("send", fault)
                return send(message)
            return sent(event, message, ends)

        async def sent(event: list[Any], message: Message, ends: bool) -> None:  # noqa: FBT001  # private, and on the hot path
            try:
                await send(message)
            except BaseException as error:
                tape.fail(event, perf_counter_ns(), error)
                progress.failed(error)
                raise
            event[RETURNED] = now = perf_counter_ns()
            if ends:
                progress.over(now)

        try:
            await app(scope, receive_noted, send_noted)
        except BaseException as error:
            finish(tape, error, scope)
            raise
        else:
            finish(tape, None, scope)

    return tapped


def snapshot(value: Any, depth: int = 0) -> Any:
    """A copy of plain data that nobody else holds; anything else as the name of its type.

    Never reads from an iterator, which somebody else will want to read.

    >>> snapshot({"a": [1, (b"b", object())]})
    {'a': [1, [b'b', '<object>']]}
    """
    kind = value.__class__
    if kind in _ATOMS:
        return value
    if kind is list or kind is tuple:
        if _ATOMS.issuperset(map(type, value)):
            return list(value)
        if depth < _DEEPEST:
            return [snapshot(item, depth + 1) for item in value]
    elif isinstance(value, dict) and depth < _DEEPEST:
        return {str(key): snapshot(item, depth + 1) for key, item in value.items()}
    if kind is bytearray or kind is memoryview:
        return bytes(value)
    for atom in (str, int, float, bytes):
        if isinstance(value, atom):
            return atom(value)  # type: ignore[arg-type]  # an enum or another subclass
    return f"<{kind.__qualname__}>"


def _nothing() -> None:
    """Give nothing back."""


def _copied(mapping: Scope | Message) -> tuple[dict[str, Any], int]:
    """A snapshot of a scope or message, and about how many bytes it takes in memory.

    Headers are by far the most of both, and mostly pairs of bytes, which cannot change.
    """
    size = 0
    copy = {}
    for key, value in mapping.items():
        kind = value.__class__
        if kind in _ATOMS:
            copy[key] = value
            if kind is str or kind is bytes:
                size += len(value)
        elif key == "headers" and kind is list and _is_pairs(value):
            copy[key] = list(value)
            size += 176 * len(value) + sum(map(len, chain.from_iterable(value)))
        elif key != KEY:
            copy[key] = kept = snapshot(value)
            size += _weight(kept)
    return copy, size


def _is_pairs(headers: list[Any]) -> bool:
    return _TUPLE.issuperset(map(type, headers)) and _BYTES.issuperset(
        map(type, chain.from_iterable(headers))
    )


def _weight(value: Any) -> int:
    """About how many bytes plain data takes in memory."""
    kind = value.__class__
    if kind is str or kind is bytes:
        return 56 + len(value)
    if kind is list or kind is dict:
        inner = value.values() if kind is dict else value
        return 192 + (sum(map(_weight, inner)) if value else 0)
    return 32


def _cut_payload(kept: dict[str, Any], room: int) -> None:
    """Cut the payload in *kept* to *room* bytes."""
    for key in ("body", "bytes", "text"):
        payload = kept.get(key)
        if isinstance(payload, str):
            encoded = payload.encode("utf-8", "surrogatepass")[:room]
            kept[key] = encoded.decode("utf-8", "ignore")
        elif payload:
            kept[key] = bytes(payload[:room])


def _described(error: BaseException) -> tuple[str, str, str]:
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    try:
        message = str(error)
    except Exception as fault:  # noqa: BLE001  # the user's __str__
        message = f"<no text: {type(fault).__name__}>"
    try:
        text = "".join(traceback.format_exception(error, limit=-50))
    except Exception as fault:  # noqa: BLE001  # the same, further down the chain
        text = f"<no traceback: {type(fault).__name__}>"
    return name, message[:4096], text[-32_768:]
