"""The messages of the response of an entry of a HAR, and those of a WebSocket."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from asgi_mw.events import Event
from asgi_mw.export.har.request import Payload, payload_of
from asgi_mw.export.har.values import decoded, integer, member, octets, pairs
from asgi_mw.headers import find, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.events import Direction

# Headers that a server adds to a handshake, and that no app sends
_OF_SERVER = (b"upgrade", b"connection", b"sec-websocket-accept", b"sec-websocket-extensions")
_PROTOCOL = b"sec-websocket-protocol"
_TEXT, _BINARY = 1, 2
# Where an event of a stream ends
_END = re.compile(rb"(?:\r\n|\n|\r){2}")


def http_events(
    entry: dict[str, Any], began: int, start: int, end: int, note: Callable[[str], None]
) -> Iterator[Event]:
    """What the app sent, as far as the client got it."""
    response = member(entry, "response", dict)
    status = integer(response.get("status"))
    exact = bool(member(entry, "_asgi", dict))
    headers = pairs(response, exact=exact)
    message = {"type": "http.response.start", "status": status, "headers": headers}
    yield Event("send", start, start, message)
    payload = _content(entry, headers, note)
    pieces = [(start, end, payload)]
    messages = member(entry, "_eventSourceMessages", list)
    if messages:
        pieces = list(_stream(messages, payload, began, start, end))
    for place, (called, returned, piece) in enumerate(pieces):
        more = place + 1 < len(pieces)
        body = {"type": "http.response.body", **piece.message, "more_body": more}
        yield Event("send", called, returned, body, piece.size, piece.cut)


def _content(
    entry: dict[str, Any], headers: list[tuple[bytes, bytes]], note: Callable[[str], None]
) -> Payload:
    response = member(entry, "response", dict)
    content = member(response, "content", dict)
    text = member(content, "text", str)
    data = octets(text)
    if content.get("encoding") == "base64":
        plain = decoded(text)
        if plain is None:
            note("response bodies that are no base64")
        data = plain or b""
    size, sent = integer(content.get("size"), 0), integer(response.get("bodySize"), 0)
    if size > 0 and not data:
        note("response bodies that the file does not have")
    coded = find(headers, b"content-encoding") is not None and bool(data)
    # Without a content coding, bodySize is not used: it also counts the framing of HTTP
    size = sent if coded or member(entry, "_asgi", dict) else size
    return payload_of(entry, "send", data, size, decoded=coded)


def _stream(
    messages: list[Any], payload: Payload, began: int, start: int, end: int
) -> Iterator[tuple[int, int, Payload]]:
    """The parts of an event stream, each at the time of its last event."""
    moments = (min(max(moment(one, began), start), end) for one in messages)
    times = list(accumulate(moments, max))
    data = payload.data or b"".join(map(_written, messages))
    borders = [found.end() for found in _END.finditer(data)]
    parts = [data[at:to] for at, to in zip([0, *borders], [*borders, len(data)], strict=True)]
    parts = [part for part in parts if part]
    if len(parts) < len(times) or payload.decoded:
        yield start, end, payload
        return
    for place, part in enumerate(parts):
        at = times[min(place, len(times) - 1)]
        yield at, at, Payload(part, len(part))


def _written(message: Any) -> bytes:
    name, last = member(message, "eventName", str), member(message, "eventId", str)
    lines = [f"id: {last}"] if last else []
    lines += [f"event: {name}"] if name not in ("", "message") else []
    lines += [f"data: {line}" for line in member(message, "data", str).split("\n")]
    return octets("\n".join([*lines, "", ""]))


def socket_events(
    entry: dict[str, Any], began: int, start: int, end: int, note: Callable[[str], None]
) -> Iterator[Event]:
    """The events of a WebSocket after the request for its handshake."""
    response, ours = member(entry, "response", dict), member(entry, "_asgi", dict)
    status, headers = integer(response.get("status")), pairs(response, exact=bool(ours))
    if status != 101:
        body, close = _content(entry, headers, note), _closing(ours)
        yield from _refused(status, headers, body, (start, end), close)
        return
    chosen = find(headers, _PROTOCOL)
    for name in (_PROTOCOL, *(() if ours else _OF_SERVER)):
        headers = without(headers, name)
    accept: dict[str, Any] = {"type": "websocket.accept", "headers": headers}
    if chosen is not None:
        accept["subprotocol"] = chosen.decode("latin-1")
    yield Event("send", start, start, accept)
    now = start
    for one in member(entry, "_webSocketMessages", list):
        # Their order is right, but rounding may have put a moment before the previous one
        now = max(moment(one, began), now)
        event = _frame(one, now, note)
        if event is not None:
            yield event
    end = max(end, now)
    message = _closing(ours)
    if not message:
        note("WebSockets whose end the file does not have")
        return
    if member(ours, "close", dict).get("by") == "app":
        yield Event("send", end, end, {"type": "websocket.close", **message})
    else:
        yield Event("receive", end, end, {"type": "websocket.disconnect", **message})


def _closing(ours: dict[str, Any]) -> dict[str, Any]:
    """The code and reason with which it was closed; empty if the file does not have them."""
    close = member(ours, "close", dict)
    code = integer(close.get("code"))
    return {"code": code, "reason": member(close, "reason", str)} if code >= 0 else {}


def _refused(
    status: int,
    headers: list[tuple[bytes, bytes]],
    body: Payload,
    span: tuple[int, int],
    close: dict[str, Any],
) -> Iterator[Event]:
    """The answer to a handshake that was not accepted."""
    start, end = span
    if status == 403 and not headers and not body.size:
        yield Event("send", start, end, {"type": "websocket.close", **close})
        return
    kind = "websocket.http.response"
    yield Event(
        "send", start, start, {"type": f"{kind}.start", "status": status, "headers": headers}
    )
    yield Event(
        "send",
        start,
        end,
        {"type": f"{kind}.body", **body.message, "more_body": False},
        body.size,
        body.cut,
    )


def _frame(one: Any, at: int, note: Callable[[str], None]) -> Event | None:
    """One message; ``None`` for a frame that ASGI does not have, as a ping."""
    given = one if isinstance(one, dict) else {}
    kind, text = member(given, "type", str), member(given, "data", str)
    opcode = integer(given.get("opcode"))
    if kind not in ("send", "receive") or opcode not in (_TEXT, _BINARY):
        note("frames of WebSockets that carry no message")
        return None
    data = octets(text)
    message: dict[str, Any] = {"text": text}
    if opcode == _BINARY:
        plain = decoded(text)
        if plain is None:
            note("binary messages that are no base64")
        data = plain or b""
        message = {"bytes": data}
    size = integer(given.get("_size"), len(data))
    direction: Direction = "receive" if kind == "send" else "send"
    whole = {"type": f"websocket.{direction}", **message}
    return Event(direction, at, at, whole, size, given.get("_cut") is True)


def moment(message: Any, began: int) -> int:
    """When *message* passed, in ns after *began*: its time is in seconds, to the microsecond."""
    value = message.get("time") if isinstance(message, dict) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e11:
        return max(round(value * 1e6) * 1000 - began, 0)
    return 0
