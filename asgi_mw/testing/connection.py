"""The two callables that a server hands to an app, and the state of the connection behind them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import anyio
from anyio.lowlevel import checkpoint

from asgi_mw.testing.behaviour import Moment
from asgi_mw.testing.course import Course, flaw
from asgi_mw.testing.result import Call, consumed, snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from asgi_mw.testing.behaviour import Behaviour, Reaction
    from asgi_mw.testing.result import Result
    from asgi_mw.types import Message


class Connection:
    """One connection as its server sees it; `Wire` describes the options.

    Attributes:
        inbox: What the app is going to be given.
        plans: Moments, and what to do then.
        pending: The calls that the app is awaiting.
        sends: All calls of ``send``.
        received: How many of the messages of the inbox the app received.
    """

    def __init__(
        self,
        result: Result,
        *,
        behaviour: Behaviour,
        on_send: Callable[[Any], Awaitable[object]] | None,
        on_receive: Callable[[], Awaitable[object]] | None,
        send_errors: Mapping[int, BaseException],
    ) -> None:
        self.result = result
        self.inbox: deque[Message] = deque()
        self.plans: list[tuple[object, Callable[[], None]]] = []
        self.pending: list[Call] = []
        self.sends: list[Call] = []
        self.received = 0
        self.cancel: Callable[[], None] = lambda: None
        self._behaviour = behaviour
        self._on_send, self._on_receive = on_send, on_receive
        self._send_errors = send_errors
        self._course = Course(str(result.scope.get("type")))
        self._receives = 0
        self._farewell: Message | None = None  # the disconnect, once the connection is over
        self._told = False  # whether the app received it
        self._changed: anyio.Event | None = None  # made when somebody waits

    async def changed(self) -> None:
        """Wait until anything happens on the connection."""
        if self._changed is None:
            self._changed = anyio.Event()
        await self._changed.wait()
        # On asyncio, a task that is woken in every turn of the loop is never found waiting, and
        # so never cancelled: here it is.
        await checkpoint()

    def notify(self) -> None:
        """Wake all that wait for a change."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    async def receive(self) -> Message:
        """Be the app's ``receive``."""
        with self._call("receive") as call:
            await checkpoint()
            await self._reach("before", call)
            if self._on_receive is not None:
                await self._on_receive()
            await self._reach("during", call)
            while not self.has_message():
                if not (await self._reach("idle", call) and self.has_message()):
                    await self.changed()
            message = self._next_message()
            call.original, call.message, call.delivered = message, snapshot(message), True
            self.result.given.append(message)
            self.result.received.append(call.message)
            self._act("after", call)
            return message

    async def send(self, message: Any) -> None:
        """Be the app's ``send``."""
        with self._call("send") as call:
            # A server reads the message as it is at the call, before it waits for anything.
            call.original, call.message = message, consumed(message)
            await checkpoint()
            await self._reach("before", call)
            if call.number in self._send_errors:
                raise self._send_errors[call.number]
            await self._accept(call)
            if call.delivered and self._on_send is not None:
                await self._on_send(message)
            await self._reach("during", call)
            self._act("after", call)

    def leave(self, code: int = 1006, reason: str = "") -> None:
        """Let the client leave, unless the connection is over already."""
        self._leave(self._disconnect_message(code, reason))

    def end(self) -> None:
        """Let nothing more pass: the app's call has ended."""
        self._close(self._disconnect_message(1006, ""))
        self.notify()

    async def _accept(self, call: Call) -> None:
        if self._farewell is not None:
            await _react(self._too_late())
            return
        refuse = self._behaviour.invalid_send
        if refuse is not None and (wrong := flaw(call.message)):
            raise refuse(f"{kind_of(call.message)}: {wrong}")
        if not self._course.advance(call.message) and refuse is not None:
            raise refuse(f"unexpected {kind_of(call.message)}")
        call.delivered = True
        if self._course.phase == "complete":
            self.result.complete = True
            code, reason = 1006, ""
            if call.message["type"] == "websocket.close":
                code, reason = call.message.get("code", 1000), call.message.get("reason") or ""
            self._close(self._disconnect_message(code, reason))
        self.notify()

    def _too_late(self) -> Reaction:
        if self.result.complete:
            return self._behaviour.send_after_complete
        if self._course.kind == "websocket":
            return self._behaviour.websocket_send_after_disconnect
        return self._behaviour.http_send_after_disconnect

    def has_message(self) -> bool:
        """Whether ``receive`` returns at once."""
        if self._farewell is None:
            return bool(self.inbox)
        match self._behaviour.receive_at_end:
            case "repeat":
                return True
            case "once":
                return not self._told
            case "block":
                return not self._told and not self.result.complete

    def _next_message(self) -> Message:
        if self._farewell is not None:
            self._told = True
            return dict(self._farewell)
        message = self.inbox.popleft()
        self.received += 1
        if message.get("type") == f"{self._course.kind}.disconnect":
            self._told = True
            self._leave(message)
        self.notify()
        return message

    def _disconnect_message(self, code: int, reason: str) -> Message:
        kind = f"{self._course.kind}.disconnect"
        if self._course.kind == "websocket":
            return {"type": kind, "code": code, "reason": reason}
        return {"type": kind}

    def _leave(self, message: Message) -> None:
        if self._farewell is not None:
            return
        self.result.disconnected = True
        self._close(message)
        if self._behaviour.cancel_on_disconnect:
            self.cancel()
        self.notify()

    def _close(self, farewell: Message) -> None:
        if self._farewell is None:
            self._farewell = farewell
            self.inbox.clear()

    def _act(self, phase: str, call: Call) -> bool:
        kind = call.message.get("type") if isinstance(call.message, Mapping) else None
        acted = False
        for moment, act in self.plans:
            if isinstance(moment, Moment) and moment.fits(phase, call.side, call.number, kind):
                act()
                acted = True
        return acted

    async def _reach(self, phase: str, call: Call) -> bool:
        acted = self._act(phase, call)
        if acted:
            await checkpoint()  # a cancellation arrives here, within the call
        return acted

    @contextmanager
    def _call(self, side: Literal["receive", "send"]) -> Iterator[Call]:
        if side == "send":
            call = Call(side, len(self.sends) + 1, late=self.result.ended)
            self.sends.append(call)
        else:
            self._receives += 1
            call = Call(side, self._receives, late=self.result.ended)
        self.result.calls.append(call)
        self.pending.append(call)
        self.notify()
        try:
            yield call
        except BaseException as error:
            call.raised = error
            raise
        finally:
            call.returned = True
            self.pending.remove(call)
            self.notify()


async def _react(reaction: Reaction) -> None:
    if reaction == "hang":
        await anyio.sleep_forever()
    elif reaction != "ignore":
        raise reaction("the connection is closed")


def kind_of(message: Any) -> str:
    """Name a message by its type, and what is no message by itself."""
    kind = message.get("type") if isinstance(message, Mapping) else message
    # The type may be a member of an Enum of strings: its value is meant.
    return str.__str__(kind) if isinstance(kind, str) else repr(kind)
