"""The one place where traffic becomes events for storing.

The hot path appends plain lists to a :class:`Tape`; facts are built from them when somebody
reads (:mod:`asgi_mw.recorder.assemble`).
"""

from __future__ import annotations

import traceback
from collections import deque
from dataclasses import dataclass
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING, Any

from asgi_mw.headers import listed, settle
from asgi_mw.ids import new_id
from asgi_mw.messages import Progress, is_cancellation, payload_size
from asgi_mw.routes import KEY, holder, publish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from asgi_mw.faults import Faults
    from asgi_mw.messages import Outcome
    from asgi_mw.routes import Shared
    from asgi_mw.types import App, Message, Receive, Scope, Send

# What one raw event holds, by place
DIRECTION, CALLED, RETURNED, MESSAGE, SIZE, TRUNCATED, RAISED, COST = range(8)
# Accounted bytes of one raw event without its payload and headers, and of one tape
EVENT_COST = 512
TAPE_COST = 4096

_ATOMS = frozenset({bytes, str, int, bool, float, type(None)})
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
_BODIES = frozenset({"http.request", "http.response.body", "websocket.http.response.body"})
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
        id: The exchange's id.
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
        "_limits",
        "_room",
        "_tail_room",
        "began",
        "cost",
        "done",
        "dropped",
        "ended",
        "error",
        "head",
        "id",
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
        self.id = new_id()
        self.type: str = scope["type"]
        self.scope = {
            key: value if value.__class__ in _ATOMS else snapshot(value)
            for key, value in scope.items()
            if key != KEY
        }
        self.shared = shared
        self.progress = Progress(self.type)
        self.head: list[list[Any]] = []
        self.tail: deque[list[Any]] = deque()
        self.dropped: dict[str, int] = {}
        self.ended: int | None = None
        self.outcome: Outcome | None = None
        self.error: tuple[str, str, str, int] | None = None
        self.done = False
        self.mark: Any = None
        self._limits = limits
        self._budget = budget
        self._room = limits.connection // 2
        self._tail_room = limits.connection - self._room
        self._cut: set[str] | None = None
        self.cost = TAPE_COST + _weight(self.scope)
        budget.left -= self.cost

    def add(self, direction: str, called: int) -> list[Any]:
        """Append an event for a call that begins now."""
        event = [direction, called, None, _NOTHING, 0, False, None, 0]
        (self.head if self._room > 0 else self.tail).append(event)
        self._charge(event, EVENT_COST)
        return event

    def keep(self, event: list[Any], message: Message) -> None:
        """Put a snapshot of *message* into *event*, with as much payload as the limits allow."""
        kept = {
            key: value if value.__class__ in _ATOMS else snapshot(value)
            for key, value in message.items()
        }
        event[MESSAGE] = kept
        size = event[SIZE] = payload_size(message)
        if size:
            room = self._payload_room(event, message, size)
            if room < size:
                event[TRUNCATED] = True
                _shorten(kept, room)
                size = room
            self._charge(event, size)
        if "headers" in kept:
            self._charge(event, _weight(kept["headers"]))

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

    def drop(self, reason: str, count: int) -> None:
        """Count *count* events or bytes as missing."""
        self.dropped[reason] = self.dropped.get(reason, 0) + count

    def _charge(self, event: list[Any], cost: int) -> None:
        if event[COST] < 0:
            return  # it fell out of the tail while its call was awaited
        event[COST] += cost
        self.cost += cost
        self._budget.left -= cost
        if self._budget.left < 0:
            self._budget.relieve()
        if self.tail:
            self._tail_room -= cost
            while self._tail_room < 0 and len(self.tail) > 1:
                self._forget(self.tail.popleft())
        else:
            self._room -= cost

    def _forget(self, event: list[Any]) -> None:
        cost = event[COST]
        self._tail_room += cost
        self.cost -= cost
        self._budget.left += cost
        event[COST] = -1
        self.drop("events over connection_limit", 1)
        self.drop("bytes over connection_limit", event[SIZE])

    def _payload_room(self, event: list[Any], message: Message, size: int) -> int:
        """How many bytes of this payload are kept; what is missing is counted."""
        reason = "bytes over body_limit"
        room = min(size, self._limits.body)
        if self.type == "http" or message.get("type") == "websocket.http.response.body":
            # A body is masked as one, so what is kept of it has no gap: once cut, it ends
            direction = event[DIRECTION]
            if self._cut is not None and direction in self._cut:
                room = 0
            left = self._room if not self.tail else 0
            if room > left:
                room, reason = max(left, 0), "bytes over connection_limit"
            if room < size:
                self._cut = (self._cut or set()) | {direction}
        if self._budget.left < room:
            room, reason = 0, "bytes over the memory budget"
            self._cut = {"receive", "send"}
        if room < size:
            self.drop(reason, size - room)
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
                event[RETURNED] = perf_counter_ns()
                event[RAISED] = type(error).__name__
                raise
            event[RETURNED] = now = perf_counter_ns()
            try:
                progress.received(message, now)
                tape.keep(event, message)
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("receive", fault)
            return message

        def send_noted(message: Message) -> Awaitable[None]:
            if message.get("type") in _STARTS:
                publish(scope, shared)
            if "headers" in message:
                message = settle(message)
            elif "links" in message:
                message = settle(message, "links")
            now = perf_counter_ns()
            try:
                event = tape.add("send", now)
                tape.keep(event, message)
                ends = progress.sending(message, now)
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("send", fault)
                return send(message)
            return sent(event, message, ends)

        async def sent(event: list[Any], message: Message, ends: bool) -> None:  # noqa: FBT001  # private, and on the hot path
            try:
                await send(message)
            except BaseException as error:
                event[RETURNED] = perf_counter_ns()
                event[RAISED] = type(error).__name__
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
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth < _DEEPEST:
        if kind is tuple or kind is list:
            return [snapshot(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {str(key): snapshot(item, depth + 1) for key, item in value.items()}
    if kind is bytearray or kind is memoryview:
        return bytes(value)
    for atom in (str, int, float, bytes):
        if isinstance(value, atom):
            return atom(value)  # type: ignore[arg-type]  # an enum or another subclass
    return f"<{kind.__qualname__}>"


def _nothing() -> None:
    """Give nothing back."""


def _weight(value: Any) -> int:
    """About how many bytes plain data takes in memory."""
    if isinstance(value, (list, tuple)):
        return 64 + sum(map(_weight, value))
    if isinstance(value, dict):
        return 192 + sum(map(_weight, value.values()))
    return 56 + len(value) if isinstance(value, (bytes, str)) else 32


def _shorten(kept: dict[str, Any], room: int) -> None:
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
