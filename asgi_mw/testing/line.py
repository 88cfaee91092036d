"""One connection as its server sees it: what may still pass between client and app."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anyio
from anyio.lowlevel import checkpoint

from asgi_mw.testing.course import Course, flaw

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.testing.behaviour import Behaviour, Reaction
    from asgi_mw.types import Message

# Turns of the event loop for what could go on when the time is up
_TURNS = 100


class Line:
    """The state behind ``receive`` and ``send``, and what they do once the connection is over.

    Args:
        kind: ``scope["type"]``.
        behaviour: How the server answers where servers differ.

    Attributes:
        inbox: What the app is going to be given.
        received: How many of the messages of the inbox the app received.
        complete: Whether the app completed its response or closed its WebSocket.
        disconnected: Whether the client left before that.
        cancel: Cancels the app.
    """

    def __init__(self, kind: str, behaviour: Behaviour) -> None:
        self.inbox: deque[Message] = deque()
        self.received = 0
        self.complete = self.disconnected = False
        self.cancel: Callable[[], None] = lambda: None
        self._behaviour = behaviour
        self._course = Course(kind)
        self._farewell: Message | None = None  # the disconnect, once the connection is over
        self._told = False  # whether the app received it
        self._changed: anyio.Event | None = None  # made when somebody waits

    @property
    def over(self) -> bool:
        """Whether nothing more passes."""
        return self._farewell is not None

    async def change(self) -> None:
        """Wait until something happens on the connection, once."""
        if self._changed is None:
            self._changed = anyio.Event()
        await self._changed.wait()

    async def changed(self) -> None:
        """Wait as `change` does; for a caller that waits in a loop."""
        await self.change()
        # On asyncio, a task that is woken in every turn of the event loop is never found waiting,
        # and so never cancelled.  This checkpoint lets it be cancelled.
        await checkpoint()

    async def until(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait until something *happened*; ``False`` if it does not in so many *seconds*.

        The machine may have stood still for as long, and the app with it.  So an app that could
        go on still gets some turns when the time is up.
        """
        with anyio.move_on_after(seconds):
            while not happened():
                await self.changed()
            return True
        for _ in range(_TURNS):
            if happened():
                return True
            await checkpoint()
        return False

    def notify(self) -> None:
        """Wake all that wait for a change."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None

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
                return not self._told and not self.complete

    def next_message(self) -> Message:
        """Take the message that ``receive`` returns; there must be one."""
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

    async def accept(self, message: Any) -> bool:
        """Take *message*, read by `consumed`, from the app; return whether it is passed on.

        Raises:
            BaseException: The behaviour's exception for a message that is wrong or too late.
        """
        if self._farewell is not None:
            await _react(self._too_late())
            return False
        refuse = self._behaviour.invalid_send
        if refuse is not None and (wrong := flaw(message)):
            raise refuse(f"{kind_of(message)}: {wrong}")
        if not self._course.advance(message) and refuse is not None:
            raise refuse(f"unexpected {kind_of(message)}")
        if self._course.phase == "complete":
            self.complete = True
            code, reason = 1006, ""
            if message["type"] == "websocket.close":
                code, reason = message.get("code", 1000), message.get("reason") or ""
            self._close(self._disconnect_message(code, reason))
        return True

    def leave(self, code: int = 1006, reason: str = "") -> None:
        """Let the client leave, unless the connection is over already."""
        self._leave(self._disconnect_message(code, reason))

    def end(self) -> None:
        """Let nothing more pass: the app's call has ended."""
        self._close(self._disconnect_message(1006, ""))
        self.notify()

    def _too_late(self) -> Reaction:
        if self.complete:
            return self._behaviour.send_after_complete
        if self._course.kind == "websocket":
            return self._behaviour.websocket_send_after_disconnect
        return self._behaviour.http_send_after_disconnect

    def _disconnect_message(self, code: int, reason: str) -> Message:
        kind = f"{self._course.kind}.disconnect"
        if self._course.kind == "websocket":
            return {"type": kind, "code": code, "reason": reason}
        return {"type": kind}

    def _leave(self, message: Message) -> None:
        if self._farewell is not None:
            return
        self.disconnected = True
        self._close(message)
        if self._behaviour.cancel_on_disconnect:
            self.cancel()
        self.notify()

    def _close(self, farewell: Message) -> None:
        if self._farewell is None:
            self._farewell = farewell
            self.inbox.clear()


async def _react(reaction: Reaction) -> None:
    if reaction == "hang":
        await anyio.sleep_forever()
    elif reaction != "ignore":
        raise reaction("the connection is closed")


def was_asked_for(error: BaseException) -> bool:
    """Whether *error* is a cancellation that a scope asked for, not one that the app made up."""
    return (
        isinstance(error, anyio.get_cancelled_exc_class())
        and anyio.current_effective_deadline() == -math.inf
    )


def kind_of(message: Any) -> str:
    """Name a message by its type, and a value that is no message by its own text."""
    kind = message.get("type") if isinstance(message, Mapping) else message
    # The type may be a member of an Enum of strings: its value is meant.
    return str.__str__(kind) if isinstance(kind, str) else repr(kind)
