"""Which rules one exchange breaks: a line for each, and what is marked on its time line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.amounts import plural
from asgi_mw.cli.output import folded
from asgi_mw.cli.report_lines import SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.cli.output import Line, Span
    from asgi_mw.events import Exchange
    from asgi_mw.spec import Finding

_INDENT: Line = [("  ", "")]
_HANG: Line = [("    ", "")]


def judged(exchange: Exchange) -> list[Finding]:
    """What of *exchange* the specification does not allow, or what can be read in two ways."""
    from asgi_mw.spec import check  # noqa: PLC0415  # its rules are made when an exchange is opened

    return check(exchange)


def judgement(found: Sequence[Finding], columns: int | None) -> Iterator[Line]:
    """The lines that show *found*, one for each rule; none if nothing was found."""
    if not found:
        return
    yield []
    more = "  explained by: asgi-mw rules ID"
    yield from folded([("Rules", "bold"), (more, "dim")], columns, _INDENT)
    by_rule: dict[str, list[Finding]] = {}
    for one in found:
        by_rule.setdefault(one.rule.id, []).append(one)
    for one, *others in by_rule.values():
        mark, style = SIGNS[one.rule.counts_as]
        again = f", and {plural(len(others), 'time')} more" if others else ""
        line: Line = [*_INDENT, (f"{mark} ", style), (str(one) + again, "")]
        yield from folded(line, columns, _HANG)


def marks(found: Sequence[Finding]) -> dict[int, list[Span]]:
    """What to say beside the events of a time line, by their numbers: each rule once."""
    beside: dict[int, dict[str, Span]] = {}
    for one in found:
        if one.at is not None:
            mark, style = SIGNS[one.rule.counts_as]
            beside.setdefault(one.at, {})[one.rule.id] = (f"  {mark} {one.rule.id}", style)
    return {at: [*spans.values()] for at, spans in beside.items()}
