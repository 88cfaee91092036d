"""A tap: it looks at what passes between two layers of an app, without being a layer.

It appends to the ledger of the connection, see :mod:`asgi_mw.ledger`, and hands everything on.
"""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Protocol

from asgi_mw.connection import KEY, Connection
from asgi_mw.context import reset
from asgi_mw.headers import settle
from asgi_mw.ledger import NO_CALL, RAISED, RETURNED, SIZE, TYPE, Ledger
from asgi_mw.messages import payload_size
from asgi_mw.wrapped import ANNOTATIONS, Wrapped, bare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextvars import Token

    from asgi_mw.faults import Faults
    from asgi_mw.ledger import Node
    from asgi_mw.tape import Tape
    from asgi_mw.types import App, Message, Receive, Scope, Send


LINKED = "__linked__"
"""The attribute of what stands outside a chain of layers that holds this chain."""


class Linked(Protocol):
    """Layers with taps between them."""

    @property
    def head(self) -> App:
        """The outermost."""

    @property
    def nodes(self) -> Sequence[Node]:
        """What they are, outermost first."""


class Watch:
    """Looks between the layers, on the connections of one ``record``.

    Attributes:
        faults: Where our own faults are counted.
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._begun: ContextVar[Tape | None] = ContextVar("asgi_mw_begun", default=None)
        # A scope that is handed on uncopied, as that of a lifespan, has no place for the ledger
        self._ledger: ContextVar[Ledger | None] = ContextVar("asgi_mw_ledger", default=None)

    def begin(self, tape: Tape) -> None:
        """Look at the connection on *tape*, which is about to be served in this context."""
        self._begun.set(tape)

    def end(self, tape: Tape) -> None:
        """Stop looking at the connection on *tape*, which ended; add to its cost what is kept."""
        ledger = tape.ledger
        if ledger is not None:
            tape.cost += ledger.close()

    def of(self, scope: Scope) -> Ledger | None:
        """The ledger of the connection that this scope belongs to, if it is looked at."""
        connection = scope.get(KEY)
        if connection.__class__ is Connection:
            found: Ledger
            for found in connection.ledgers:
                if found.watch is self:
                    return found
            return None
        return None if scope["type"] in {"http", "websocket"} else self._ledger.get()

    def around(self, chain: Linked) -> App:
        """The app that stands outside of all the layers of *chain*."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            tape = self._begun.get()
            if tape is None:
                await chain.head(scope, receive, send)
                return
            self._begun.set(None)
            ledger = tape.ledger = Ledger(self, chain.nodes, tape)
            connection = scope.get(KEY)
            token: Token[Ledger | None] | None = None
            if isinstance(connection, Connection):
                connection.ledgers = (ledger, *connection.ledgers)
            else:
                token = self._ledger.set(ledger)
            try:
                await outermost(scope, receive, send)
            finally:
                if token is not None:
                    reset(self._ledger, token)
                elif isinstance(connection, Connection):
                    kept = [one for one in connection.ledgers if one is not ledger]
                    connection.ledgers = tuple(kept)

        async def inside(scope: Scope, receive: Receive, send: Send) -> None:
            await chain.head(scope, receive, send)

        outermost = Tap(self, 0, inside)
        # So that another ``record`` finds the chain
        vars(watched)[LINKED] = chain
        return watched


class Tap(Wrapped):
    """*inside*, with a look at all that crosses the boundary of that *number*."""

    __slots__ = ("__tapped__",)
    __tapped__: Any

    def __init__(self, watch: Watch, number: int, inside: App) -> None:
        object.__setattr__(self, "__tapped__", inside)
        between = _between(self, watch, number)
        between.__annotations__ = ANNOTATIONS
        vars(between)["__wrapped__"] = inside
        super().__init__(between, bare(inside)[1])

    def hand_on(self, inside: object) -> None:
        """Stand around *inside* from now on."""
        object.__setattr__(self, "__tapped__", inside)


def _between(tap: Tap, watch: Watch, number: int) -> App:
    faults = watch.faults

    async def between(scope: Scope, receive: Receive, send: Send) -> None:
        ledger, call = None, NO_CALL
        try:
            ledger = watch.of(scope)
            if ledger is not None:
                call = ledger.enter(number, scope)
        except Exception as fault:  # noqa: BLE001  # a fault in recording never reaches the app
            faults.note("between", fault)
        if ledger is None or call < 0:
            await tap.__tapped__(scope, receive, send)
            return
        rows = ledger.rows

        async def receive_seen() -> Message:
            at = -1
            try:
                end = len(rows)
                if end < ledger.room or ledger.take():
                    rows.extend(
                        (number, "receive", perf_counter_ns(), None, "", None, None, 0, None)
                    )
                    at = end
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("between", fault)
            try:
                message = await receive()
            except BaseException as error:
                if at >= 0:
                    rows[at + RETURNED] = perf_counter_ns()
                    rows[at + RAISED] = type(error).__name__
                step_aside(error)
                raise
            try:
                if at < 0:
                    ledger.count(number, "receive", payload_size(message))
                else:
                    rows[at + RETURNED] = perf_counter_ns()
                    rows[at + TYPE] = message.get("type")
                    rows[at + SIZE] = payload_size(message)
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("between", fault)
            return message

        async def send_seen(message: Message) -> None:
            at = -1
            if "headers" in message:
                message = settle(message)
            try:
                pairs = None
                body = message.get("body")
                if body.__class__ is bytes:
                    size = len(body)
                else:
                    size = payload_size(message)
                    if "headers" in message:
                        headers, pairs = message["headers"], ledger.sent
                        if pairs is None or headers != pairs:
                            pairs = ledger.put(headers)
                kind, status = message.get("type"), message.get("status")
                end = len(rows)
                if end < ledger.room or ledger.take():
                    rows.extend(
                        (number, "send", perf_counter_ns(), None, kind, status, pairs, size, None)
                    )
                    at = end
                else:
                    ledger.count(number, "send", size)
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("between", fault)
            try:
                await send(message)
            except BaseException as error:
                if at >= 0:
                    rows[at + RETURNED] = perf_counter_ns()
                    rows[at + RAISED] = type(error).__name__
                step_aside(error)
                raise
            if at >= 0:
                rows[at + RETURNED] = perf_counter_ns()

        try:
            await tap.__tapped__(scope, receive_seen, send_seen)
        except BaseException as error:
            rows[call + RETURNED] = perf_counter_ns()
            ledger.leave(call, error)
            step_aside(error)
            raise
        rows[call + RETURNED] = perf_counter_ns()

    return between


def step_aside(error: BaseException) -> None:
    """Drop the frame of the caller from the traceback of *error*, which is raised again.

    An app may show the traceback to its client: it must be the same with a tap and without.
    """
    trace = error.__traceback__
    if trace is not None:
        error.__traceback__ = trace.tb_next
