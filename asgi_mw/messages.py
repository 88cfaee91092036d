"""Read and build ASGI messages.

The tables of messages are in the `HTTP and WebSocket specification
<https://asgi.readthedocs.io/en/latest/specs/www.html>`_, those of extensions in `Extensions
<https://asgi.readthedocs.io/en/latest/extensions.html>`_.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.types import Message, Send

# The messages that begin a response; together with ``websocket.accept``, all that bring headers
RESPONSE_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})
STARTS = RESPONSE_STARTS | {"websocket.accept"}
# What has a ``body``
BODIES = frozenset({"http.request", "http.response.body", "websocket.http.response.body"})


def payload_size(message: Message) -> int:
    """Bytes of payload in *message*: its ``body``, ``bytes`` or ``text`` (as UTF-8).

    >>> payload_size({"type": "websocket.send", "text": "é"})
    2
    """
    payload = message.get("body") or message.get("bytes") or message.get("text")
    if payload.__class__ is bytes:
        return len(payload)
    if not payload:
        return 0
    if payload.__class__ is str:
        return len(payload) if payload.isascii() else len(payload.encode("utf-8", "surrogatepass"))
    if payload.__class__ is memoryview:
        return int(payload.nbytes)
    try:
        return len(payload)
    except TypeError:  # no payload at all: for the server to refuse
        return 0


async def send_plain(
    send: Send, status: int, text: str, more: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Answer with *status* and *text* as ``text/plain``, and with *more* headers."""
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
