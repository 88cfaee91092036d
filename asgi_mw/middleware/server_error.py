"""Answer for an app that raised, so that the answer has what the other layers put on it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from asgi_mw.awaiting import awaited
from asgi_mw.layers import middleware
from asgi_mw.messages import send_plain

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from asgi_mw.types import A, Message, Receive, Scope, Send

# RFC 9112 9.6: without it, the client may send its next request as the connection is closed
_CLOSE = ((b"connection", b"close"),)
_WHY = "its 500 would not pass through what stands inside it"
_START, _BODY = "http.response.start", "http.response.body"
_PARTS = (_BODY, "http.response.zerocopysend", "http.response.pathsend")


@middleware(innermost=_WHY)
@awaited("send_noted")
def server_error(app: A) -> A:
    """Send a plain 500 when *app* raises before ``http.response.start``, then raise again.

    Without it the server makes that answer, outside of every layer: no request id, no CORS
    headers, no timing.  The same exception goes on, so that the server logs it.  Servers then
    close the connection, so on HTTP/1 the response says ``connection: close``.

    A response that has started cannot be taken back.  But a server may hold the start until the
    body begins (the specification allows it), and answer itself if *app* raises before.  So the
    layer sends an empty part of the body, and the client sees a response that is cut, with all
    its headers.

    Cancellation is not an error and passes; so do WebSocket and lifespan.  Put it innermost.

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
        begun = sent = parted = False

        async def send_start(message: Message) -> None:
            nonlocal sent
            await send(message)
            sent = True

        def send_noted(message: Message) -> Awaitable[None]:
            nonlocal begun, parted
            kind = message.get("type")
            if kind == _START:
                begun = True
                return send_start(message)
            if kind in _PARTS:
                parted = True
            return send(message)

        try:
            await app(scope, receive, send_noted)
        except Exception:
            with suppress(Exception):  # the client left; what the app raised matters more
                if not begun:
                    version = str(scope.get("http_version", "1.1"))
                    more = _CLOSE if version.startswith("1") else ()
                    await send_plain(send, 500, "Internal Server Error", more)
                elif sent and not parted:
                    await send({"type": _BODY, "body": b"", "more_body": True})
            raise

    return cast("A", answered)
