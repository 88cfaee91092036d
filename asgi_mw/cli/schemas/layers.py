"""Schemas of what each layer of an app did with a connection."""

from __future__ import annotations

from typing import Any, get_args

from asgi_mw.cli.schemas.parts import HEADER, OCTETS
from asgi_mw.cli.schemas.words import (
    anything,
    by_name,
    count,
    flag,
    many,
    maybe,
    ms,
    ref,
    row,
    shape,
    text,
)
from asgi_mw.events import Direction
from asgi_mw.passages import What

_CROSSING = shape(
    "crossing",
    "One call of `receive` or `send` between a layer and the next one inside.",
    {
        "direction": text("What was called.", *get_args(Direction)),
        "called_ms": ms("When what is inside called it, in ms after `began`."),
        "returned_ms": maybe(
            ms("When the call returned or raised, in ms after `began`; null while it is awaited.")
        ),
        "type": maybe(text("The type of the message; null while a `receive` is awaited.")),
        "status": maybe(
            {"type": "integer", "description": "The status, if the message begins a response."}
        ),
        "bytes": count("The length of its payload, in bytes."),
        "raised": maybe(text("The type of the exception that left the call.")),
    },
)
_HEADERS = shape(
    "header_changes",
    "What a layer did to headers, with secrets masked.",
    {
        "added": many("Headers that it added.", HEADER),
        "removed": many("Headers that it removed.", HEADER),
        "replaced": many(
            "Headers whose value it replaced.",
            row("The name, the value before and the value after.", OCTETS, OCTETS, OCTETS),
        ),
    },
)


def _before_after(description: str, each: dict[str, Any]) -> dict[str, Any]:
    return row(f"{description} Before the layer, and after it.", each, each)


_TRAFFIC = {
    "headers": _HEADERS,
    "bytes": _before_after("The length of the payload, in bytes.", count("In bytes.")),
    "messages": _before_after("How many messages there were.", count("Messages.")),
    "changed": flag("The layer changed anything of it."),
}
_REQUEST = shape("layer_request", "What a layer did to what the app receives.", _TRAFFIC)
_RESPONSE = shape(
    "layer_response",
    "What a layer did to what the app sends.",
    {
        "status": maybe(
            _before_after(
                "The status.", maybe({"type": "integer", "description": "Null if there is none."})
            )
        ),
        **_TRAFFIC,
    },
)
_SCOPE = shape(
    "scope_changes",
    "What a layer did to the scope, but for its headers, with secrets masked.",
    {
        "added": by_name("Keys that it added, with their value.", anything("The value.")),
        "removed": by_name("Keys that it removed, with their value.", anything("The value.")),
        "replaced": by_name(
            "Keys whose value it replaced.",
            row("The value before and the value after.", anything("Before."), anything("After.")),
        ),
    },
)
_FAULT = shape(
    "layer_error",
    "What a layer did with an exception.",
    {
        "inside": maybe(text("What left the inside, as `ValueError: no`, with secrets masked.")),
        "outside": maybe(text("What left the layer, in the same way.")),
        "what": text("What the layer did with it.", *get_args(What)),
    },
)
LAYER = shape(
    "layer",
    "What one layer did with a connection.",
    {
        "name": text("What the layer is called."),
        "layer": text("The same with its options, as `explain` shows it."),
        "visible": flag("Messages were seen outside and inside of it."),
        "why": maybe(text("Why not.")),
        "entered_ms": maybe(
            ms("When it was called, in ms after `began`; null if it was not, or nobody knows.")
        ),
        "handed_on_ms": maybe(
            ms("When it first called what is inside, in ms after `began`; null if it did not.")
        ),
        "left_ms": maybe(ms("When it returned or raised, in ms after `began`; null in flight.")),
        "own_ms": maybe(
            ms(
                "The time that it took itself, in ms: without what is inside, and without waiting "
                "for what is outside; null if that is not known."
            )
        ),
        "scope": _SCOPE,
        "request": _REQUEST,
        "response": _RESPONSE,
        "answered": flag("It answered in the place of what is inside."),
        "received": count("How many messages it received in the place of what is inside."),
        "error": maybe(
            ref("What it did with an exception; null if it let it pass, or there was none.", _FAULT)
        ),
        "events": many("What passed between it and the next layer inside.", _CROSSING),
    },
)
