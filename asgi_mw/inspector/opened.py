"""One exchange, opened: all of it but long payloads, which are downloads of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from anyio import to_thread

from asgi_mw.inspector.drawn import drawn
from asgi_mw.parts import payload_in, payload_of, payloads
from asgi_mw.recorder.copying import copied, ways_of
from asgi_mw.recorder.objects import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.events import Exchange
    from asgi_mw.inspector.replies import Reply

# Bytes of a payload that come with the exchange
SHOWN = 4096


async def opening(
    reply: Reply, exchange: Exchange, rest: list[str], query: Mapping[str, str]
) -> None:
    """Answer with the part of *exchange* that *rest* of the URL names; all of it if it is empty."""
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
            body = await to_thread.run_sync(payloads, exchange, way)
            await reply.attachment(f"{exchange.id}-{way}.bin", body)
            return
        case ["copy"]:
            await _copy(reply, exchange, query.get("as", "text"))
            return
        case _:
            pass
    await reply.refuse(404, "there is nothing of this name in the exchange")


async def _copy(reply: Reply, exchange: Exchange, way: str) -> None:
    try:
        text = await to_thread.run_sync(copied, exchange, way)
    except ValueError as error:
        await reply.refuse(400, str(error))
    else:
        await reply.say({"text": text})


def opened(exchange: Exchange) -> dict[str, Any]:
    """*exchange* as JSON, with the rules that it breaks, what the page draws and how to copy it.

    Each event that has a payload says how long that is, whether it is cut, and its URL.
    """
    from asgi_mw.spec import check  # noqa: PLC0415  # its rules are made when one is opened

    said = whole(exchange)
    for number, (event, shown) in enumerate(zip(exchange.events, said["events"], strict=True)):
        found = payload_in(event.message)
        if found is None:
            continue
        name, payload = found
        size = len(payload_of(event) or b"")
        cut = size > SHOWN
        if cut:
            shown["message"] = {**event.message, name: payload[:SHOWN]}
        url = f"exchanges/{exchange.id}/events/{number}/payload"
        shown["payload"] = {"bytes": size, "cut": cut, "url": url}
    findings = [one.plain() for one in check(exchange)]
    return {**said, "findings": findings, "drawn": drawn(exchange), "copies": ways_of(exchange)}
