"""One row of the table that the bench prints, and the table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.rounds import Spread


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, its bar if it has one, and what it was made of.

    Attributes:
        name: What was measured.
        value: The figure, in *unit*.
        unit: ``"ns"``, ``"us"``, ``"ms"``, ``"/s"``, or ``"x"`` for a share of a peer's time.
        bar: What the figure is held to; ``None`` if it is shown for comparison alone.
        least: The figure must reach the bar, instead of staying under it.
        sound: Nothing went wrong that would make the figure worthless.
        parts: The figures that it was made of, by name.
        note: What a reader has to know.
    """

    name: str
    value: float
    unit: str
    bar: float | None = None
    least: bool = False
    sound: bool = True
    parts: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def passes(self) -> bool | None:
        """Whether the figure holds its bar; ``None`` without one."""
        if self.bar is None:
            return None
        held = self.value >= self.bar if self.least else self.value <= self.bar
        return held and self.sound


def ratio(name: str, found: dict[str, Spread], bar: float | None = None, note: str = "") -> Row:
    """The first of two prices as a share of the second."""
    ours, theirs = (spread.median for spread in found.values())
    return Row(name, ours / theirs, "x", bar, parts=parts(found), note=note)


def parts(found: dict[str, Spread]) -> dict[str, float]:
    """Each price in us."""
    return {f"{name} [us]": round(spread.median / 1e3, 2) for name, spread in found.items()}


def table(rows: list[Row]) -> str:
    """*rows* as aligned text."""
    lines = [("what", "measured", "bar", "", "made of")]
    for row in rows:
        bar = "" if row.bar is None else f"{'>=' if row.least else '<='} {_figure(row.bar, row)}"
        verdict = {True: "PASS", False: "over", None: ""}[row.passes]
        parts = ", ".join(f"{name} {value:,.6g}" for name, value in row.parts.items())
        detail = "; ".join(filter(None, (parts, row.note)))
        lines.append((row.name, _figure(row.value, row), bar, verdict, detail))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        f"{line[0]:<{widths[0]}}  {line[1]:>{widths[1]}}  {line[2]:>{widths[2]}}  "
        f"{line[3]:<{widths[3]}}  {line[4]}".rstrip()
        for line in lines
    )


def _figure(value: float, row: Row) -> str:
    if row.unit in {"/s", "ns"}:
        return f"{value:,.0f} {row.unit}".replace(" /s", "/s")
    return f"{value:.3f} {row.unit}"
