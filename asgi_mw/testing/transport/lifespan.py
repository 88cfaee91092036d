"""The app's lifespan: up before the first request, down after the last."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from asgi_mw.testing.line import kind_of
from asgi_mw.testing.transport.errors import TransportError
from asgi_mw.testing.wire import Wire, WireError

if TYPE_CHECKING:
    from types import TracebackType

    from asgi_mw.types import AnyApp, Message, Scope

_UP = ("lifespan.startup.complete", "lifespan.startup.failed")


class Lifespan:
    """One start-up and one shutdown.

    Args:
        app: The app.
        scope: The scope that the app is called with; the app fills its ``state``.
        timeout: Seconds for each of the two.
    """

    def __init__(self, app: AnyApp, scope: Scope, timeout: float) -> None:
        self._scope = scope
        self._started = False
        self._wire = Wire(app, scope, messages=[{"type": "lifespan.startup"}], timeout=timeout)

    @property
    def state(self) -> dict[str, Any]:
        """What the app put into ``state`` as it started."""
        state: dict[str, Any] = self._scope.get("state", {})
        return state

    async def start(self) -> None:
        """Start the app; an app that raises or returns instead is served without a lifespan.

        Raises:
            TransportError: The app says that it failed, or says nothing in time.
        """
        await self._wire.__aenter__()
        try:
            await self._up()
        except BaseException as error:
            await self._wire.__aexit__(type(error), error, error.__traceback__)
            raise

    async def _up(self) -> None:
        wire = self._wire
        try:
            while kind_of(answer := await wire.take()) not in _UP:
                pass
        except WireError as error:
            if wire.result.ended:
                return
            raise TransportError(f"the app does not start: {error}") from None
        if kind_of(answer) == "lifespan.startup.failed":
            with suppress(WireError):  # it has ended, or never will
                await wire.until_receiving()
            raised = wire.result.raised
            raise TransportError(f"the app failed to start: {_reason(answer, raised)}") from raised
        self._started = True

    async def stop(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Shut the app down, whatever *error* the test raised; a cancellation cancels it, too.

        Raises:
            TransportError: The app failed to shut down, and there is no *error*.
        """
        try:
            problem = await self._down()
        finally:
            cancelled = await self._wire.__aexit__(kind, error, traceback)
        if problem is not None and error is None:
            raise problem from self._wire.result.raised
        return cancelled

    async def _down(self) -> TransportError | None:
        wire = self._wire
        if not self._started:
            return None
        wire.queue({"type": "lifespan.shutdown"})
        try:
            await wire.finished()
        except WireError as error:
            return TransportError(f"the app does not shut down: {error}")
        last = wire.result.sent[-1]
        if kind_of(last) == "lifespan.shutdown.failed" or wire.result.raised is not None:
            return TransportError(
                f"the app failed to shut down: {_reason(last, wire.result.raised)}"
            )
        return None


def _reason(message: Message, raised: BaseException | None) -> str:
    """The reason that the app gave: the last line of a traceback."""
    lines = str(message.get("message") or "").strip().splitlines()
    return lines[-1] if lines else repr(raised) if raised is not None else "it does not say why"
