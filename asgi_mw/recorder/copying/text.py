"""An exchange as text for a report of a bug: what was asked, what was answered, what failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from asgi_mw.amounts import duration, size
from asgi_mw.parts import body_of, headers_of, octets, readable, utf8
from asgi_mw.printable import printable, printable_lines
from asgi_mw.recorder.objects import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Direction, Event, Exchange
    from asgi_mw.passages import Passage

# Longer bodies are left out
_LONGEST = 65_536
_ALL = sys.maxsize


def text(exchange: Exchange) -> str:
    """The text, in lines that are safe on a terminal."""
    return "\n".join(_lines(exchange)) + "\n"


def _lines(exchange: Exchange) -> Iterator[str]:
    answer, error = exchange.answer, exchange.error
    status = str(answer.status) if answer else "no status"
    took = "not ended" if exchange.ended is None else duration(exchange.ended)
    method, path = exchange.method or exchange.type, exchange.path
    yield _safe(f"{method} {path}: {status}, {exchange.outcome or 'in flight'}, {took}")
    request_id = f", request {exchange.request_id}" if exchange.request_id else ""
    yield _safe(f"{stamp(exchange.began)}, exchange {exchange.id}{request_id}")
    query = readable(octets(exchange.scope.get("query_string")))
    version = exchange.scope.get("http_version") or "?"
    asked = f"{method} {path}{query and f'?{query}'} HTTP/{version}"
    yield from ("", "--- request", _safe(asked))
    yield from _message(exchange, "receive")
    yield from ("", "--- response", status)
    yield from _message(exchange, "send")
    if exchange.type == "websocket":
        yield from ("", "--- messages", *map(_frame, exchange.events))
    if exchange.layers:
        yield from ("", "--- layers, outermost first", *map(_layer, exchange.layers))
    if error is not None:
        yield from ("", f"--- {'swallowed ' if error.swallowed else ''}error")
        yield _safe_lines((error.traceback or f"{error.type}: {error.message}").rstrip())


def _message(exchange: Exchange, direction: Direction) -> Iterator[str]:
    """The headers and the body that went in one direction."""
    for name, value in headers_of(exchange, direction):
        yield _safe(f"{readable(name)}: {readable(value)}")
    body = body_of(exchange, direction)
    said = utf8(body.data)
    yield ""
    if not body.data:
        yield f"({size(body.size)}, not kept)" if body.size else "(no body)"
    elif said is None or len(body.data) > _LONGEST:
        why = "no text" if said is None else "too long to copy"
        yield f"({size(len(body.data))}, {why})"
    else:
        yield _safe_lines(said)
        if body.cut:
            yield f"(cut: {len(body.data)} of {body.size} bytes were kept)"


def _frame(event: Event) -> str:
    arrow = ">" if event.direction == "receive" else "<"
    said = event.message.get("text") or (f"({size(event.size)})" if event.size else "")
    return _safe(f"{arrow} {duration(event.called)} {event.type or '(awaited)'} {said}".rstrip())


def _layer(layer: Passage) -> str:
    took = "" if layer.own is None else f", {duration(layer.own)}"
    said = took if layer.visible else " (not visible)"
    return _safe(layer.layer + said + (", answered in the app's place" if layer.answered else ""))


def _safe(line: str) -> str:
    return printable(line, _ALL)


def _safe_lines(said: str) -> str:
    """The same for several lines; tabs stay, because they are part of the layout."""
    return "\t".join(printable_lines(part, _ALL) for part in said.split("\t"))
