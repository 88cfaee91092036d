"""What passed between server, layers and app, as a sequence diagram in text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.amounts import size
from asgi_mw.cli.layers import fault_style, label
from asgi_mw.cli.output import folded, without_modules
from asgi_mw.steps import changes, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.cli.output import Line
    from asgi_mw.events import Exchange
    from asgi_mw.passages import Passage
    from asgi_mw.steps import Step

_HEAD, _TAIL = 60, 20
# The text beside an arrow needs so many columns; with less room, it is below the arrow
_ROOM = 26
_INWARD, _OUTWARD = ("→", "cyan"), ("←", "magenta")
_MARKS = {"added": "+", "removed": "-", "replaced": "~"}


class _Arrow(NamedTuple):
    """The same message at one boundary after the other: from column *start* to column *end*."""

    moment: int
    start: int
    end: int
    said: str
    changed: str
    raised: str | None


def sequence(exchange: Exchange, *, full: bool = False, columns: int | None = None) -> list[Line]:
    """The diagram: a column for the server, for each layer that can be seen, and for the app.

    A message is an arrow.  Where a layer changes it, holds it back, or sends another, a new
    arrow begins, which says what was changed.

    Args:
        exchange: One with layers.
        full: All arrows, not only the beginning and the end.
        columns: How wide a line may be.
    """
    shown = [
        (place, one) for place, one in enumerate(exchange.layers) if one.visible or one.crossings
    ]
    layers = [one for _, one in shown]
    labels = ["S", *(label(place) for place, _ in shown), "A"]
    fault = fault_style(exchange)
    arrows = _arrows(exchange, layers)
    arrows += _faults(layers)
    arrows.sort(key=lambda arrow: arrow.moment)  # stable
    left_out = 0 if full else max(len(arrows) - _HEAD - _TAIL, 0)
    times = [f"{arrow.moment / 1e6:,.3f}" for arrow in arrows]
    margin = max([len("MS"), *map(len, times)])
    gap = 2 if columns is None or margin + 2 * len(labels) + 2 <= columns else 1
    lifelines = gap * (len(labels) - 1) + 1
    room = None if columns is None else columns - margin - 4 - lifelines
    lines: list[Line] = [
        [
            ("MS".rjust(margin) + "  ", "bold"),
            ((" " * (gap - 1)).join(labels), "bold"),
        ]
    ]
    for place, (arrow, time) in enumerate(zip(arrows, times, strict=True)):
        if _HEAD <= place < _HEAD + left_out:
            if place == _HEAD:
                lines.append([(f"… {left_out:,} arrows more, shown with --full", "yellow")])
            continue
        drawn, style = _drawn(arrow, len(labels), gap)
        head: Line = [(time.rjust(margin) + "  ", "dim"), (drawn, style)]
        below: Line = [
            (
                " " * (margin + 2) + "│".join([""] + [" " * (gap - 1)] * (len(labels) - 1) + [""]),
                "dim",
            )
        ]
        said = _said(arrow, style, fault)
        if room is not None and room < _ROOM:
            lines.append(head)
            said = without_modules([("    ", ""), *said], columns)
            lines += folded(said, columns, [("      ", "")])
        else:
            said = without_modules([*head, ("  ", ""), *said], columns)
            lines += folded(said, columns, [*below, ("    ", "")])
    return lines


def _said(arrow: _Arrow, style: str, fault: str) -> Line:
    line: Line = [(arrow.said, f"bold {style}" if style else fault)]
    if arrow.changed:
        line.append((f"  {arrow.changed}", "yellow"))
    if arrow.raised:
        line.append((f"  ✗ raised {arrow.raised}", fault))
    return line


def _drawn(arrow: _Arrow, count: int, gap: int) -> tuple[str, str]:
    """The lifelines of *count* columns, with the arrow among them."""
    row = [*(" " * (gap - 1)).join("│" * count)]
    if arrow.start == arrow.end:
        row[arrow.start * gap] = "✗"
        return "".join(row), ""
    low, high = sorted((arrow.start * gap, arrow.end * gap))
    inward = arrow.start < arrow.end
    head, style = _INWARD if inward else _OUTWARD
    row[low + 1 : high] = "─" * (high - low - 1)
    row[low], row[high] = ("├", head) if inward else (head, "┤")
    return "".join(row), style


def _arrows(exchange: Exchange, layers: Sequence[Passage]) -> list[_Arrow]:
    """The arrows: a message is one arrow across all boundaries, up to where a layer changes it."""
    arrows: list[_Arrow] = []
    for step in steps(exchange, layers):
        if step.kind in {"return", "raise"} or not (
            step.kind == "call" or step.type or step.raised
        ):
            continue  # an end, or nothing came of it yet
        said = _what(step)
        changed = ", ".join(_MARKS[what] + name for what, name in changes(step, layers))
        last = arrows[-1] if arrows else None
        if (
            last is not None
            and last.end == step.start
            and (last.start < last.end) == step.inward
            and last.said == said
            and last.raised == step.raised
            and not changed
        ):
            arrows[-1] = last._replace(end=step.end)
        else:
            arrows.append(_Arrow(step.moment, step.start, step.end, said, changed, step.raised))
    return arrows


def _what(step: Step) -> str:
    said = step.type or step.kind
    if step.status is not None:
        said += f" {step.status}"
    return f"{said}  {size(step.size)}" if step.size else said


def _faults(layers: Sequence[Passage]) -> Iterator[_Arrow]:
    """Where an exception was swallowed, replaced or raised by a layer."""
    for at, one in enumerate(layers, start=1):
        fault = one.fault
        if fault is not None and one.left is not None:
            what = fault.outside if fault.what == "raised" else fault.inside
            yield _Arrow(one.left, at, at, f"{fault.what} {what}", "", None)
