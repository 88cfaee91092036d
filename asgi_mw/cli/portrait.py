"""One exchange, opened: what it was, its scope, its time line, broken rules, its error."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

from asgi_mw.amounts import duration, size
from asgi_mw.cli import excerpt
from asgi_mw.cli.judgement import judged, judgement, marks
from asgi_mw.cli.layers import fault_style, layer_list
from asgi_mw.cli.listing import closed, status_style, took
from asgi_mw.cli.output import folded, without_modules
from asgi_mw.cli.sequence import sequence
from asgi_mw.cli.timeline import time_line
from asgi_mw.cli.words import moment
from asgi_mw.frames import fold_text
from asgi_mw.spent import spent
from asgi_mw.titles import method_of, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.cli.output import Line
    from asgi_mw.events import Exchange

_LABEL = 14
# From so many ns on, what the app did after the response is shown
_NOTABLE = 10_000_000
_INDENT: Line = [("  ", "")]
_VALUE: Line = [(" " * (2 + _LABEL), "")]


def portrait(
    exchange: Exchange, *, full: bool = False, columns: int | None = None
) -> Iterator[Line]:
    """The lines that show *exchange*.

    Args:
        exchange: What to show.
        full: Every event and all that was kept of each body, not only the beginning.
        columns: How wide a line may be, but for those of a traceback, which stay as they are.
    """
    yield from folded(without_modules(_title(exchange), columns), columns, _INDENT)
    yield []
    for label, value in _facts(exchange):
        line: Line = [("  " + label.ljust(_LABEL), "dim"), (value, "")]
        yield from folded(line, columns, _VALUE)
    yield []
    yield [("Scope", "bold")]
    for key, value in exchange.scope.items():
        if key != "headers":
            line = [(f"  {key.ljust(_LABEL)}", "blue"), (excerpt.value(value, full=full), "")]
            yield from folded(line, columns, _VALUE)
    pairs = excerpt.headers(exchange.scope.get("headers") or (), full=full)
    if pairs:
        yield [("  headers", "blue")]
    for name, value in pairs:
        line = [("  │ ", "dim"), (f"{name}: ", "blue"), (value, "")]
        yield from folded(line, columns, [("  │   ", "dim")])
    yield []
    yield from folded(
        [("Time line", "bold"), ("  ms after the beginning", "dim")], columns, _INDENT
    )
    found = judged(exchange)
    yield from time_line(exchange, full=full, columns=columns, beside=marks(found))
    if exchange.layers:
        yield from _layers(exchange, full=full, columns=columns)
    yield from judgement(found, columns)
    if exchange.crash is not None:
        yield []
        yield [("Error", "bold red" if exchange.outcome != "unsupported" else "bold")]
        whole = exchange.crash.traceback
        for text in whole.splitlines() if full else fold_text(whole):
            yield [("  " + text, "")]


def _layers(exchange: Exchange, *, full: bool, columns: int | None) -> Iterator[Line]:
    yield []
    what = "  outermost first, with the time that each took itself"
    yield from folded([("Layers", "bold"), (what, "dim")], columns, _INDENT)
    yield from layer_list(exchange.layers, full=full, columns=columns, fault=fault_style(exchange))
    yield []
    what = "  S server, A app, ms after the beginning"
    yield from folded([("Between the layers", "bold"), (what, "dim")], columns, _INDENT)
    yield from sequence(exchange, full=full, columns=columns)


def _title(exchange: Exchange) -> Line:
    answer, close = exchange.answer, exchange.close
    line: Line = [(f"{method_of(exchange)} {target_of(exchange)}".rstrip(), "bold")]
    if answer is not None:
        by = " (made by the server)" if answer.by == "server" else ""
        line.append((f"  {answer.status}{by}", status_style(answer.status)))
        if close is not None and answer.status == 101:
            line.append((f"  {closed(close, with_code=True)}", ""))
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
    error, more = exchange.crash, exchange.background or 0
    # With an error, that is the time in which the error left the app, and no background work
    if more >= _NOTABLE and exchange.outcome != "error":
        failed = " that failed" if error is not None and not error.swallowed else ""
        line.append((f", then {duration(more)} of background work{failed}", "bold"))
    if error is not None and error.swallowed:
        line.append((f"  ✗ {error.type}, swallowed by the app", "bold red"))
    return line


def _spent(exchange: Exchange) -> str:
    took = spent(exchange)
    shares = [
        ("app", took.app),
        ("awaiting receive", took.receive),
        ("awaiting send", took.send),
        *([("event loop blocked", took.blocked)] if took.blocked else []),
    ]
    return ", ".join(f"{name} {duration(ns)}" for name, ns in shares)


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
    yield "spent", _spent(exchange)
    if exchange.redacted:
        yield "masked", ", ".join(exchange.redacted)
    for reason, count in exchange.dropped.items():
        yield "missing", f"{count:,} {reason}"
