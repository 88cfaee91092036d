"""The events of an exchange on a time line: when each was called, and how long it was awaited.

What else happened meanwhile stands between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.amounts import duration, size
from asgi_mw.cli import besides, excerpt
from asgi_mw.cli.output import aligned, folded, without_modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from asgi_mw.cli.output import Line, Span
    from asgi_mw.events import Event, Exchange
    from asgi_mw.missing import Missing
    from asgi_mw.notes import Note

_TIMES = ("CALLED", "RETURNED", "AWAITED")
_TIME_STYLES = ("", "dim", "bold")
_BAR = 24
_HEAD, _TAIL = 60, 20
_STYLES = {"receive": "cyan", "send": "magenta"}
# As the app sees it: what it receives comes in, what it sends goes out
_ARROWS = {"receive": "→ receive", "send": "← send"}
# Which times are shown, how wide the bar is, and how much room they have to leave for the event
_SHAPES = (((0, 1, 2), _BAR, 40), ((0, 2), 16, 36))
_INDENT = 2
_NOTHING: Mapping[int, Line] = {}


def time_line(
    exchange: Exchange,
    *,
    full: bool = False,
    columns: int | None = None,
    beside: Mapping[int, Line] = _NOTHING,
) -> list[Line]:
    """Events, notes, the end and the error in the order of time, with what each message holds.

    All times are ms after the exchange began.

    Args:
        exchange: What to show.
        full: Every event and note, and all that was kept of each, not only the beginning.
        columns: How wide a line may be.  A bar is never folded: where there is less room, there
            are fewer times and shorter bars, and then the event is below them.
        beside: What else to say of events, by their numbers from 0.
    """
    rows = sorted(_rows(exchange, beside, full=full), key=lambda row: row.at)  # stable
    shape = _shape(rows, columns)
    scale = _last(exchange)
    names: Line = [(_TIMES[one], "bold") for one in shape.times]
    # A bar that is the last of its line needs no blanks behind it
    widths = shape.widths[:-1] if shape.below else shape.widths
    head = aligned([*names, ("", "")], widths)
    lines: list[Line] = [head if shape.below else [*head, ("EVENT", "bold")]]
    margin: Line = [(" " * shape.margin, "")]
    detail_margin: Line = [*margin, ("│ ", "dim")]
    for row in rows:
        cells: Line = [(row.times[one], _TIME_STYLES[one]) for one in shape.times]
        bar = _bar(row.stretch, scale, shape.widths[-1]) if row.stretch else ("", "")
        first = aligned([*cells, bar], widths)
        if shape.below and row.stretch:
            lines.append(first)
        if shape.below:
            is_mark = row.times[0] and not row.stretch
            first = aligned(cells[:1], shape.widths[:1]) if is_mark else margin
        said = without_modules([*first, *row.said], columns)
        lines += folded(said, columns, [*margin, (" " * _INDENT, "")])
        for detail in row.details:
            lines += folded([*detail_margin, *detail], columns, [*detail_margin, ("  ", "")])
    return lines


class _Stretch(NamedTuple):
    """What a bar shows: from when, until when if it is over, and in which colour."""

    begins: int
    over: int | None
    style: str


class _Row(NamedTuple):
    """What is shown of one moment.

    Attributes:
        at: When it was, in ns.
        times: One for each of the columns; only the first for what took no time.
        stretch: What its bar shows; ``None`` for what took no time.
        said: What happened.
        details: The lines below that.
    """

    at: int
    times: tuple[str, str, str]
    stretch: _Stretch | None
    said: Line
    details: list[Line]


class _Shape(NamedTuple):
    """The parts of a time line that there is room for.

    Attributes:
        times: The columns of times, by their places.
        widths: How wide they are, and the bar.
        below: Whether an event is below its bar.
        margin: How many columns are before the event.
    """

    times: tuple[int, ...]
    widths: tuple[int, ...]
    below: bool
    margin: int


def _shape(rows: Iterable[_Row], columns: int | None) -> _Shape:
    columns_of_times = zip(_TIMES, *[row.times for row in rows], strict=True)
    widths = [-max(map(len, column)) for column in columns_of_times]
    for times, bar, room in _SHAPES:
        used = (*[widths[one] for one in times], bar)
        margin = sum(abs(one) + 2 for one in used)
        if columns is None or columns - margin >= room:
            return _Shape(times, used, below=False, margin=margin)
    left = (columns or 0) + sum(widths[one] - 2 for one in times)
    used = (*[widths[one] for one in times], max(min(left, _BAR), 1))
    return _Shape(times, used, below=True, margin=_INDENT)


def _rows(exchange: Exchange, beside: Mapping[int, Line], *, full: bool) -> Iterator[_Row]:
    left_out = 0 if full else max(len(exchange.events) - _HEAD - _TAIL, 0)
    for place, event in enumerate(exchange.events):
        if place == exchange.gap:
            yield _note(event.called, _gap(exchange.missing))
        if not _HEAD <= place < _HEAD + left_out:
            yield _of_call(event, beside.get(place, []), full=full)
        elif place == _HEAD:
            yield _note(event.called, f"… {left_out:,} events more, shown with --full")
    left_out = 0 if full else max(len(exchange.notes) - _HEAD - _TAIL, 0)
    for place, note in enumerate(exchange.notes):
        if not _HEAD <= place < _HEAD + left_out:
            yield _of_note(note, full=full)
        elif place == _HEAD:
            yield _note(note.at, f"… {left_out:,} notes more, shown with --full")
    for at, what in _marks(exchange):
        yield _Row(at, (_ms(at), "", ""), None, [what], [])


def _gap(missing: Missing) -> str:
    """What is known of the events that are missing."""
    known = [
        *([f"{size(missing.received)} in"] if missing.received else []),
        *([f"{size(missing.sent)} out"] if missing.sent else []),
        *([f"awaiting receive {duration(missing.receive)}"] if missing.receive else []),
        *([f"awaiting send {duration(missing.send)}"] if missing.send else []),
    ]
    return "… events are missing here" + (f": {', '.join(known)}" if known else "")


def _of_call(event: Event, more: Line, *, full: bool) -> _Row:
    style = f"bold {_STYLES[event.direction]}"
    what = event.type or ("(awaited now)" if event.returned is None else "(no message)")
    said: Line = [(f"{_ARROWS[event.direction]}  {what}", style)]
    if event.size:
        said.append((f"  {size(event.size)}", ""))
    if event.truncated:
        said.append(("  cut", "yellow"))
    if words := excerpt.words(event.message):
        said.append((f"  {words}", ""))
    if event.raised:
        said.append((f"  ✗ raised {event.raised}", "bold red"))
    said += more
    times = (_ms(event.called), _ms(event.returned), _ms(event.awaited))
    stretch = _Stretch(event.called, event.returned, _STYLES[event.direction])
    return _Row(event.called, times, stretch, said, list(_details(event, full=full)))


def _of_note(note: Note, *, full: bool) -> _Row:
    said, details = besides.said_of(note, full=full), list(besides.details_of(note, full=full))
    if note.kind == "log":
        return _Row(note.at, (_ms(note.at), "", ""), None, said, details)
    stretch = _Stretch(note.at, note.until, besides.style_of(note))
    return _Row(note.at, (_ms(note.at), _ms(note.until), _ms(note.took)), stretch, said, details)


def _note(at: int, what: str) -> _Row:
    return _Row(at, ("", "", ""), None, [(what, "yellow")], [])


def _details(event: Event, *, full: bool) -> Iterator[Line]:
    """The headers and the payload of a message, below its row."""
    for name, value in excerpt.headers(event.message.get("headers") or (), full=full):
        yield [(f"{name}: ", "blue"), (value, "")]
    for line in excerpt.payload(event.message, full=full):
        yield [(line, "")]


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
        style = fault if exchange.crash else "dim"
        yield error.at, (f"✗ {error.type} {how} the app: {error.message}", style)
    # An exception that left the app shows the same
    if exchange.returned and exchange.background and (error is None or error.swallowed):
        yield exchange.returned, ("● app returned", "dim")


def _last(exchange: Exchange) -> int:
    """The last moment that is known, at least 1."""
    moments = [1, exchange.ended or 0, exchange.error.at if exchange.error else 0]
    moments += [event.called for event in exchange.events]
    moments += [event.returned for event in exchange.events if event.returned is not None]
    moments += [note.until or note.at for note in exchange.notes]
    return max(moments)


def _bar(stretch: _Stretch, scale: int, columns: int) -> Span:
    """The bar of *stretch* on the time line; a bar shorter than a cell is half a cell."""
    start = min(stretch.begins * columns // scale, columns - 1)
    over = scale if stretch.over is None else stretch.over
    length = max(over * columns // scale - start, 0)
    return " " * max(start, 0) + ("━" * length or "╸"), stretch.style


def _ms(ns: int | None) -> str:
    return "…" if ns is None else f"{ns / 1e6:,.3f}"
