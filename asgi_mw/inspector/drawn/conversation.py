"""The messages of a WebSocket, or the events of a Server-Sent Events stream, in order of time."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

from asgi_mw.parts import is_event_stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asgi_mw.events import Event, Exchange

_LONGEST = 4096
_CODES = {
    1000: "done",
    1001: "going away: a page was left, or a server stops",
    1002: "the protocol was violated",
    1003: "a kind of data that is not taken",
    1005: "without a code, or the connection broke: some servers report both alike",
    1006: "broken off, without a close",
    1007: "text that is no UTF-8",
    1008: "policy violation",
    1009: "a message was too big",
    1010: "an extension is missing",
    1011: "the server failed",
    1012: "the server restarts",
    1013: "try again later",
    1014: "a proxy got a bad answer",
    1015: "TLS failed",
    3000: "not authorized",
    3003: "forbidden",
    3008: "too slow",
}


def conversation(exchange: Exchange) -> list[dict[str, Any]] | None:
    """The messages and notices of *exchange*; ``None`` if it is no conversation.

    An entry that is one whole ASGI message has no ``text``: that is the payload of its ``event``.
    """
    if exchange.type == "websocket":
        return [
            {"event": number, "at_ms": _moment(one) / 1e6, **said}
            for number, one in enumerate(exchange.events)
            if (said := _frame(one))
        ]
    return [*_stream(exchange)] if is_event_stream(exchange) else None


def _moment(event: Event) -> int:
    """When it arrived; if it is still awaited, when the call began."""
    return event.called if event.direction == "send" else event.returned or event.called


def _frame(event: Event) -> dict[str, Any] | None:
    message, sent = event.message, event.direction == "send"
    match event.type.removeprefix("websocket."):
        case "receive" | "send":
            return {"sent": sent, "bytes": event.size}
        case "close" | "disconnect":
            code = message.get("code", 1000 if sent else 1005)
            reason = f"; reason: {message['reason']}" if message.get("reason") else ""
            who = "The app closed" if sent else "Closed"
            return {"notice": f"{who}: {code}, {_meaning(code)}{reason}"}
        case "accept":
            protocol = message.get("subprotocol")
            return {"notice": "The app accepted" + (f", with {protocol}" if protocol else "")}
        case "" if not sent and event.raised is None:
            return {"notice": "The app awaits the next message"}
        case _:
            return None


def _meaning(code: Any) -> str:
    if not isinstance(code, int):
        return "no code at all"
    return _CODES.get(code, "a code of the app's own" if code >= 4000 else "an unknown code")


def _stream(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """Server-Sent Events, each with the time of the message that ended it."""
    decode = getincrementaldecoder("utf-8")("replace").decode
    rest = ""
    for number, event in enumerate(exchange.events):
        if event.type == "http.response.body":
            body = event.message.get("body")
            text = decode(body) if isinstance(body, bytes) else str(body or "")
            *whole, rest = re.split(r"\r\n\r\n|\n\n|\r\r", rest + text)
            for text in whole:
                size = len(text.encode())
                yield {
                    "event": number,
                    "at_ms": event.called / 1e6,
                    "sent": True,
                    "bytes": size,
                    **_sse(text),
                }
    if rest:
        yield {"event": None, "at_ms": None, "notice": f"The last event is not whole: {rest[:80]}"}


def _sse(text: str) -> Mapping[str, str]:
    """One event: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation."""
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name, []).append(value.removeprefix(" "))
    tags = [one for one in (fields.get("event", [""])[-1], _tag(fields, "id")) if one]
    if "data" not in fields:
        tags += [one for one in ("comment" if "" in fields else "", _tag(fields, "retry")) if one]
    said = "\n".join(fields.get("data") or fields.get("", []))
    return {"text": said[:_LONGEST], "tag": ", ".join(tags)}


def _tag(fields: Mapping[str, list[str]], name: str) -> str:
    return f"{name} {fields[name][-1]}" if name in fields else ""
