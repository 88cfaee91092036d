"""One exchange, opened: all of it but long payloads, which are downloads of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from anyio import to_thread

from asgi_mw.inspector.drawn import drawn
from asgi_mw.recorder.objects import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.events import Direction, Event, Exchange
    from asgi_mw.inspector.replies import Reply

# Bytes of a payload that come with the exchange
SHOWN = 4096
_PAYLOADS = ("body", "bytes", "text")


async def opening(reply: Reply, exchange: Exchange, rest: list[str]) -> None:
    """Answer with what *rest* of the URL names of *exchange*; all of it if that is nothing."""
    match rest:
        case []:
            said = await to_thread.run_sync(opened, exchange)
            await reply.say({"exchange": said})
            return
        case ["events", number, "payload"] if number.isascii() and number.isdigit():
            place = int(number[:9])
            events = exchange.events
            payload = payload_of(events[place]) if place < len(events) else None
            if payload is not None:
                await reply.attachment(f"{exchange.id}-{place}.bin", payload)
                return
        case ["body", "receive" | "send" as direction]:
            way: Literal["receive", "send"] = "send" if direction == "send" else "receive"
            body = await to_thread.run_sync(body_of, exchange, way)
            await reply.attachment(f"{exchange.id}-{way}.bin", body)
            return
        case _:
            pass
    await reply.refuse(404, "there is nothing of this name in the exchange")


def opened(exchange: Exchange) -> dict[str, Any]:
    """*exchange* as JSON, with what the page draws; each event with where its payload is."""
    said = whole(exchange)
    for number, (event, shown) in enumerate(zip(exchange.events, said["events"], strict=True)):
        found = _payload(event.message)
        if found is None:
            continue
        name, payload = found
        size = len(payload_of(event) or b"")
        cut = size > SHOWN
        if cut:
            shown["message"] = {**event.message, name: payload[:SHOWN]}
        url = f"exchanges/{exchange.id}/events/{number}/payload"
        shown["payload"] = {"bytes": size, "cut": cut, "url": url}
    return {**said, "drawn": drawn(exchange)}


def payload_of(event: Event) -> bytes | None:
    """What was kept of the payload of *event*; ``None`` if it has none."""
    found = _payload(event.message)
    if found is None:
        return None
    payload = found[1]
    return payload if isinstance(payload, bytes) else payload.encode("utf-8", "surrogatepass")


def body_of(exchange: Exchange, direction: Direction) -> bytes:
    """What was kept of all payloads in one direction, joined."""
    events = (one for one in exchange.events if one.direction == direction)
    return b"".join(payload_of(one) or b"" for one in events)


def _payload(message: Mapping[str, Any]) -> tuple[str, Any] | None:
    for name in _PAYLOADS:
        payload = message.get(name)
        if payload and isinstance(payload, (bytes, str)):
            return name, payload
    return None
