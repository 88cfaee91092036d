"""Raw events: runs of items in a flat list, which is the cheapest way to keep them."""

from __future__ import annotations

from itertools import compress
from operator import le, sub
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from asgi_mw.messages import payload_size
from asgi_mw.missing import Missing
from asgi_mw.snapshots import thawed
from asgi_mw.spent import Call, waited

if TYPE_CHECKING:
    from collections.abc import Mapping

# The places of the items of one event
DIRECTION, CALLED, RETURNED, MESSAGE, SIZE, RAISED, STRIDE = range(7)
# Accounted bytes of one event without its payload
EVENT_COST = 512
# Messages with only a type and a text, of which the text is kept: by direction, and their cost
_TEXTS = {"receive": "websocket.receive", "send": "websocket.send"}
RECEIVED_TEXT, SENT_TEXT = (EVENT_COST + len(kind) for kind in _TEXTS.values())

NO_MESSAGE: Mapping[str, Any] = MappingProxyType({})


def told(direction: str, kept: Any) -> dict[str, Any]:
    """The message of an event, as a dict of its own, from what is kept of it."""
    if kept.__class__ is str:
        return {"type": _TEXTS[direction], "text": kept}
    return thawed(kept) if kept.__class__ is bytes else {**kept}


def events_in(rows: list[Any]) -> list[list[Any]]:
    """The items of each event in *rows*."""
    return [rows[at : at + STRIDE] for at in range(0, len(rows), STRIDE)]


def missing_in(rows: list[Any], *, http: bool) -> tuple[int, Missing]:
    """Bytes of payload that *rows* keeps, and what is known of its events once they are gone.

    >>> rows = ["send", 5, 7, {"type": "http.response.body", "body": b"ab"}, 90, None]
    >>> missing_in(rows, http=True)
    (2, Missing(received=0, sent=90, since=5, until=7, receive=0, send=2))
    """
    kept = [*map(_kept_size, rows[MESSAGE::STRIDE])]
    sizes = rows[SIZE::STRIDE]
    whole = [left if size is None else size for left, size in zip(kept, sizes, strict=True)]
    sends = [direction == "send" for direction in rows[::STRIDE]]
    sent = sum(compress(whole, sends))
    called, returned = rows[CALLED::STRIDE], rows[RETURNED::STRIDE]
    if None in returned:
        until = max([*called, *filter(None, returned)])
        returned = [until if moment is None else moment for moment in returned]
    until = max(returned)
    if all(map(le, returned, called[1:])):  # one after the other, as usual
        send = sum(compress(map(sub, returned, called), sends))
        receive = sum(returned) - sum(called) - send
    else:
        receive, send = waited(_calls(rows, returned), until, http=http)
    return sum(kept), Missing(sum(whole) - sent, sent, called[0], until, receive, send)


def _calls(rows: list[Any], returned: list[int]) -> list[Call]:
    return [
        Call(direction, at, over, str(told(direction, message).get("type", "")))
        for direction, at, over, message in zip(
            rows[::STRIDE], rows[CALLED::STRIDE], returned, rows[MESSAGE::STRIDE], strict=True
        )
    ]


def _kept_size(kept: Any) -> int:
    if kept.__class__ is str:
        return len(kept) if kept.isascii() else payload_size({"text": kept})
    return payload_size(thawed(kept) if kept.__class__ is bytes else kept)
