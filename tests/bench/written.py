"""Write what the bench found into docs/performance.md, as tables for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import reasons
from tests.marked import put

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.bench.report import Row

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- what python3 tests/bench --write writes -->", "<!-- end of that -->"
# Of the parts that have a table of their own
_TITLES = {
    "spool": "The recorder on disk",
    "listing": "The page",
    "page": "The page",
    "exporting": "Exports",
}
_HEAD = "| What | Measured | Made of | Bar | |\n|---|---:|---|---:|---|"
_DIGITS = 3


def write(found: Mapping[str, list[Row]], machine: str) -> Path:
    """Replace the rows of the last run by those of each part; return the page."""
    text = "\n\n".join((f"{machine}.", *_tables(found)))
    PAGE.write_text(put(PAGE.read_text("utf-8"), BEGIN, END, text), "utf-8")
    return PAGE


def _tables(found: Mapping[str, list[Row]]) -> Iterator[str]:
    titled: dict[str, list[Row]] = {}
    for part, rows in found.items():
        titled.setdefault(_TITLES.get(part, ""), []).extend(rows)
    for title, rows in titled.items():
        lines = "\n".join((_HEAD, *map(line_of, rows)))
        yield f"### {title}\n\n{lines}" if title else lines
    missed = reasons.lines(row for rows in found.values() for row in rows)
    if missed:
        listed = "\n".join(f"- {line}." for line in missed)
        yield f"### What takes the time where a bar is not held\n\n{listed}"


def line_of(row: Row) -> str:
    """One row of a table."""
    parts = [_part(name, value) for name, value in row.parts.items()]
    if row.note:
        parts.append(row.note if " " in row.note.strip('"') else f"`{row.note}`")
    bar = "" if row.bar is None else ("at least " * row.least) + _figure(row.bar, row.unit)
    verdict = {True: "holds", False: "under" if row.least else "over", None: ""}[row.passes]
    cells = (row.name, _figure(row.value, row.unit), ", ".join(parts), bar, verdict)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _part(name: str, value: float) -> str:
    name, _, unit = name.partition(" [")
    return f"{name} {_figure(value, unit.rstrip(']'))}"


def _figure(value: float, unit: str) -> str:
    """*value* with three significant digits."""
    if value == int(value) and abs(value) < 1e15 and unit != "x" and not unit.endswith("s"):
        text = f"{int(value):,}"
    else:
        whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
        text = f"{value:,.{max(_DIGITS - whole, 0)}f}"
    return text if unit in {"", "x"} else f"{text}{unit}" if unit == "/s" else f"{text} {unit}"
