"""The two callables that a server hands to an app, and every fact of the connection behind them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from anyio.lowlevel import checkpoint

from asgi_mw.testing.behaviour import Moment
from asgi_mw.testing.line import Line
from asgi_mw.testing.result import Call, consumed, read, snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from asgi_mw.testing.behaviour import Behaviour
    from asgi_mw.testing.result import Result
    from asgi_mw.types import Message


class Connection(Line):
    """One connection of which every call is noted; `Wire` describes the options.

    Attributes:
        plans: Moments, and what to do then.
        pending: The calls that the app is awaiting.
        sends: All calls of ``send``.
    """

    def __init__(
        self,
        result: Result,
        *,
        behaviour: Behaviour,
        on_send: Callable[[Any], Awaitable[object]] | None,
        on_receive: Callable[[], Awaitable[object]] | None,
        send_errors: Mapping[int, BaseException],
        snapshots: bool,
    ) -> None:
        super().__init__(str(result.scope.get("type")), behaviour)
        self.result = result
        self.plans: list[tuple[object, Callable[[], None]]] = []
        self.pending: list[Call] = []
        self.sends: list[Call] = []
        self._on_send, self._on_receive = on_send, on_receive
        self._send_errors = send_errors
        self._snapshots = snapshots
        self._receives = 0

    def notify(self) -> None:
        """Put the facts on record, then wake all that wait for a change."""
        self.result.complete, self.result.disconnected = self.complete, self.disconnected
        super().notify()

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
            message = self.next_message()
            call.original, call.delivered = message, True
            call.message = snapshot(message) if self._snapshots else message
            self.result.given.append(message)
            self.result.received.append(call.message)
            self._act("after", call)
            return message

    async def send(self, message: Any) -> None:
        """Be the app's ``send``."""
        with self._call("send") as call:
            # A server reads the message as it is at the call, before it waits for anything.
            call.original = message
            call.message = consumed(message) if self._snapshots else read(message)
            await checkpoint()
            await self._reach("before", call)
            if call.number in self._send_errors:
                raise self._send_errors[call.number]
            if await self.accept(call.message):
                call.delivered = True
                self.notify()
                if self._on_send is not None:
                    await self._on_send(message)
            await self._reach("during", call)
            self._act("after", call)

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
