"""An exchange as a sequence diagram of Mermaid: server, layers, app, and what passed between."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.amounts import duration, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.events import Event, Exchange
    from asgi_mw.passages import Crossing

# More messages make no diagram that anybody reads
_MOST = 200
_LONGEST = 80
# The word ends a block of the diagram
_END = re.compile(r"\bend\b", re.IGNORECASE)


def mermaid(exchange: Exchange) -> str:
    """The diagram (https://mermaid.js.org/syntax/sequenceDiagram.html)."""
    layers = [one for one in exchange.layers if one.visible]
    last, error = len(layers) + 1, exchange.error
    took = "" if exchange.ended is None else duration(exchange.ended)
    title = f"{exchange.method or exchange.type} {exchange.path} {took}"
    arrows = sorted(_arrows(exchange), key=lambda arrow: arrow[:2])
    lines = ["sequenceDiagram"]
    for place, name in enumerate(["server", *(one.name for one in layers), "app"]):
        lines.append(f"participant P{place} as {_words(name) or '-'}")
    lines.append(f"Note over P0,P{last}: {_words(title)}")
    lines += [line for _, _, line in arrows[:_MOST]]
    if len(arrows) > _MOST:
        lines.append(f"Note over P0,P{last}: {len(arrows) - _MOST} more messages")
    if error is not None:
        lines.append(f"Note over P{last}: {_words(f'{error.type} {error.message}')}")
    return "\n  ".join(lines).rstrip() + "\n"


def _arrows(exchange: Exchange) -> Iterator[tuple[int, int, str]]:
    """For each message: when it passed, its order among those of that moment, and its line."""
    seen: list[Sequence[Event | Crossing]] = [exchange.events]
    seen += [one.crossings for one in exchange.layers if one.visible]
    for place, events in enumerate(seen):
        for event in events:
            if not event.type:
                continue
            words = _words(_said(event))
            outside, inside = f"P{place}", f"P{place + 1}"
            if event.direction == "receive":
                yield event.returned or 0, place, f"{outside}->>{inside}: {words}"
            else:
                yield event.called, -place, f"{inside}-->>{outside}: {words}"


def _said(event: Event | Crossing) -> str:
    message = getattr(event, "message", {})
    status = message.get("status", getattr(event, "status", None))
    words = [event.type]
    words += [str(status)] if status is not None else []
    words += [size(event.size)] if event.size else []
    words += [f"raised {event.raised}"] if event.raised else []
    return " ".join(words)


def _words(text: str) -> str:
    """*text* as words of the diagram, whatever is in it.

    >>> _words("a;b"), _words("the end")
    ('a#59;b', 'the #101;nd')
    """
    safe = "".join(
        one if one.isalnum() or one in " ._/?=&*()+,-" else f"#{ord(one)};"
        for one in text[:_LONGEST]
    )
    return _END.sub(lambda end: f"#{ord(end[0][0])};{end[0][1:]}", safe).strip()
