"""What two exchanges have of a body or a message, in as far as both were kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from asgi_mw.parts import body_of, payload_of

if TYPE_CHECKING:
    from asgi_mw.events import Direction, Event, Exchange


def bodies(left: Exchange, right: Exchange, direction: Direction) -> tuple[bytes, bytes]:
    """Both bodies; of one of which only the beginning was kept, that much of the other as well.

    Where neither was kept, but what they were is known by size and digest, they are that.
    """
    left, right = _heard(left), _heard(right)
    one, other = body_of(left, direction), body_of(right, direction)
    if not (one.cut or other.cut):
        return one.data, other.data
    shorter = min(len(one.data), len(other.data))
    both = one.data[:shorter], other.data[:shorter]
    if not shorter and one.size == other.size:
        parts = _parts(left, direction), _parts(right, direction)
        if len(set(map(_sizes, parts))) == 1:  # else each digest is of something else
            return b"\n".join(map(_digest, parts[0])), b"\n".join(map(_digest, parts[1]))
    whole = left.gap is None and right.gap is None  # else nobody knows how long it was
    if whole and both[0] == both[1] and one.size != other.size:
        return b"%d bytes" % one.size, b"%d bytes" % other.size
    return both


def messages(left: Exchange, right: Exchange) -> tuple[list[bytes], list[bytes]]:
    """The payloads that both sent on a WebSocket, in the same way."""
    both = [
        [one for one in exchange.events if one.type == "websocket.send"]
        for exchange in (left, right)
    ]
    found: tuple[list[bytes], list[bytes]] = ([], [])
    for payloads, events, others in zip(found, both, reversed(both), strict=True):
        for place, event in enumerate(events):
            payload = _payload(event)
            # What has no counterpart in its place was not cut for one
            if place < len(others) and (event.truncated or others[place].truncated):
                payload = payload[: len(_payload(others[place]))]
            payloads.append(payload)
    return found


def _heard(exchange: Exchange) -> Exchange:
    """*exchange* without what its app sent to a client that had left: how much is chance."""
    gone = (one.returned for one in exchange.events if one.type == "http.disconnect")
    left = next(gone, None) if exchange.outcome == "client_gone" else None
    if left is None:
        return exchange
    heard = (one for one in exchange.events if one.direction == "receive" or one.called < left)
    return replace(exchange, events=tuple(heard))


def _payload(event: Event) -> bytes:
    payload = payload_of(event) or b""
    return payload or (_digest(event) if event.size else b"")


def _parts(exchange: Exchange, direction: Direction) -> list[Event]:
    events = (one for one in exchange.events if one.direction == direction and one.size)
    return [one for one in events if "http." in one.type]


def _sizes(parts: list[Event]) -> tuple[int, ...]:
    return tuple(one.size for one in parts)


def _digest(event: Event) -> bytes:
    return f"{event.size} bytes, SHA-256 {str(event.message.get('sha256', '?'))[:16]}".encode()
