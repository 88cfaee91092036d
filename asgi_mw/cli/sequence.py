"""What passed between server, layers and app, as a sequence diagram in text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.amounts import size
from asgi_mw.cli.layers import label
from asgi_mw.cli.output import folded
from asgi_mw.messages import STARTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.cli.output import Line
    from asgi_mw.events import Exchange
    from asgi_mw.passages import Crossing, HeaderChanges, Passage

_HEAD, _TAIL = 60, 20
# What is said beside an arrow takes so many columns at least, or it stands below
_ROOM = 26
_INWARD, _OUTWARD = ("→", "cyan"), ("←", "magenta")


class _Step(NamedTuple):
    """One message, or the call of the app, at one boundary: between column *at* and the next."""

    moment: int
    at: int
    inward: bool
    said: str
    raised: str | None
    starts: bool


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
    arrows = _arrows(_steps(exchange, layers), layers)
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
        said = _said(arrow, style)
        if room is not None and room < _ROOM:
            lines.append(head)
            lines += folded([("    ", ""), *said], columns, [("      ", "")])
        else:
            lines += folded([*head, ("  ", ""), *said], columns, [*below, ("    ", "")])
    return lines


def _said(arrow: _Arrow, style: str) -> Line:
    line: Line = [(arrow.said, f"bold {style}" if style else "bold red")]
    if arrow.changed:
        line.append((f"  {arrow.changed}", "yellow"))
    if arrow.raised:
        line.append((f"  ✗ raised {arrow.raised}", "bold red"))
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


def _steps(exchange: Exchange, layers: Sequence[Passage]) -> list[_Step]:
    """All that crossed any boundary, in the order of the moments."""
    steps = [
        _Step(one.entered, at, inward=True, said="call", raised=None, starts=True)
        for at, one in enumerate(layers)
        if one.entered is not None
    ]
    if layers and layers[-1].handed_on is not None:
        moment = layers[-1].handed_on
        steps.append(_Step(moment, len(layers), inward=True, said="call", raised=None, starts=True))
    for event in exchange.events:
        status = event.message.get("status")
        steps += _step(
            0,
            inward=event.direction == "receive",
            moment=event.called if event.direction == "send" else event.returned,
            kind=event.type,
            status=status if isinstance(status, int) else None,
            count=event.size,
            raised=event.raised,
        )
    for at, one in enumerate(layers, start=1):
        for it in one.crossings:
            steps += _crossing(at, it)
    # Of one moment, what comes first is what is nearer to where it began
    return sorted(steps, key=lambda step: (step.moment, step.at if step.inward else -step.at))


def _crossing(at: int, one: Crossing) -> list[_Step]:
    inward = one.direction == "receive"
    return _step(
        at,
        inward=inward,
        moment=one.returned if inward else one.called,
        kind=one.type,
        status=one.status,
        count=one.size,
        raised=one.raised,
    )


def _step(
    at: int,
    *,
    inward: bool,
    moment: int | None,
    kind: str,
    status: int | None,
    count: int,
    raised: str | None,
) -> list[_Step]:
    if moment is None or not (kind or raised):
        return []  # nothing came of it yet
    said = kind or "receive"
    if status is not None:
        said += f" {status}"
    if count:
        said += f"  {size(count)}"
    return [_Step(moment, at, inward, said, raised, starts=kind in STARTS)]


def _arrows(steps: Sequence[_Step], layers: Sequence[Passage]) -> list[_Arrow]:
    """The same message at boundaries one after the other as one arrow, up to where it changes."""
    arrows: list[_Arrow] = []
    for step in steps:
        start, end = (step.at, step.at + 1) if step.inward else (step.at + 1, step.at)
        # The layer that it comes out of: the server and the app are none
        layer = layers[start - 1] if 0 < start <= len(layers) else None
        changed = _changed(layer, step) if layer is not None else ""
        last = arrows[-1] if arrows else None
        if (
            last is not None
            and last.end == start
            and (last.start < last.end) == step.inward
            and last.said == step.said
            and last.raised == step.raised
            and not changed
        ):
            arrows[-1] = last._replace(end=end)
        else:
            arrows.append(_Arrow(step.moment, start, end, step.said, changed, step.raised))
    return arrows


def _changed(layer: Passage, step: _Step) -> str:
    """What *layer* changed of what comes out of it, by name."""
    if not step.starts:
        return ""
    if step.said != "call":
        return _names(layer.response.headers)
    scope = layer.scope
    found = [f"+{key}" for key in scope.added] + [f"-{key}" for key in scope.removed]
    found += [f"~{key}" for key in scope.replaced]
    return ", ".join([*found, *filter(None, [_names(layer.request.headers)])])


def _names(headers: HeaderChanges) -> str:
    found = [
        *(("+", name) for name, _ in headers.added),
        *(("-", name) for name, _ in headers.removed),
        *(("~", name) for name, *_ in headers.replaced),
    ]
    names = [f"{mark}{name.decode('latin-1').lower()}" for mark, name in found]
    return ", ".join(dict.fromkeys(names))


def _faults(layers: Sequence[Passage]) -> Iterator[_Arrow]:
    """Where an exception was swallowed, replaced or raised by a layer."""
    for at, one in enumerate(layers, start=1):
        fault = one.fault
        if fault is not None and one.left is not None:
            what = fault.outside if fault.what == "raised" else fault.inside
            yield _Arrow(one.left, at, at, f"{fault.what} {what}", "", None)
