"""The wire: plays a server to one app on one connection, step by step or by script."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Self

import anyio
from anyio.lowlevel import checkpoint

from asgi_mw.amounts import plural
from asgi_mw.errors import AsgiMwError
from asgi_mw.seen import seen
from asgi_mw.testing.behaviour import Behaviour
from asgi_mw.testing.connection import Connection
from asgi_mw.testing.line import kind_of, was_asked_for
from asgi_mw.testing.result import Result, snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from types import TracebackType

    from asgi_mw.testing.behaviour import Moment
    from asgi_mw.testing.result import Call
    from asgi_mw.types import AnyApp, Message, Scope


class WireError(AsgiMwError, AssertionError):
    """What the test waits for does not happen: the app hangs or has ended without doing it.

    The text says where the app is and what it sent so far.

    Attributes:
        result: The facts up to that point.
    """

    def __init__(self, text: str, result: Result) -> None:
        self.result = result
        super().__init__(text)


class Wire:
    """A server's end of one connection: gives *app* its events, takes what it sends.

    Use it as ``async with Wire(app, scope) as wire:``.  The app runs in a task of its own, which
    starts with a copy of the caller's context variables: it sees them, and the caller does not
    see what it sets.  An exception that leaves the app is kept in ``wire.result.raised`` and
    never raised here.
    Leaving the block cancels an app that still runs, and waits for its end: no task is left.
    Cancellation is that of anyio and trio: until the app ends, every further ``await`` is
    cancelled too, unless shielded.

    The wire gives only what the test gives it, and answers nothing in the app's place: an app
    that raises before it responds leaves a result without status.  The wire changes no message
    that the app sends.

    Args:
        app: Any ASGI 3 app.
        scope: Handed to the app as the object it is; see `http_scope` and its siblings.
        messages: Given to the app one by one as it calls ``receive``.
        behaviour: How the server answers where servers differ.
        disconnect: When the client leaves: a moment of the connection, or an event of the test.
        cancel: When the server cancels the app.
        on_send: Awaited inside ``send`` once the message was taken, as a server awaits a slow
            client; it is called with the app's own message.
        on_receive: Awaited inside ``receive`` before anything is given; ``event.wait`` holds the
            app there until the test sets the event.
        send_errors: Exceptions that ``send`` raises, by the number of its call from 1.
        timeout: Seconds after which waiting for the app fails with `WireError`.
        snapshots: ``False`` saves a sixth of the time, for tests that do not ask whether a scope
            or a message was changed later: ``result`` has the objects that passed.
    """

    def __init__(
        self,
        app: AnyApp,
        scope: Scope,
        *,
        messages: Iterable[Message] = (),
        behaviour: Behaviour | None = None,
        disconnect: Moment | anyio.Event | None = None,
        cancel: Moment | anyio.Event | None = None,
        on_send: Callable[[Any], Awaitable[object]] | None = None,
        on_receive: Callable[[], Awaitable[object]] | None = None,
        send_errors: Mapping[int, BaseException] | None = None,
        timeout: float = 5.0,
        snapshots: bool = True,
    ) -> None:
        self.result = Result(scope, snapshot(scope) if snapshots else {**scope})
        self._app = app
        self._timeout = timeout
        self._taken = 0
        self._line = Connection(
            self.result,
            behaviour=behaviour or Behaviour(),
            on_send=on_send,
            on_receive=on_receive,
            send_errors=send_errors or {},
            snapshots=snapshots,
        )
        self._line.inbox.extend(messages)
        self._line.cancel = self.cancel
        self._line.plans = [(disconnect, self._line.leave), (cancel, self.cancel)]

    async def __aenter__(self) -> Self:
        """Call the app."""
        self._app_scope = anyio.CancelScope()
        self._tasks = await anyio.create_task_group().__aenter__()
        for moment, act in self._line.plans:
            if isinstance(moment, anyio.Event):
                self._tasks.start_soon(_when, moment, act)
        self._tasks.start_soon(self._run)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Cancel the app if it still runs, and wait for its end."""
        self.cancel()
        self._tasks.cancel_scope.cancel()
        if isinstance(error, anyio.get_cancelled_exc_class()):
            return await self._tasks.__aexit__(kind, error, traceback)
        # A task group would wrap the test's own exception in a group.
        await self._tasks.__aexit__(None, None, None)
        return None

    async def give(self, *messages: Message) -> None:
        """Give the app *messages*, and wait until it has received them all.

        Raises:
            WireError: The app does not call ``receive``, or has ended.
        """
        wanted = self._line.received + len(self._line.inbox) + len(messages)
        self.queue(*messages)
        await self._until(
            lambda: self._line.received >= wanted, "the app to receive what it was given"
        )

    def queue(self, *messages: Message) -> None:
        """Have *messages* ready for when the app calls ``receive``."""
        self._line.inbox.extend(messages)
        self._line.notify()

    async def take(self) -> Any:
        """Wait for the next message that the app sends, and give a snapshot of it.

        Raises:
            WireError: The app sends nothing more.
        """
        await self._until(self._has_sent, "the app to send another message")
        self._taken += 1
        return self._line.sends[self._taken - 1].message

    def _has_sent(self) -> bool:
        following = self._line.sends[self._taken : self._taken + 1]
        return any(call.delivered or call.returned for call in following)

    async def disconnect(self, code: int = 1005, reason: str = "") -> None:
        """Let the client leave now; what was on its way to the app is lost.

        Args:
            code: For a WebSocket, the code of the client's close.
            reason: For a WebSocket, its reason.
        """
        self._line.leave(code, reason)
        await checkpoint()

    def cancel(self) -> None:
        """Cancel the app's task, as a server does on shutdown; nothing if it has ended."""
        if not self.result.ended:
            self.result.cancelled = True
            self._app_scope.cancel()

    async def until_receiving(self) -> None:
        """Wait until the app awaits ``receive`` and there is nothing to give.

        Raises:
            WireError: The app does something else, or has ended.
        """
        await self._until(
            lambda: (
                any(call.side == "receive" for call in self._line.pending)
                and not self._line.has_message()
            ),
            "the app to await receive",
        )

    async def finished(self) -> Result:
        """Wait until the app's call is over, and give the result.

        Raises:
            WireError: It does not end in time.
        """
        await self._until(lambda: self.result.ended, "the app to end")
        return self.result

    def where(self) -> str:
        """Say in words what the app is doing now and what it has sent."""
        if self.result.ended:
            raised = self.result.raised
            doing = "has returned" if raised is None else f"has raised {raised!r}"
        elif self._line.pending:
            doing = "is awaiting " + " and ".join(map(_named, self._line.pending))
        else:
            doing = "is awaiting neither receive nor send"
        count = len(self._line.sends)
        sent = f"{plural(count, 'message')} sent so far"
        last = [kind_of(call.message) for call in self._line.sends[-5:]]
        return f"the app {doing}; {sent}: {', '.join(last if count <= 5 else ['…', *last])}"

    async def _run(self) -> None:
        result = self.result
        with self._app_scope:
            try:
                await seen(self._app)(result.scope, self._line.receive, self._line.send)
                result.returned = True
            except BaseException as error:  # whatever leaves the app belongs into the result
                result.raised = error
                # A cancellation belongs to the scope that asked for it; the app's own
                # KeyboardInterrupt does not.
                if was_asked_for(error):
                    raise
            finally:
                result.ended = True
                result.context = copy_context()
                self._line.end()

    async def _until(self, happened: Callable[[], bool], what: str) -> None:
        def is_done() -> bool:
            if happened():
                return True
            if self.result.ended:
                text = f"no use waiting for {what}: {self.where()}"
                raise WireError(text, self.result) from self.result.raised
            return False

        if not await self._line.until(is_done, self._timeout):
            text = f"waited {self._timeout:g} s in vain for {what}: {self.where()}"
            raise WireError(text, self.result)


async def _when(event: anyio.Event, act: Callable[[], None]) -> None:
    await event.wait()
    act()


def _named(call: Call) -> str:
    of = f" of {kind_of(call.message)}" if call.side == "send" else ""
    return f"{call.side}{of} (call {call.number})"
