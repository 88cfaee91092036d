"""The one place where traffic becomes events for storing."""

from __future__ import annotations

from sys import modules
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, cast

from asgi_mw.awaiting import awaited
from asgi_mw.connection import KEY, Connection, joined
from asgi_mw.context import attached, current, reset
from asgi_mw.headers import settle
from asgi_mw.messages import STARTS
from asgi_mw.noting import Notes, witnesses
from asgi_mw.raw import MESSAGE, NO_MESSAGE, RECEIVED_TEXT, RETURNED, SENT_TEXT
from asgi_mw.tape import Tape
from asgi_mw.telemetry.trace_context import span_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextvars import Token

    from asgi_mw.faults import Faults
    from asgi_mw.terms import Terms
    from asgi_mw.types import A, AnyApp, Message, Receive, Scope, Send

_PLAIN = frozenset({"http.response.body", "websocket.send"})
_SHARING = frozenset({"http", "websocket"})
_TELEMETRY = "opentelemetry.context"  # nobody has a span before it is imported


@awaited("receive_noted", "send_noted")
def tap(
    app: A,
    *,
    wanted: Callable[[Scope], bool],
    terms: Terms,
    begin: Callable[[Tape], None],
    end: Callable[[Tape], None],
    lose: Callable[[Tape], None],
    faults: Faults,
    around: Callable[[Send, Tape | None], Send],
) -> A:
    """Record every call of ``receive`` and ``send`` that *app* makes, with its times.

    The app sees what it would see without it, and a fault in recording never reaches it.

    Args:
        app: The app.
        wanted: Whether to record a connection, by its scope.
        terms: How much to keep.
        begin: Called with the tape before the app runs.
        end: Called with the tape when the app has returned or raised.
        lose: Called with a tape that could not be ended.
        faults: Where our own faults are counted.
        around: Wraps the server's ``send`` of a connection that is no HTTP and no WebSocket.
    """

    def start(scope: Scope, connection: Connection) -> Tape | None:
        tape = None
        try:
            tape = Tape(scope, connection, terms)
            begin(tape)
            if terms.keeps is None and connection.recorded is None:
                connection.recorded = tape.began, tape.drawn
        except Exception as error:  # noqa: BLE001  # a fault in recording never reaches the app
            faults.note("begin", error)
            if tape is not None:
                tape.let_go()
            return None
        return tape

    def look(connection: Connection, status: Any = None) -> None:
        """Note the span and what was swallowed, as the app answers with *status* or raises."""
        try:
            span_of(connection)
            if status.__class__ is int:
                connection.answers(status)
        except Exception as fault:  # noqa: BLE001  # the same
            faults.note("send", fault)

    def failed(tape: Tape, rows: list[Any], at: int, error: BaseException) -> None:
        try:
            tape.fail(rows, at, error)
        except Exception as fault:  # noqa: BLE001  # the same
            faults.note("call", fault)

    def finish(tape: Tape, error: BaseException | None) -> None:
        try:
            tape.end(error)
            end(tape)
        except Exception as fault:  # noqa: BLE001  # the same
            faults.note("end", fault)
            lose(tape)

    def witnessed(tape: Tape, connection: Connection) -> Token[Any] | None:
        """Let whoever witnesses something find the connection, and what takes notes of it."""
        try:
            for witness in witnesses:
                witness()
            tape.notes = Notes(terms.budget, terms.connection // 4)
            connection.notes = (*connection.notes, tape.notes)
            return current.set(connection)
        except Exception as fault:  # noqa: BLE001  # the same
            faults.note("notes", fault)
            return None

    async def received(tape: Tape, receive: Receive, rows: list[Any], at: int) -> Message:
        """Wait for what the app is given, and note it in the event at this place of *rows*."""
        try:
            message = await receive()
        except BaseException as error:
            failed(tape, rows, at, error)
            raise
        rows[at + RETURNED] = perf_counter_ns()
        try:
            if rows is not tape.newest and tape.forgot(rows, message):
                pass
            elif (
                len(message) == 2
                and "text" in message
                and message.get("type") == "websocket.receive"
                and (text := message["text"]).__class__ is str
            ):
                rows[at + MESSAGE] = text
                tape.left = left = tape.left - RECEIVED_TEXT - len(text)
                if left < 0:
                    tape.balance(rows, at)
            else:
                tape.keep(rows, at, message)
        except Exception as fault:  # noqa: BLE001  # the same
            faults.note("receive", fault)
        return message

    async def sent(tape: Tape, send: Send, rows: list[Any], at: int, message: Message) -> None:
        """Send what was noted in the event at this place of *rows*, and note when that was done."""
        try:
            await send(message)
        except BaseException as error:
            failed(tape, rows, at, error)
            raise
        rows[at + RETURNED] = perf_counter_ns()

    async def tapped(scope: Scope, receive: Receive, send: Send) -> None:
        if not wanted(scope):
            send = send if scope["type"] in _SHARING else around(send, None)
            if witnesses:
                await _unwitnessed(app, scope, receive, send)
            else:
                await app(scope, receive, send)
            return
        outside = scope.get(KEY)
        if scope["type"] in _SHARING:
            seen = scope
            scope, connection = joined(scope)
            if outside is not None or seen.get("headers") is not scope["headers"]:
                seen = {**scope}
                del seen[KEY]
            tape = start(seen, connection)
        else:
            connection = Connection({"type": scope["type"]})
            tape = start(scope, connection)
            send = around(send, tape)
        if tape is None:
            await app(scope, receive, send)
            return
        keep = tape.keep
        token = witnessed(tape, connection) if witnesses or terms.notes else None

        def receive_noted() -> Awaitable[Message]:
            rows = tape.newest
            at = len(rows)
            rows += ("receive", perf_counter_ns(), None, NO_MESSAGE, None, None)
            return received(tape, receive, rows, at)

        def send_noted(message: Message) -> Awaitable[None]:
            kind = message.get("type")
            if kind not in _PLAIN:
                message = settle(message)
                if "links" in message:
                    message = settle(message, "links")
                if kind == "websocket.close":
                    connection.begun = True
                elif kind in STARTS and not connection.begun:
                    connection.begun = True
                    status = message.get("status", 101)
                    failed = status.__class__ is int and status >= 500
                    traced = _TELEMETRY in modules and connection.span is None and attached()
                    if failed or connection.swallowed or traced:
                        look(connection, status)
            rows = tape.newest
            at = len(rows)
            rows += ("send", perf_counter_ns(), None, NO_MESSAGE, None, None)
            try:
                if (
                    kind == "websocket.send"
                    and len(message) == 2
                    and "text" in message
                    and (text := message["text"]).__class__ is str
                ):
                    rows[at + MESSAGE] = text
                    tape.left = left = tape.left - SENT_TEXT - len(text)
                    if left < 0:
                        tape.balance(rows, at)
                else:
                    keep(rows, at, message)
            except Exception as fault:  # noqa: BLE001  # the same
                faults.note("send", fault)
            return sent(tape, send, rows, at, message)

        try:
            await app(scope, receive_noted, send_noted)
        except BaseException as error:
            look(connection)
            finish(tape, error)
            raise
        else:
            finish(tape, None)
        finally:
            if token is not None:
                reset(current, token)
            if connection is not outside:
                connection.leave()

    return cast("A", tapped)


async def _unwitnessed(app: AnyApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Call *app* so that nothing that happens is noted for the connection before.

    Servers begin a request in a copy of the context of the one before it.
    """
    token = None if current.get() is scope.get(KEY) else current.set(None)
    try:
        await app(scope, receive, send)
    finally:
        if token is not None:
            reset(current, token)
