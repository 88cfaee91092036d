"""Answer for an app that raised before it said anything, so that other layers can decorate it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from asgi_mw.awaiting import awaited
from asgi_mw.layers import middleware
from asgi_mw.messages import send_plain

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from asgi_mw.types import App, Message, Receive, Scope, Send

_WHY = "its 500 would not pass through what stands inside it"


@middleware(innermost=_WHY)
@awaited("send_noted")
def server_error(app: App) -> App:
    """Send a plain 500 when *app* raises before ``http.response.start``, then raise on.

    Without it the server makes that answer, outside of every layer: no request id, no CORS
    headers, no timing.  The exception goes on, the same object, so that the server logs it.
    Cancellation is no error and passes; so do WebSocket and lifespan.  Stand it innermost.

    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     raise ValueError("no such luck")
    >>> result = run(request(server_error(app), "GET", "/"))
    >>> result.status, result.raised
    (500, ValueError('no such luck'))
    """

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        begun = False

        def send_noted(message: Message) -> Awaitable[None]:
            nonlocal begun
            if message.get("type") == "http.response.start":
                begun = True
            return send(message)

        try:
            await app(scope, receive, send_noted)
        except Exception:
            if not begun:
                with suppress(Exception):  # the client left; what the app raised matters more
                    await send_plain(send, 500, "Internal Server Error")
            raise

    return answered
