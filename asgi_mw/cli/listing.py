"""An exchange as one line of a table, or as one object of JSON."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from asgi_mw.cli.output import aligned, clip, table, width
from asgi_mw.cli.words import clock, duration, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.cli.output import Line
    from asgi_mw.events import Exchange

HEAD = (
    "ID",
    "TIME",
    "TOOK",
    "IN",
    "OUT",
    "EVENTS",
    "WORKER",
    "OUTCOME",
    "STATUS",
    "METHOD",
    "PATH",
)
_RIGHT = "TOOK IN OUT EVENTS WORKER"
# For lines that come one by one, each before the next is known
_WIDTHS = (8, 12, -8, -8, -8, -6, -7, 11, 6, 9)

_METHODS = {"websocket": "WEBSOCKET", "lifespan": "LIFESPAN"}
_STATES = {
    "in flight": "bold yellow",
    "background": "bold yellow",
    "complete": "dim",
    "unsupported": "dim",
    "error": "red",
    "incomplete": "red",
    "lost": "bold red",
}


def listing(exchanges: Iterable[Exchange], columns: int | None = None) -> list[Line]:
    """A table of *exchanges*, each line cut to *columns*."""
    return laid_out([cells(exchange) for exchange in exchanges], columns)


def laid_out(rows: Iterable[Line], columns: int | None = None) -> list[Line]:
    """A table of the :func:`cells` of exchanges, each line cut to *columns*."""
    return [fit(line, columns) for line in table(HEAD, rows, _RIGHT)]


def headline() -> Line:
    """The head of a table whose lines come one by one."""
    return aligned([(name, "bold") for name in HEAD], _WIDTHS)


def one_line(exchange: Exchange) -> Line:
    """One line of such a table."""
    return aligned(cells(exchange), _WIDTHS)


def cells(exchange: Exchange) -> Line:
    """One span for each column of :data:`HEAD`."""
    status, outcome, state = exchange.status, exchange.outcome, exchange.state
    fault = exchange.error if outcome != "unsupported" else None
    return [
        (short_id(exchange), "cyan"),
        (clock(exchange.began, time_ns()), "dim"),
        (took(exchange), "" if outcome else "yellow"),
        (size(exchange.bytes("receive")), "dim"),
        (size(exchange.bytes("send")), "dim"),
        (str(len(exchange.events)), "dim"),
        (str(exchange.worker.pid), "dim"),
        (state, _STATES.get(state, "yellow")),
        ("" if status is None else str(status), status_style(status)),
        (method_of(exchange), "bold"),
        (target_of(exchange), ""),
        (f"  ✗ {fault.type}" if fault else "", "red"),
    ]


def took(exchange: Exchange) -> str:
    """How long it took, or takes so far; ``?`` where nobody saw the end."""
    if exchange.ended is not None:
        return duration(exchange.ended)
    return "?" if exchange.outcome else duration(max(time_ns() - exchange.began, 0))


def fit(line: Line, columns: int | None) -> Line:
    """*line* in at most *columns*."""
    if columns is None:
        return line
    fitted: Line = []
    for text, style in line:
        shown = clip(text, columns)
        fitted.append((shown, style))
        columns -= width(shown)
        if columns <= 0:
            break
    return fitted


def short_id(exchange: Exchange) -> str:
    """The end of the id, which is random: enough to name the exchange."""
    return exchange.id[-8:]


def method_of(exchange: Exchange) -> str:
    """The method, or what stands in its place."""
    return exchange.method or _METHODS.get(exchange.type, exchange.type)


def target_of(exchange: Exchange) -> str:
    """The path and the query."""
    query = exchange.scope.get("query_string")
    if isinstance(query, bytes) and query:
        return f"{exchange.path}?{query.decode('latin-1')}"
    return exchange.path


def status_style(status: int | None) -> str:
    """The colour of *status*."""
    if status is None or status < 200:
        return "cyan"
    return {2: "green", 3: "cyan", 4: "yellow"}.get(status // 100, "bold red")


def summary(exchange: Exchange) -> dict[str, Any]:
    """What a line of the table says, for programs; times in ns, ``began`` since the epoch."""
    error = exchange.error
    return {
        "id": exchange.id,
        "type": exchange.type,
        "began": exchange.began,
        "duration": exchange.ended,
        "returned": exchange.returned,
        "method": exchange.method or None,
        "path": exchange.path or None,
        "query": exchange.scope.get("query_string") or None,
        "route": exchange.route,
        "status": exchange.status,
        "outcome": exchange.outcome,
        "state": exchange.state,
        "request_id": exchange.request_id,
        "trace_id": exchange.trace_id,
        "span_id": exchange.span_id,
        "bytes_in": exchange.bytes("receive"),
        "bytes_out": exchange.bytes("send"),
        "events": len(exchange.events),
        "error": f"{error.type}: {error.message}" if error else None,
        "worker": {"host": exchange.worker.host, "pid": exchange.worker.pid},
    }
