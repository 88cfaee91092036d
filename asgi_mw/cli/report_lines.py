"""What a check found, as lines for people: each rule with where, which sentence, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.amounts import plural
from asgi_mw.cli.output import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.cli.output import Line, Span
    from asgi_mw.spec.findings import Broken, Findings, Spot
    from asgi_mw.spec.rule import Weight

# How many places of each rule are shown
_SHOWN = 3
_ID = 6
_PLACES = {"scope": "in the scope", "end": "at its end", "receive": "received", "send": "sent"}
_INDENT: Line = [("  ", "")]
_HANG: Line = [("    ", "")]


class Sign(NamedTuple):
    """How a finding is shown: what stands before it, in which style."""

    mark: str
    style: str


SIGNS: dict[Weight, Sign] = {
    "violation": Sign("✗", "bold red"),
    "undecided": Sign("?", "bold yellow"),
    "advice": Sign("·", "cyan"),
}
_SURE = ("✓", "green")


def report_lines(
    findings: Findings, opening: Callable[[str], str], columns: int | None = None
) -> Iterator[Line]:
    """The lines of a report.

    Args:
        findings: What was found.
        opening: Gives the command that opens the exchange of an id.
        columns: How wide a line may be, but for code.
    """
    for broken in findings.sorted():
        yield from _of_rule(broken, opening, columns)
        yield []
    for trouble in findings.troubles:
        mark, style = SIGNS["violation"] if trouble.fails else SIGNS["advice"]
        line: Line = [(f"{mark} ", style), (f"{trouble.what}: {trouble.said}", "")]
        yield from folded(line, columns, _INDENT)
    if findings.troubles:
        yield []
    yield from folded(_summary(findings), columns, _INDENT)


def kind_of(broken: Broken) -> str:
    """Whose fault it is, and what it counts as, as ``"app, must"``."""
    word = broken.rule.counts_as
    return f"{broken.rule.fault}, {broken.rule.severity if word == 'violation' else word}"


def _of_rule(broken: Broken, opening: Callable[[str], str], columns: int | None) -> Iterator[Line]:
    rule, first = broken.rule, broken.first
    mark, style = SIGNS[rule.counts_as]
    times = "once" if broken.count == 1 else f"{broken.count:,} times"
    if broken.exchanges > 1:
        times += f" on {broken.exchanges:,} connections"
    title: Line = [(f"{mark} {rule.id}", style), (f"  {kind_of(broken)}  {times}", "")]
    yield from folded(title, columns, _INDENT)
    yield from folded([*_INDENT, (first.said, "bold")], columns, _INDENT)
    spots = list(broken.spots.values())
    for spot in spots[:_SHOWN]:
        yield from folded([*_INDENT, *_where(spot, first, opening)], columns, _HANG)
    left = broken.count - sum(spot.count for spot in spots[:_SHOWN])
    if left:
        yield [*_INDENT, (f"… {left:,} more elsewhere", "dim")]
    yield from folded([*_INDENT, (f'"{rule.sentence}"', "italic")], columns, _INDENT)
    yield [*_INDENT, (rule.url, "dim")]  # a terminal opens it only if it is whole
    if rule.readings is not None:
        for number, reading in enumerate(rule.readings, 1):
            yield from folded([*_INDENT, (f"Reading {number}: {reading}", "")], columns, _HANG)
        yield [*_INDENT, (f"Discussed: {rule.thread}", "dim")]
    yield from folded([*_INDENT, (rule.why, "")], columns, _INDENT)
    yield [*_INDENT, ("Instead:", "")]
    for code in rule.good.splitlines():
        yield [*_HANG, (code, "green")]


def _where(spot: Spot, first: Spot, opening: Callable[[str], str]) -> Iterator[Span]:
    yield spot.what, "cyan"
    place = _PLACES[spot.where] if spot.at is None else f"event {spot.at}"
    yield f"  {place}", "dim"
    if spot.count > 1:
        yield f"  {spot.count:,} times", ""
    if spot.said != first.said:
        yield f"  {spot.said}", ""
    if spot.ids:
        yield f"  {opening(spot.ids[0][-_ID:])}", "blue"
        if rest := ", ".join(one[-_ID:] for one in spot.ids[1:]):
            yield f"  (also {rest})", "dim"


def _summary(findings: Findings) -> Line:
    counts = findings.counts()
    judged = f"{findings.judged:,} " + ("connection" if findings.judged == 1 else "connections")
    line: Line = [(f"{judged} judged by {plural(len(findings.rules), 'rule')}: ", "")]
    if not findings.broken:
        if findings.fails:
            return [*line, ("none broken, and yet the app fails", "bold red")]
        if not findings.judged:
            return [*line, ("nothing to judge", "")]
        return [(f"{_SURE[0]} ", _SURE[1]), *line, ("all kept", _SURE[1])]
    said = {
        "violation": f"{counts['violation']} broken",
        "undecided": f"{counts['undecided']} that can be read in two ways",
        "advice": f"advice by {counts['advice']}",
    }
    parts: Line = []
    for word, count in counts.items():
        if count:
            parts += [(", ", ""), (said[word], SIGNS[word].style)]
    return [*line, *parts[1:]]
