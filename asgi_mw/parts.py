"""What a request and a response are made of: headers and bodies, as octets and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.messages import STARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.events import Direction, Event, Exchange

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that only ask for something: RFC 9110 9.2.1."""
_PAYLOADS = ("body", "bytes", "text")


class Body(NamedTuple):
    """What was kept of the body of a request or a response.

    Attributes:
        data: What was kept.
        size: How many bytes there were.
        cut: Not all of them were kept.
        decoded: They were kept without their content coding.
    """

    data: bytes
    size: int
    cut: bool
    decoded: bool


def payload_in(message: Mapping[str, Any]) -> tuple[str, Any] | None:
    """The name and the value of the payload of *message*; ``None`` if it has none."""
    for name in _PAYLOADS:
        payload = message.get(name)
        if payload and isinstance(payload, (bytes, str)):
            return name, payload
    return None


def payload_of(event: Event) -> bytes | None:
    """What was kept of the payload of *event*; ``None`` if it has none."""
    found = payload_in(event.message)
    return None if found is None else octets(found[1])


def payloads(exchange: Exchange, direction: Direction) -> bytes:
    """What was kept of all payloads in one direction, joined."""
    events = (one for one in exchange.events if one.direction == direction)
    return b"".join(payload_of(one) or b"" for one in events)


def body_of(exchange: Exchange, direction: Direction) -> Body:
    """The HTTP body that went in one direction; of a WebSocket, that of a refused handshake."""
    parts = [one for one in exchange.events if one.direction == direction and "http." in one.type]
    missing = 0
    if exchange.type == "http":
        missing = exchange.missing.sent if direction == "send" else exchange.missing.received
    return Body(
        b"".join(payload_of(one) or b"" for one in parts),
        sum(one.size for one in parts) + missing,
        exchange.gap is not None or any(one.truncated for one in parts),
        any(one.message.get("decoded") for one in parts),
    )


def headers_of(exchange: Exchange, direction: Direction) -> list[tuple[bytes, bytes]]:
    """The headers of the request (``"receive"``) or the response; what is no pair is left out."""
    if direction == "receive":
        return pairs_of(exchange.scope)
    return next((pairs_of(one.message) for one in exchange.events if one.type in STARTS), [])


def is_event_stream(exchange: Exchange) -> bool:
    """Whether the app answered with Server-Sent Events."""
    return any(
        name.lower() == b"content-type" and value.lower().startswith(b"text/event-stream")
        for name, value in headers_of(exchange, "send")
    )


def pairs_of(holder: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """The headers of a scope or a message that was recorded; what is no pair is left out.

    >>> pairs_of({"headers": [[b"Host", b"a"], 3, "no"]})
    [(b'Host', b'a')]
    """
    found: Any = holder.get("headers")
    pairs = found if isinstance(found, (list, tuple)) else ()
    return [
        (octets(pair[0]), octets(pair[1]))
        for pair in pairs
        if isinstance(pair, (list, tuple)) and len(pair) == 2
    ]


def octets(value: object) -> bytes:
    """*value*, if it is octets or text; empty for anything else."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value if isinstance(value, bytes) else b""


def utf8(data: bytes) -> str | None:
    """*data* as text; ``None`` if it is no UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def readable(data: bytes) -> str:
    r"""*data* as text, be it UTF-8 or not.

    >>> readable("é".encode()), readable(b"\xe9")
    ('é', 'é')
    """
    text = utf8(data)
    return data.decode("latin-1") if text is None else text
