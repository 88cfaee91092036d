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
    kept = received = sent = 0
    for direction, message, size in zip(
        rows[::STRIDE], rows[MESSAGE::STRIDE], rows[SIZE::STRIDE], strict=True
    ):
        left = payload_size({"text": message} if message.__class__ is str else told("", message))
        kept += left
        if direction == "receive":
            received += left if size is None else size
        else:
            sent += left if size is None else size
    called, returned = rows[CALLED::STRIDE], rows[RETURNED::STRIDE]
    until = max([*called, *(moment for moment in returned if moment is not None)])
    receive, send = _waited(rows, called, returned, until, http=http)
    return kept, Missing(received, sent, called[0], until, receive, send)


def _waited(
    rows: list[Any], called: list[int], returned: list[int | None], until: int, *, http: bool
) -> tuple[int, int]:
    """How long the app waited for ``receive`` alone, and for ``send``."""
    directions = rows[::STRIDE]
    overs: list[int] = [until if moment is None else moment for moment in returned]
    if all(map(le, overs, called[1:])):  # one after the other, as usual
        sends = compress(map(sub, overs, called), [one == "send" for one in directions])
        send = sum(sends)
        return sum(overs) - sum(called) - send, send
    calls = [
        Call(direction, at, over, str(told(direction, message).get("type", "")))
        for direction, at, over, message in zip(
            directions, called, returned, rows[MESSAGE::STRIDE], strict=True
        )
    ]
    return waited(calls, until, http=http)
