"""Send what is left as the server stops: a layer that shuts the telemetry down."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio.to_thread

from asgi_mw.errors import Problems
from asgi_mw.layers import middleware
from asgi_mw.otlp.telemetry import Telemetry

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send

_log = logging.getLogger("asgi_mw")
_ENDS = ("lifespan.shutdown.complete", "lifespan.shutdown.failed")


@middleware(kind="otlp")
def exporting(app: App, *, telemetry: Telemetry) -> App:
    """Shut *telemetry* down once *app* shut down, before the server is told so.

    A server may end by the signal that stopped it, as uvicorn does: what runs at the exit of
    the interpreter would never run.  An app that gives up on the lifespan without an answer, as
    Django does, is answered for: else the server would not say that it stops.

    Args:
        telemetry: What `configure` returned.

    Raises:
        ConfigError: *telemetry* is something else.
    """
    problems = Problems("exporting")
    if not isinstance(telemetry, Telemetry):
        mend = "write telemetry=configure(service_name='shop')"
        problems.add("telemetry", telemetry, "is not what configure returns", mend)
    problems.check()

    async def exported(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        received, answered = 0, False

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += 1
            return message

        async def send_last(message: Message) -> None:
            nonlocal answered
            answered = True
            if message["type"] in _ENDS:
                # Not cancelled: a thread would be left behind, and it ends in time
                await anyio.to_thread.run_sync(telemetry.shutdown)
            await send(message)

        try:
            await app(scope, receive_counted, send_last)
        except Exception as error:
            if answered:
                raise
            _log.info("asgi_mw.otlp: the app knows no lifespan, we answer for it (%r)", error)
        if not answered:
            if not received:
                await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send_last({"type": _ENDS[0]})

    return exported
