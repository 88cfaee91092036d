"""One exchange, opened: what it was, its scope, its time line, its error."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from asgi_mw.cli import excerpt
from asgi_mw.cli.listing import method_of, status_style, target_of, took
from asgi_mw.cli.timeline import time_line
from asgi_mw.cli.words import duration, moment, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.cli.output import Line
    from asgi_mw.events import Event, Exchange

_LABEL = 14
# From so many ns on, what the app did behind the response is said
_NOTABLE = 10_000_000


def portrait(exchange: Exchange, *, full: bool = False) -> Iterator[Line]:
    """The lines that show *exchange*.

    Args:
        exchange: What to show.
        full: Every event and all that was kept of each body, not only the beginning.
    """
    yield _title(exchange)
    yield []
    for label, value in _facts(exchange):
        yield [("  " + label.ljust(_LABEL), "dim"), (value, "")]
    yield []
    yield [("Scope", "bold")]
    for key, value in exchange.scope.items():
        if key != "headers":
            yield [(f"  {key.ljust(_LABEL)}", "blue"), (excerpt.value(value, full=full), "")]
    pairs = excerpt.headers(exchange.scope.get("headers") or (), full=full)
    if pairs:
        yield [("  headers", "blue")]
    for name, value in pairs:
        yield [("  │ ", "dim"), (f"{name}: ", "blue"), (value, "")]
    yield []
    yield [("Time line", "bold"), ("  ms after the beginning", "dim")]
    yield from time_line(exchange, full=full)
    if exchange.error is not None:
        yield []
        yield [("Error", "bold red" if exchange.outcome != "unsupported" else "bold")]
        for line in exchange.error.traceback.splitlines():
            yield [("  " + line, "")]


def whole(exchange: Exchange) -> dict[str, Any]:
    """All that is known about *exchange*, for programs; times in ns after ``began``."""
    error = exchange.error
    return {
        "id": exchange.id,
        "type": exchange.type,
        "began": exchange.began,
        "ended": exchange.ended,
        "returned": exchange.returned,
        "outcome": exchange.outcome,
        "state": exchange.state,
        "status": exchange.status,
        "route": exchange.route,
        "request_id": exchange.request_id,
        "trace_id": exchange.trace_id,
        "span_id": exchange.span_id,
        "worker": {"host": exchange.worker.host, "pid": exchange.worker.pid},
        "scope": exchange.scope,
        "events": [_event(event) for event in exchange.events],
        "error": error
        and {
            "type": error.type,
            "message": error.message,
            "traceback": error.traceback,
            "at": error.at,
            "swallowed": error.swallowed,
        },
        "dropped": exchange.dropped,
        "gap": exchange.gap,
        "redacted": exchange.redacted,
    }


def _title(exchange: Exchange) -> Line:
    status = exchange.status
    line: Line = [(f"{method_of(exchange)} {target_of(exchange)}".rstrip(), "bold")]
    if status is not None:
        line.append((f"  {status}", status_style(status)))
    if exchange.state == "background":
        since = duration(max(time_ns() - exchange.began - (exchange.ended or 0), 0))
        what = f"  answered in {took(exchange)}, at work in the background for {since}"
        return [*line, (what, "bold yellow")]
    if exchange.outcome is None:
        return [*line, (f"  in flight for {took(exchange)}", "bold yellow")]
    style = "" if exchange.outcome in {"complete", "unsupported"} else "bold red"
    line.append((f"  {exchange.outcome}", style))
    if exchange.outcome == "lost":
        return [*line, (": its process ended before it did", style)]
    line.append((f" in {took(exchange)}", "bold"))
    error, more = exchange.error, exchange.background or 0
    if more >= _NOTABLE:
        failed = " that failed" if error is not None and not error.swallowed else ""
        line.append((f", then {duration(more)} of background work{failed}", "bold"))
    if error is not None and error.swallowed:
        line.append((f"  ✗ {error.type}, swallowed by the app", "bold red"))
    return line


def _facts(exchange: Exchange) -> Iterator[tuple[str, str]]:
    yield "id", exchange.id
    yield "began", moment(exchange.began)
    yield "worker", f"{exchange.worker.host}, process {exchange.worker.pid}"
    if exchange.route is not None:
        yield "route", exchange.route
    if exchange.request_id is not None:
        yield "request id", exchange.request_id
    if exchange.trace_id is not None:
        yield "trace id", exchange.trace_id
        yield "span id", exchange.span_id or ""
    sent, received = size(exchange.bytes("send")), size(exchange.bytes("receive"))
    yield "payload", f"{received} in, {sent} out"
    awaited = {"receive": 0, "send": 0}
    for event in exchange.events:
        awaited[event.direction] += event.awaited or 0
    spent = ", ".join(f"{name} {duration(ns)}" for name, ns in awaited.items())
    yield "awaited", spent
    if exchange.redacted:
        yield "masked", ", ".join(exchange.redacted)
    for reason, count in exchange.dropped.items():
        yield "missing", f"{count:,} {reason}"


def _event(event: Event) -> dict[str, Any]:
    return {
        "direction": event.direction,
        "called": event.called,
        "returned": event.returned,
        "message": event.message,
        "size": event.size,
        "truncated": event.truncated,
        "raised": event.raised,
    }
