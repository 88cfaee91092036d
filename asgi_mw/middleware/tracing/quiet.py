"""Call an app so that nothing inside of it traces: what is skipped is silent as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.context import attach, detach, get_current

from asgi_mw.messages import STARTS
from asgi_mw.routes import KEY, holder, publish
from asgi_mw.telemetry.others import QUIET

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from asgi_mw.types import App, Message, Receive, Scope, Send


async def quiet(app: App, scope: Scope, receive: Receive, send: Send, context: Context) -> None:
    """Call *app* in *context*, with the keys by which other tracers leave a connection alone."""
    shared = holder(scope)
    shared.traced = True
    inner = {**QUIET, **scope, KEY: shared}

    async def send_published(message: Message) -> None:
        if message.get("type") in STARTS:
            publish(inner, shared)
        await send(message)

    token = attach(context)
    closed = False
    try:
        await app(inner, receive, send_published)
    except GeneratorExit:
        closed = True
        raise
    finally:
        publish(inner, shared)
        # A call that nobody awaits any more may be closed in a context of its own
        if not closed or get_current() is context:
            detach(token)
