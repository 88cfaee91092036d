"""What a comparison found, as lines for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import plural
from asgi_mw.cli.output import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.cli.output import Line, Span
    from asgi_mw.differences import Difference
    from asgi_mw.differences.compared import Compared, Comparison, Verdict

MARKS: dict[Verdict, Span] = {
    "alike": ("✓", "green"),
    "different": ("✗", "bold red"),
    "added": ("+", "bold green"),
    "removed": ("-", "bold yellow"),
}
_INDENT: Line = [("    ", "")]
_HANG: Line = [("      ", "")]
# How many differences of one pair are shown, and how many characters of each value
_SHOWN, _LONGEST = 20, 160


def pair_lines(one: Compared, columns: int | None = None) -> Iterator[Line]:
    """The line of a pair, and its differences below it."""
    mark, style = MARKS[one.verdict]
    line: Line = [(f"{mark} ", style), (one.what, "bold" if one.verdict != "alike" else "")]
    line.append((f"  {statuses(one)}", ""))
    if said := remark(one):
        line.append((f"  {said}", style))
    yield from folded(line, columns, _INDENT)
    if one.departed:
        yield from folded([*_INDENT, ("departed: ", "red"), (one.departed, "")], columns, _HANG)
    for difference in one.differences[:_SHOWN]:
        yield from folded([*_INDENT, *_difference(difference)], columns, _HANG)
    if (left := one.count - _SHOWN) > 0:
        yield [*_INDENT, (f"… {left:,} more", "dim")]


def statuses(one: Compared) -> str:
    """Both statuses, or the one of the only side."""
    sides = [side.status or "no answer" for side in (one.left, one.right) if side is not None]
    return " → ".join(sides)


def remark(one: Compared) -> str:
    """What is said of a pair beside its statuses."""
    if one.verdict == "added":
        return "only on the right"
    if one.verdict == "removed":
        return "only on the left"
    return plural(one.count, "difference") if one.count else ""


def value_text(value: Any) -> str:
    """A value of a difference, as short JSON."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _difference(one: Difference) -> Iterator[Span]:
    yield f"{one.name}: ", "cyan"
    if one.kind == "added":
        yield f"+ {value_text(one.right)}", "green"
    elif one.kind == "removed":
        yield f"- {value_text(one.left)}", "red"
    else:
        yield value_text(one.left), "red"
        yield " → ", "dim"
        yield value_text(one.right), "green"


def summary_lines(found: Comparison, columns: int | None = None) -> Iterator[Line]:
    """The summary, below what went wrong."""
    for trouble in found.troubles:
        yield from folded([("✗ ", "bold red"), (trouble.said, "")], columns, _INDENT)
    mark, style = MARKS["different" if found.fails else "alike"]
    yield from folded([(f"{mark} ", style), (summary(found), style)], columns, _INDENT)
    if found.noise:
        names = ", ".join(found.noise)
        line = [("left out as it differs by itself: ", "dim"), (names, "dim")]
        yield from folded(line, columns, _INDENT)


def summary(found: Comparison) -> str:
    """How many pairs are alike, and how many not."""
    if found.is_empty:
        return "nothing to compare"
    counts = found.counts()
    said = [plural(counts["alike"] + counts["different"], "exchange") + " compared"]
    if counts["different"]:
        said.append(f"{counts['different']:,} differ" + "s" * (counts["different"] == 1))
    elif counts["alike"]:
        said.append("no difference")
    if counts["removed"]:
        said.append(f"{counts['removed']:,} only on the left")
    if counts["added"]:
        said.append(f"{counts['added']:,} only on the right")
    if found.left_out:
        said.append(f"{sum(found.left_out.values()):,} left out")
    return f"{said[0]}: {', '.join(said[1:])}" if len(said) > 1 else said[0]
