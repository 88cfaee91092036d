"""One connection of a client to the app: what one side sends waits until the other takes it."""

from __future__ import annotations

from collections import deque
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
from anyio.lowlevel import checkpoint

from asgi_mw.seen import seen
from asgi_mw.testing.line import Line, kind_of, was_asked_for
from asgi_mw.testing.result import read
from asgi_mw.testing.transport.errors import TransportError
from asgi_mw.testing.transport.files import FILES, pieces

if TYPE_CHECKING:
    from asgi_mw.testing.behaviour import Behaviour
    from asgi_mw.testing.transport.upload import Upload
    from asgi_mw.types import AnyApp, Message, Scope

# Messages that no HTTP client shows
_ASIDE = frozenset({"http.response.early_hint", "http.response.debug", "http.response.push"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every connection of a transport; `Transport` describes the fields."""

    app: AnyApp
    behaviour: Behaviour
    disconnect_after: int | None
    raises: bool
    timeout: float


class Serving(Line):
    """One connection, and the app's call that serves it.

    Attributes:
        scope: What the app is called with.
        begun: The message that began the response, or closed a WebSocket before it was open.
        sent: What the app sent after it and the client has not taken: one message at most.
        ended: Whether the app's call is over.
        raised: The exception that left it.
        failure: The exception that kept the client from sending its request.
        receiving: How many calls of ``receive`` wait.
        upload: The request body, if it is streamed.
        stuck: Whether the app did not end in time.
    """

    def __init__(self, scope: Scope, terms: Terms) -> None:
        super().__init__(scope["type"], terms.behaviour)
        self.scope = scope
        self.terms = terms
        self.begun: Message | None = None
        self.sent: deque[Message] = deque()
        self.ended = self.stuck = False
        self.raised: BaseException | None = None
        self.failure: BaseException | None = None
        self.receiving = 0
        self.upload: Upload | None = None
        self._left_to_take = terms.disconnect_after

    # For the app ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Call the app."""
        if not self.terms.behaviour.cancel_on_disconnect:
            await self._call()
            return
        with anyio.CancelScope() as own:
            self.cancel = own.cancel
            if self.disconnected:
                own.cancel()
            await self._call()

    async def _call(self) -> None:
        try:
            await seen(self.terms.app)(self.scope, self.receive, self.send)
        except BaseException as error:  # the client raises it
            if was_asked_for(error):
                raise
            self.raised = error
        finally:
            self.ended = True
            self.end()

    async def receive(self) -> Message:
        """Be the app's ``receive``."""
        if self.over:
            await checkpoint()  # an app that receives in a loop would hold the event loop
        if not self.has_message():
            self.receiving += 1
            try:
                while not self.has_message():
                    if self.upload is not None:
                        self.upload.wanted()
                    await self.changed()
            finally:
                self.receiving -= 1
        return self.next_message()

    async def send(self, message: Any) -> None:
        """Be the app's ``send``: it waits until the client has taken what was sent before."""
        message = read(message)
        if kind_of(message) in FILES:
            async with aclosing(pieces(message)) as parts:
                async for part in parts:
                    await self.send(part)
            return
        while self.sent and not self.over:
            await self.changed()
        if self.over:
            await checkpoint()
        if not await self.accept(message) or message["type"] in _ASIDE:
            return
        if self.begun is None:
            self.begun = message
            if self._left_to_take == 0:
                self.leave()
        else:
            self.sent.append(message)
        self.notify()

    # For the client -------------------------------------------------------------------------

    def fail(self, error: BaseException) -> None:
        """Let the client leave: its request raised *error*."""
        self.failure = error
        self.leave()

    async def head(self) -> Message | None:
        """Wait for the message that begins the response; ``None`` if none comes."""
        try:
            while self.begun is None and not self.ended and self.failure is None:
                await self.change()
        except BaseException:
            self.leave()
            raise
        return self.begun if self.failure is None else None

    async def take(self) -> Message | None:
        """Take the next message; ``None`` when no more comes, or the client has left."""
        if self._left_to_take == 0:
            return None
        while not self.sent:
            if self.over and (self.complete or self.disconnected or self.ended):
                return None
            await self.changed()
        message = self.sent.popleft()
        if self._left_to_take is not None:
            self._left_to_take -= 1
            if self._left_to_take == 0:
                self.leave()
        self.notify()
        return message

    async def finish(self) -> None:
        """Wait for the end of the app's call, and raise what left it.

        Raises:
            TransportError: It does not end in time.
        """
        waits = not (self.ended or self.stuck)
        if waits and not await self.until(lambda: self.ended, self.terms.timeout):
            self.stuck = True
            why = "the client left" if self.disconnected else "the response was complete"
            raise TransportError(
                f"{self._name()}: {why}, and {self.terms.timeout:g} s later the app still "
                "runs; if it may take longer, give Transport a longer timeout"
            )
        self.check()

    def check(self) -> None:
        """Raise, once, what left the app, or what kept the client from sending.

        What left the app is not raised if the client left first.
        """
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        if self.raised is not None and self.terms.raises and not self.disconnected:
            raised, self.raised = self.raised, None
            raise raised

    def incomplete(self) -> TransportError:
        """Say that the app returned too early."""
        missing = "without a response" if self.begun is None else "before its response was complete"
        return TransportError(f"{self._name()}: the app returned {missing}")

    def _name(self) -> str:
        return f"{self.scope.get('method', 'WebSocket')} {self.scope.get('path')}"

    def _close(self, farewell: Message) -> None:
        super()._close(farewell)
        if self.upload is not None:
            self.upload.stop()
