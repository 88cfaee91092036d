"""Draw figures as bars: one SVG for light pages and one for dark ones."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_THEMES = {
    "light": {"text": "#1f2328", "dim": "#59636e", "line": "#d1d9e0", "ours": "#0969da",
              "theirs": "#afb8c1"},
    "dark": {"text": "#f0f6fc", "dim": "#9198a1", "line": "#3d444d", "ours": "#4493f8",
             "theirs": "#656c76"},
}  # fmt: skip
_FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"
_WIDTH, _LABELS, _VALUES, _MARGIN = 760, 250, 120, 16
_ROW, _BAR, _HEAD, _FOOT = 30, 16, 58, 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        label: What it is of.
        value: How long it is.
        shown: The value with its unit.
        ours: In the colour of what is ours.
    """

    label: str
    value: float
    shown: str
    ours: bool


def write(folder: Path, name: str, title: str, below: str, bars: Sequence[Bar]) -> list[Path]:
    """Write the chart in both themes, as ``name-light.svg`` and ``name-dark.svg``."""
    paths = []
    for theme, colours in _THEMES.items():
        path = folder / f"{name}-{theme}.svg"
        path.write_text(_drawn(title, below, bars, colours), "utf-8")
        paths.append(path)
    return paths


def _drawn(title: str, below: str, bars: Sequence[Bar], colours: dict[str, str]) -> str:
    bottom = _HEAD + len(bars) * _ROW
    height = bottom + _FOOT
    most = max(bar.value for bar in bars)
    left = _MARGIN + _LABELS
    room = _WIDTH - left - _VALUES - _MARGIN
    told = f"{title}. " + "; ".join(f"{bar.label}: {bar.shown}" for bar in bars)
    head = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {_WIDTH} {height}",
        "width": _WIDTH,
        "height": height,
        "font-family": _FONT,
        "font-size": 14,
        "fill": colours["text"],
        "role": "img",
        "aria-label": told,
    }
    axis = {"x1": left, "y1": _HEAD - 8, "x2": left, "y2": bottom - 6, "stroke": colours["line"]}
    lines = [_tag("text", {"x": _MARGIN, "y": 32, "font-size": 17, "font-weight": 600}, title)]
    for at, bar in enumerate(bars):
        top = _HEAD + at * _ROW
        length = max(2, round(bar.value / most * room))
        fill = colours["ours" if bar.ours else "theirs"]
        base = top + _BAR - 3
        lines += [
            _tag("text", {"x": left - 10, "y": base, "text-anchor": "end"}, bar.label),
            _tag("rect", {"x": left, "y": top, "width": length, "height": _BAR, "fill": fill}),
            _tag("text", {"x": left + length + 8, "y": base, "font-weight": 600}, bar.shown),
        ]
    note = {"x": _MARGIN, "y": bottom + 18, "font-size": 12, "fill": colours["dim"]}
    lines += [_tag("line", axis), _tag("text", note, below)]
    return _tag("svg", head, "\n".join(["", *lines, ""]), plain=False) + "\n"


def _tag(name: str, attributes: dict[str, object], inside: str = "", *, plain: bool = True) -> str:
    """An element; what is *inside* is text, unless it is not *plain*."""
    said = " ".join(f'{key}="{escape(str(value))}"' for key, value in attributes.items())
    return f"<{name} {said}>{escape(inside) if plain else inside}</{name}>"
