"""Which columns of the table of exchanges fit a terminal, and how one exchange is shown in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.cli.output import folded, pad, width, without_modules
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgi_mw.cli.output import Line, Span

HEAD = (
    *("STATUS", "METHOD", "PATH", "TOOK", "ID", "TIME"),
    *("IN", "OUT", "EVENTS", "WORKER", "OUTCOME"),
)
# Columns that a narrow table may lack; the last of these is left out first
_MAY_LACK = ("OUTCOME", "TIME", "OUT", "IN", "EVENTS", "WORKER")
_RIGHT = frozenset({"TOOK", "IN", "OUT", "EVENTS", "WORKER"})
# In a narrower terminal there is one blank between two cells, and longer cells shorten the path
_NARROW = 60
_STATUS, _METHOD, _METHOD_WHERE_NARROW = 6, 7, 6
# The share of the line that a path may take before other columns are left out
_SHARE, _SHARE_WHERE_NARROW = 2 / 5, 2 / 7
# Where lines have no limit, a path longer than this moves the cells after it
_PATH = 60
# Widths of an outcome alone, and with its note; a longer note is below the row
_OUTCOME, _SAID = 11, 24
_LONGEST = 1 << 20
# For lines that come one by one, each before the next is known
USUAL = {
    "STATUS": 8,
    "METHOD": 6,
    "PATH": 40,
    "TOOK": 7,
    "ID": 6,
    "TIME": 12,
    "IN": 7,
    "OUT": 7,
    "EVENTS": 6,
    "WORKER": 7,
    "OUTCOME": _SAID,
}


class Row(NamedTuple):
    """One exchange.

    Attributes:
        cells: By the name of the column.
        note: What is to be said besides: an error, who closed.
        host: Where its process ran.
    """

    cells: Mapping[str, Span]
    note: Line
    host: str = ""


class Layout(NamedTuple):
    """The columns that there is room for.

    Attributes:
        widths: The width of each column by its name, in their order; the last may be wider.
        gap: Blanks between two columns.
        columns: How wide a line may be; ``None`` for no limit.
    """

    widths: Mapping[str, int]
    gap: int
    columns: int | None


def layout_of(rows: Sequence[Row], columns: int | None) -> Layout:
    """The columns that fit when all *rows* are known; see :func:`laid_out`."""
    widths = {name: len(name) for name in HEAD}
    widths["TOOK"] = USUAL["TOOK"]  # so that one more digit moves no other cell
    for row in rows:
        for name, (text, _) in row.cells.items():
            widths[name] = max(widths[name], width(printable(text, _LONGEST)))
        said = width_of([row.cells["OUTCOME"], ("  ", ""), *row.note])
        widths["OUTCOME"] = max(widths["OUTCOME"], min(said, _SAID))
    share = _PATH if columns is None else _share(columns)
    paths = [width_of([row.cells["PATH"]]) for row in rows]
    path = max([len("PATH"), *(one for one in paths if one <= share)])
    return laid_out(widths, columns, path)


def laid_out(widths: Mapping[str, int], columns: int | None, path: int = _PATH) -> Layout:
    """The columns that fit.

    Status, method, path, how long it took and the id always do.  Others are left out until the path
    has the room that it needs, or its share of the line.  A path that is longer still is folded.

    Args:
        widths: How wide each column would be.
        columns: Columns of the terminal; ``None`` for no limit.
        path: The longest path that is not to be folded.
    """
    widths = {**widths, "METHOD": min(widths["METHOD"], _METHOD)}
    if columns is None:
        return Layout({**widths, "PATH": min(widths["PATH"], path)}, 2, None)
    narrow = columns < _NARROW
    gap = 1 if narrow else 2
    if narrow:
        widths["STATUS"] = _STATUS
        widths["METHOD"] = min(widths["METHOD"], _METHOD_WHERE_NARROW)
    path = min(widths["PATH"], path, _share(columns))
    kept = {"STATUS", "METHOD", "PATH", "TOOK", "ID"}
    left = columns - path - sum(widths[name] + gap for name in kept - {"PATH"})
    if widths["OUTCOME"] + gap > left:
        widths["OUTCOME"] = min(widths["OUTCOME"], _OUTCOME)
    for name in _MAY_LACK:
        if widths[name] + gap > left:
            break
        left -= widths[name] + gap
        kept.add(name)
    if left < 0 or widths["PATH"] <= path + left:
        path = min(widths["PATH"], path + left)
    widths["PATH"] = max(path, len("PATH"))
    return Layout({name: widths[name] for name in HEAD if name in kept}, gap, columns)


def _share(columns: int) -> int:
    return int(columns * (_SHARE_WHERE_NARROW if columns < _NARROW else _SHARE))


def head(layout: Layout) -> Line:
    """The names of the columns."""
    [line] = lines(Row({name: (name, "bold") for name in HEAD}, []), layout)
    return line


def lines(row: Row, layout: Layout) -> list[Line]:
    """*row* in one line; in several if its path or its note is too long."""
    widths, gap, columns = layout
    start = widths["STATUS"] + widths["METHOD"] + 2 * gap
    edge = start + widths["PATH"]
    hang: Span = (" " * start, "")
    first = [_padded(row, name, widths, gap) for name in ("STATUS", "METHOD")]
    said = folded([*first, row.cells["PATH"]], columns, [hang])
    if columns is not None and width_of(said[-1]) > edge:
        said.append([])
    last = said[-1]
    last.append((" " * (edge - width_of(last)), ""))
    for name in list(widths)[3:]:
        last.append((" " * gap, ""))
        last.append(_padded(row, name, widths, 0))
    note = row.note
    outcome = row.cells["OUTCOME"]
    if "OUTCOME" in widths:
        last.pop()  # it is added again without padding
        room = sys.maxsize if columns is None else columns - width_of(last)
        both = [outcome, ("  ", ""), *note]
        if note and width_of(both) <= room:
            last += both
            note = []
        elif note and outcome[0] == "complete" and width_of(note) <= room:
            last += note  # "complete" goes without saying
            note = []
        else:
            last.append(outcome)
    elif outcome[0] not in {"complete", "OUTCOME"}:
        note = [outcome, ("  ", ""), *note] if note else [outcome]
    below = without_modules([hang, *note], columns)
    return [*said, *(folded(below, columns, [hang]) if note else [])]


def _padded(row: Row, name: str, widths: Mapping[str, int], gap: int) -> Span:
    text, style = row.cells[name]
    columns = widths[name]
    return pad(text, -columns if name in _RIGHT else columns) + " " * gap, style


def width_of(line: Line) -> int:
    """How many columns *line* takes."""
    return sum(width(printable(text, _LONGEST)) for text, _ in line)
