"""The part of a body or of a message that was kept of both exchanges."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from asgi_mw.parts import body_of, payload_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.events import Direction, Event, Exchange


class Known(bytes):
    """A description of octets that were not kept, to be compared as a whole."""

    __slots__ = ()


def bodies(left: Exchange, right: Exchange, direction: Direction) -> tuple[bytes, bytes]:
    """Both bodies; if only the beginning of one was kept, only that much of the other as well.

    If neither was kept, but both are known by size and digest, they are `Known`.
    """
    left, right = _heard(left), _heard(right)
    one, other = body_of(left, direction), body_of(right, direction)
    if not (one.cut or other.cut):
        return one.data, other.data
    shorter = min(len(one.data), len(other.data))
    both = one.data[:shorter], other.data[:shorter]
    if not shorter and one.size == other.size:
        parts = _parts(left, direction), _parts(right, direction)
        if len(set(map(_sizes, parts))) == 1:  # digests of other pieces cannot be compared
            known = [_known(*pair) for pair in zip(*parts, strict=True)]
            return _joined(one for one, _ in known), _joined(other for _, other in known)
    if _sized(left) and _sized(right) and both[0] == both[1] and one.size != other.size:
        return Known(b"%d bytes" % one.size), Known(b"%d bytes" % other.size)
    return both


def messages(left: Exchange, right: Exchange) -> tuple[list[bytes], list[bytes]]:
    """The payloads that both apps sent on a WebSocket, cut as `bodies` cuts."""
    both = [
        [one for one in exchange.events if one.type == "websocket.send"]
        for exchange in (left, right)
    ]
    pairs = [_payloads(*pair) for pair in zip(*both, strict=False)]
    found = [one for one, _ in pairs], [other for _, other in pairs]
    for payloads, events in zip(found, both, strict=True):
        # A message without a counterpart in its place need not be cut to match one
        payloads += [_payload(one) for one in events[len(pairs) :]]
    return found


def _sized(exchange: Exchange) -> bool:
    """Whether the size of its bodies is known; what was sent in a gap may have reached nobody."""
    known = bool(exchange.missing.until) and exchange.outcome != "client_gone"
    return exchange.gap is None or known


def _heard(exchange: Exchange) -> Exchange:
    """*exchange* without what its app sent after the client had left: its amount is chance."""
    gone = (one.returned for one in exchange.events if one.type == "http.disconnect")
    left = next(gone, None) if exchange.outcome == "client_gone" else None
    if left is None:
        return exchange
    heard = (one for one in exchange.events if one.direction == "receive" or one.called < left)
    return replace(exchange, events=tuple(heard))


def _payloads(left: Event, right: Event) -> tuple[bytes, bytes]:
    """The payloads of both messages, as far as both were kept."""
    one, other = payload_of(left) or b"", payload_of(right) or b""
    if not (left.truncated or right.truncated):
        return one, other
    if one and other:
        return one[: len(other)], other[: len(one)]
    if not (left.size and right.size):
        return b"", b""  # an empty one may echo a payload that could not be given again
    return _known(left, right)


def _payload(event: Event) -> bytes:
    return payload_of(event) or (Known(b"%d bytes" % event.size) if event.size else b"")


def _parts(exchange: Exchange, direction: Direction) -> list[Event]:
    events = (one for one in exchange.events if one.direction == direction and one.size)
    return [one for one in events if "http." in one.type]


def _sizes(parts: list[Event]) -> tuple[int, ...]:
    return tuple(one.size for one in parts)


def _joined(known: Iterable[bytes]) -> bytes:
    return Known(b"; ".join(known))


def _known(left: Event, right: Event) -> tuple[bytes, bytes]:
    """The sizes of both payloads, with their digests if both are known."""
    digests = _digest(left), _digest(right)
    one, other = (
        f"{event.size} bytes" + (f", SHA-256 {digest}" if all(digests) else "")
        for event, digest in zip((left, right), digests, strict=True)
    )
    return Known(one.encode()), Known(other.encode())


def _digest(event: Event) -> str:
    """The beginning of the digest of a payload; nothing if it is not known."""
    if event.truncated:
        return str(event.message.get("sha256", ""))[:16]
    return sha256(payload_of(event) or b"").hexdigest()[:16]
