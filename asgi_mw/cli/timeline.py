"""The events of an exchange on a time line: when each was called, and how long it was awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.cli import excerpt
from asgi_mw.cli.output import table, width
from asgi_mw.cli.words import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.cli.output import Line, Span
    from asgi_mw.events import Event, Exchange

_COLUMNS = ("CALLED", "RETURNED", "AWAITED", "", "EVENT")
_RIGHT = "CALLED RETURNED AWAITED"
_BAR = 24
_HEAD, _TAIL = 60, 20
_STYLES = {"receive": "cyan", "send": "magenta"}
# As the app sees it: what it receives comes in, what it sends goes out
_ARROWS = {"receive": "→ receive", "send": "← send"}


def time_line(exchange: Exchange, *, full: bool = False) -> list[Line]:
    """The events, the end and the error in the order of time, with what each message holds.

    All times are ms after the exchange began.

    Args:
        exchange: What to show.
        full: Every event and all that was kept of each body, not only the beginning.
    """
    scale = _last(exchange)
    left_out = 0 if full else max(len(exchange.events) - _HEAD - _TAIL, 0)
    # When, the cells of the row, the lines below it
    rows: list[tuple[int, Line, list[Line]]] = []
    for place, event in enumerate(exchange.events):
        if place == exchange.gap:
            rows.append((event.called, _note("… events are missing here"), []))
        if not _HEAD <= place < _HEAD + left_out:
            rows.append((event.called, _row(event, scale), list(_details(event, full=full))))
        elif place == _HEAD:
            what = f"… {left_out:,} events more, shown with --full"
            rows.append((event.called, _note(what), []))
    rows += [(at, [(_ms(at), ""), *[("", "")] * 3, what], []) for at, what in _marks(exchange)]
    rows.sort(key=lambda row: row[0])  # stable: what was called at one moment stays in order
    head, *lines = table(_COLUMNS, [row for _, row, _ in rows], _RIGHT)
    margin: Span = (" " * sum(width(text) for text, _ in head[:-1]), "")
    laid_out = [head]
    for line, (_, _, details) in zip(lines, rows, strict=True):
        laid_out += [line, *([margin, *detail] for detail in details)]
    return laid_out


def _row(event: Event, scale: int) -> Line:
    style = _STYLES[event.direction]
    row: Line = [
        (_ms(event.called), ""),
        ("…" if event.returned is None else _ms(event.returned), "dim"),
        ("…" if event.awaited is None else _ms(event.awaited), "bold"),
        (_bar(event, scale), style),
        (f"{_ARROWS[event.direction]}  {event.type or '(awaited now)'}", f"bold {style}"),
    ]
    if event.size:
        row.append((f"  {size(event.size)}", ""))
    if event.truncated:
        row.append(("  cut", "yellow"))
    if said := excerpt.words(event.message):
        row.append((f"  {said}", ""))
    if event.raised:
        row.append((f"  ✗ raised {event.raised}", "bold red"))
    return row


def _note(what: str) -> Line:
    return [*[("", "")] * (len(_COLUMNS) - 1), (what, "yellow")]


def _details(event: Event, *, full: bool) -> Iterator[Line]:
    """The headers and the payload of a message, below its row."""
    for name, value in excerpt.headers(event.message.get("headers") or (), full=full):
        yield [("│ ", "dim"), (f"{name}: ", "blue"), (value, "")]
    for line in excerpt.payload(event.message, full=full):
        yield [("│ ", "dim"), (line, "")]


def _marks(exchange: Exchange) -> Iterator[tuple[int, Span]]:
    """What happened besides calls."""
    error, fault = exchange.error, "bold red"
    if exchange.outcome == "unsupported":
        fault = "bold"
    if exchange.ended is not None:
        style = "bold green" if exchange.outcome in {"complete", None} else fault
        yield exchange.ended, (f"● {exchange.outcome or 'response over'}", style)
    if error is not None:
        how = "was swallowed by" if error.swallowed else "left"
        yield error.at, (f"✗ {error.type} {how} the app: {error.message}", fault)
    # An exception that left it says the same
    if exchange.returned and exchange.background and (error is None or error.swallowed):
        yield exchange.returned, ("● app returned", "dim")


def _last(exchange: Exchange) -> int:
    """The last moment that is known, at least 1."""
    moments = [1, exchange.ended or 0, exchange.error.at if exchange.error else 0]
    moments += [event.called for event in exchange.events]
    moments += [event.returned for event in exchange.events if event.returned is not None]
    return max(moments)


def _bar(event: Event, scale: int) -> str:
    """Where on the time line the call was: what is shorter than a cell is half of one."""
    start = min(event.called * _BAR // scale, _BAR - 1)
    returned = scale if event.returned is None else event.returned
    length = max(returned * _BAR // scale - start, 0)
    return (" " * max(start, 0) + ("━" * length or "╸")).ljust(_BAR)


def _ms(ns: int) -> str:
    return f"{ns / 1e6:,.3f}"
