"""Raw events: runs of items in a flat list, which is the cheapest way to keep them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from asgi_mw.messages import payload_size
from asgi_mw.snapshots import thawed

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


def sizes(rows: list[Any]) -> tuple[int, int, int]:
    """Bytes of payload that *rows* keeps, and that its events received and sent.

    >>> sizes(["send", 0, 1, {"type": "http.response.body", "body": b"ab"}, 900, None])
    (2, 0, 900)
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
    return kept, received, sent
