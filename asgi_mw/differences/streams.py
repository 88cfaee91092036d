"""What an app said message by message: on a WebSocket, or as Server-Sent Events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.parts import body_of, headers_of, payload_of

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

# https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
_BETWEEN = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_FIELD = re.compile(rb"(?:\A|[\r\n])data(?::[ ]?([^\r\n]*))?")


def messages_of(exchange: Exchange) -> list[bytes] | None:
    """The payload of each message that the app sent; ``None`` if it sent none by itself."""
    if exchange.type == "websocket":
        return [
            payload_of(event) or b"" for event in exchange.events if event.type == "websocket.send"
        ]
    kinds = [value for name, value in headers_of(exchange, "send") if name == b"content-type"]
    if not any(kind.lower().startswith(b"text/event-stream") for kind in kinds):
        return None
    return [one for one in _BETWEEN.split(body_of(exchange, "send").data) if one.strip()]


def data_of(event: bytes) -> bytes:
    r"""The data of one Server-Sent Event.

    >>> data_of(b"event: price\ndata: [1,\ndata: 2]")
    b'[1,\n2]'
    """
    return b"\n".join(_FIELD.findall(event))
