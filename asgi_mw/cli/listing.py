"""An exchange as one row of a table."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

from asgi_mw.amounts import duration, size
from asgi_mw.cli.columns import USUAL, Row, head, laid_out, layout_of, lines
from asgi_mw.cli.output import folded
from asgi_mw.cli.words import clock
from asgi_mw.titles import method_of, status_of, target_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgi_mw.answers import Close
    from asgi_mw.cli.output import Line
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.rows import Row as Listed

BY_SERVER = "* answered by the server, since the app did not"

_STATES = {
    "in flight": "bold yellow",
    "background": "bold yellow",
    "complete": "dim",
    "unsupported": "dim",
    "error": "red",
    "incomplete": "red",
    "lost": "bold red",
}
_ID = 6


def listing(rows: Sequence[Row], columns: int | None = None) -> list[Line]:
    """A table of *rows*, its lines at most *columns* wide."""
    return listing_of_groups({"": rows}, columns)


def listing_of_groups(
    groups: Mapping[str, Sequence[Row]], columns: int | None = None
) -> list[Line]:
    """One table of the rows of several *groups*, each below its name."""
    rows = [row for each in groups.values() for row in each]
    hosts = {row.host for row in rows}
    if len(hosts) > 1:
        groups = {name: [_with_host(row) for row in each] for name, each in groups.items()}
        rows = [row for each in groups.values() for row in each]
    layout = layout_of(rows, columns)
    said = [head(layout)]
    for name, each in groups.items():
        said += folded([(name, "bold cyan")], columns) if name else []
        for row in each:
            said += lines(row, layout)
    if columns is not None and any(is_by_server(row) for row in rows):
        said += legend(columns)
    return said


def legend(columns: int | None) -> list[Line]:
    """What the mark of a status means."""
    return folded([(BY_SERVER, "dim")], columns, [("  ", "")])


def headline(columns: int | None = None) -> Line:
    """The head of a table whose lines come one by one."""
    return head(laid_out(USUAL, columns))


def one_row(row: Row, columns: int | None = None) -> list[Line]:
    """One row of such a table."""
    return lines(row, laid_out(USUAL, columns))


def row_of(exchange: Exchange) -> Row:
    """What a table says of *exchange*."""
    outcome, state = exchange.outcome, exchange.state
    answer = exchange.answer
    error, close = exchange.crash, exchange.close
    note: Line = []
    if error and outcome != "unsupported":
        note = [(f"✗ {error.type}", "red")]
    elif close and answer and answer.status == 101:
        note = [(closed(close), "dim")]
    elif outcome == "complete" and answer and answer.status >= 500:
        note = [("✗ failed", "red")]  # the response is complete, but is no success
    cells = {
        "STATUS": (status_of(answer, close), status_style(answer.status if answer else None)),
        "METHOD": (method_of(exchange), "bold"),
        "PATH": (target_of(exchange), ""),
        "TOOK": (took(exchange), "" if outcome else "yellow"),
        "ID": (short_id(exchange), "cyan"),
        "TIME": (clock(exchange.began, time_ns()), "dim"),
        "IN": (size(exchange.bytes("receive")), "dim"),
        "OUT": (size(exchange.bytes("send")), "dim"),
        "EVENTS": (str(len(exchange.events)), "dim"),
        "WORKER": (str(exchange.worker.pid), "dim"),
        "OUTCOME": (state, _STATES.get(state, "yellow")),
    }
    return Row(cells, note, exchange.worker.host)


def _with_host(row: Row) -> Row:
    """*row*, with the host beside the process, because there are several hosts."""
    pid, style = row.cells["WORKER"]
    return row._replace(cells={**row.cells, "WORKER": (f"{row.host}/{pid}", style)})


def is_by_server(row: Row) -> bool:
    """Whether its status is the server's own."""
    return row.cells["STATUS"][0].endswith("*")


def closed(close: Close, *, with_code: bool = False) -> str:
    """Who closed a WebSocket, and why; *with_code* also with which code."""
    who = "connection lost" if close.by == "nobody" else f"{close.by} closed"
    code = f" with {close.code}" if with_code else ""
    return f"{who}{code}" + (f": {close.reason}" if close.reason else "")


def took(exchange: Exchange) -> str:
    """How long it took, or takes so far; ``?`` where nobody saw the end."""
    if exchange.ended is not None:
        return duration(exchange.ended)
    return "?" if exchange.outcome else duration(max(time_ns() - exchange.began, 0))


def short_id(exchange: Exchange | Listed) -> str:
    """The end of the id, which is random: enough to name the exchange."""
    return exchange.id[-_ID:]


def status_style(status: int | None) -> str:
    """The colour of *status*."""
    if status is None or status < 200:
        return "cyan"
    return {2: "green", 3: "cyan", 4: "yellow"}.get(status // 100, "bold red")
