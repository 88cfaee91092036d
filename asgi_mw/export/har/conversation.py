"""The messages of a WebSocket, and those of an event stream, as Chrome writes them in a HAR.

Both are seen from the client: what it sends is what the app receives.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from asgi_mw.parts import octets, payload_in, payload_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Event, Exchange

_MARK = b"\xef\xbb\xbf"  # the byte order mark of UTF-8, with which a stream may begin
_TEXT, _BINARY = 1, 2  # RFC 6455 5.2


def frames(exchange: Exchange) -> list[dict[str, Any]]:
    """``_webSocketMessages``: type, time in seconds since the epoch, opcode, data.

    Text is as it is, bytes are in base64.  For a message that was masked, cut or not kept,
    ``_size`` says how many bytes it had.
    """
    return list(_frames(exchange))


def _frames(exchange: Exchange) -> Iterator[dict[str, Any]]:
    for event in exchange.events:
        if event.type == "websocket.receive":
            kind, at = "send", event.returned
        elif event.type == "websocket.send":
            kind, at = "receive", event.called
        else:
            continue
        found = payload_in(event.message)
        binary = found[0] == "bytes" if found else _is_binary(event)
        data = found[1] if found else ""
        if isinstance(data, bytes):
            data = b64encode(data).decode()
        frame = {
            "type": kind,
            "time": seconds(exchange, at),
            "opcode": _BINARY if binary else _TEXT,
            "data": data,
        }
        if event.size != len(octets(found[1] if found else "")):
            frame["_size"] = event.size
        if event.truncated:
            frame["_cut"] = True
        yield frame


def _is_binary(event: Event) -> bool:
    return event.message.get("bytes") is not None


def events(exchange: Exchange) -> list[dict[str, Any]]:
    """``_eventSourceMessages``: time in seconds since the epoch, eventName, eventId, data.

    The time of an event is that of the message in which it ends.
    """
    return list(_events(exchange))


def _events(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """Read the stream (https://html.spec.whatwg.org/#event-stream-interpretation)."""
    rest, started = b"", False
    name, last, data = "", "", list[str]()
    for event in exchange.events:
        if event.type != "http.response.body":
            continue
        rest += payload_of(event) or b""
        if not started and rest:
            rest, started = rest.removeprefix(_MARK), True
        more = event.message.get("more_body") is True
        # A CR may be the first half of a line break
        whole, rest = _lines(rest, ended=not more)
        for line in whole:
            if not line:
                if data:
                    yield {
                        "time": seconds(exchange, event.called),
                        "eventName": name or "message",
                        "eventId": last,
                        "data": "\n".join(data),
                    }
                name, data = "", []
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
            elif field == "id" and "\0" not in value:
                last = value


def _lines(text: bytes, *, ended: bool) -> tuple[list[str], bytes]:
    """The whole lines of *text*, and what is left of it."""
    kept = b"\r" if text.endswith(b"\r") and not ended else b""
    *whole, rest = (
        text.removesuffix(kept).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    )
    return [line.decode(errors="replace") for line in whole], rest + kept


def seconds(exchange: Exchange, ns: int | None) -> float:
    """The moment *ns* after the beginning, in seconds since the epoch, to the microsecond."""
    return round((exchange.began + (ns or 0)) / 1e9, 6)
