"""Send what is left when the server stops: a layer that shuts the telemetry down."""

from __future__ import annotations

import logging
from inspect import ismethod
from typing import TYPE_CHECKING, cast

import anyio.to_thread

from asgi_mw.chains import PART_OF, peek, walk
from asgi_mw.errors import Problems
from asgi_mw.layers import middleware
from asgi_mw.otlp.telemetry import Telemetry

if TYPE_CHECKING:
    from asgi_mw.types import A, App, Message, Receive, Scope, Send

_log = logging.getLogger("asgi_mw")
_ENDS = ("lifespan.shutdown.complete", "lifespan.shutdown.failed")
# Frameworks wrap these inner apps in their own middleware; only their outer app gets the lifespan
_WITHOUT = ("litestar.", "nexios.routing.")
_WITH = ("litestar.app", "nexios.application")


@middleware(kind="otlp")
def exporting(app: A, *, telemetry: Telemetry) -> A:
    """Shut *telemetry* down when *app* has shut down, before the server gets the answer.

    A server may end with the signal that stopped it, as uvicorn does: then nothing runs at the
    exit of the interpreter.  Some apps leave the lifespan without an answer, as Django does, or
    after their answer to the startup, as FastASGI does.  This layer answers for them: otherwise
    the server would send no ``lifespan.shutdown``.

    So put it where the lifespan passes: around the app that is served.  Inside a mounted app it
    gets no lifespan, and logs a warning at the first request.

    Args:
        telemetry: What `configure` returned.

    Raises:
        ConfigError: *telemetry* is something else, or *app* is a part of a framework that gets no
            lifespan, as in Litestar's ``DefineMiddleware`` and Nexios' ``wrap_asgi``.
    """
    problems = Problems("exporting")
    if not isinstance(telemetry, Telemetry):
        mend = "write telemetry=configure(service_name='shop')"
        problems.add("telemetry", telemetry, "is not what configure returns", mend)
    if framework := _without_lifespan(app):
        reason = f"{framework} gives its own middleware no lifespan, so that it would never stop"
        mend = "put it around the app: stack(app, layer(exporting, ...))"
        problems.add("app", app, reason, mend)
    problems.check()
    heard = said = False
    earlier: _Course | None = None

    async def exported(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal heard, said, earlier
        if scope["type"] != "lifespan":
            if not heard:
                heard = True
                _log.warning(_UNHEARD)
            await app(scope, receive, send)
            return
        if earlier is not None and earlier.stopped and not said:
            said = True
            _log.warning(_AGAIN)
        heard = True
        course = earlier = _Course(receive, send, telemetry)
        try:
            await app(scope, course.receive, course.send)
        except Exception as error:
            if course.answered:
                await course.await_end()
                raise
            _log.info("asgi_mw.otlp: the app knows no lifespan, we answer for it (%r)", error)
        if not course.answered:
            if not course.received:
                await course.receive()
            await course.send({"type": "lifespan.startup.complete"})
        if await course.await_end():
            await send({"type": _ENDS[0]})

    return cast("A", exported)


_UNHEARD = (
    "asgi_mw.otlp: no lifespan reached exporting: what is not sent yet when a signal ends the "
    "server is lost; put it around the app that is served, with the server's lifespan on"
)
_AGAIN = (
    "asgi_mw.otlp: a lifespan begins after another has ended, as mangum does for each request, and "
    "the telemetry was shut down with that: nothing is sent any more; leave exporting out, and "
    "flush the providers where the requests end"
)


class _Course:
    """How far the lifespan came.

    Attributes:
        received: The type of the last message that the app received.
        answered: The app sent something.
        stopped: The telemetry was shut down.
    """

    def __init__(self, receive: Receive, send: Send, telemetry: Telemetry) -> None:
        self.received = ""
        self.answered = self.stopped = False
        self._runs = False
        self._receive = receive
        self._send = send
        self._telemetry = telemetry

    async def receive(self) -> Message:
        message = await self._receive()
        self.received = message["type"]
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        if message["type"] in _ENDS:
            await self._stop()
        self._runs = message["type"] == "lifespan.startup.complete"
        await self._send(message)

    async def await_end(self) -> bool:
        """Wait for the shutdown in the place of an app that left early; return whether it did."""
        if not self._runs:
            return False
        while self.received != "lifespan.shutdown":
            await self.receive()
        await self._stop()
        return True

    async def _stop(self) -> None:
        self.stopped = True
        # Not cancelled: that would leave a thread behind, and the thread ends in time anyway
        await anyio.to_thread.run_sync(self._telemetry.shutdown)


def _without_lifespan(app: App) -> str:
    """The framework in which *app* is a part that gets no lifespan; empty if none is known."""
    for one in walk(app):
        whole = peek(one, PART_OF, one)  # where it is installed in the app itself
        owner = type(whole.__self__ if ismethod(whole) else whole)
        modules = [kind.__module__ for kind in owner.__mro__]
        if not {*modules}.isdisjoint(_WITH):
            return ""
        if any(module.startswith(_WITHOUT) for module in modules):
            return modules[0].partition(".")[0].title()
    return ""
