"""Draw what was printed on a terminal, as an SVG that needs no fonts of its own."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

from asgi_mw.cli.output import width

_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_COLOURS = {
    "31": "#ff7b72",
    "32": "#7ee787",
    "33": "#e3b341",
    "34": "#79c0ff",
    "35": "#d2a8ff",
    "36": "#76e3ea",
}
_WIDTH, _HEIGHT, _MARGIN = 8, 18, 14
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
    'height="{height}" font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" '
    'font-size="13" fill="#e6edf3" role="img" aria-label="{title}">\n'
    '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>\n'
)


def drawn(printed: str, columns: int, title: str) -> str:
    """An SVG of *printed*, with its colours; a line that is too long goes on in the next one."""
    rows: list[list[tuple[int, str, str]]] = []
    for line in printed.splitlines():
        rows.append([])
        at = 0
        for style, text in _spans(line):
            rest = text
            while rest:
                if at >= columns:
                    rows.append([])
                    at = 0
                part, rest = rest[: columns - at], rest[columns - at :]
                rows[-1].append((at, part, style))
                at += width(part)
    size = {"width": columns * _WIDTH + 2 * _MARGIN, "height": len(rows) * _HEIGHT + 2 * _MARGIN}
    lines = [_HEAD.format(title=escape(title), **size)]
    for number, row in enumerate(rows):
        y = _MARGIN + (number + 1) * _HEIGHT - 5
        for at, text, style in row:
            kept = text.rstrip(" ")
            shift = len(kept) - len(kept.lstrip(" "))
            if kept := kept.lstrip(" "):
                x, length = _MARGIN + (at + shift) * _WIDTH, width(kept) * _WIDTH
                lines.append(
                    f'<text x="{x}" y="{y}" textLength="{length}" xml:space="preserve"{style}>'
                    f"{escape(kept, quote=False)}</text>\n"
                )
    return "".join([*lines, "</svg>\n"])


def _spans(line: str) -> list[tuple[str, str]]:
    """The pieces of a line, each with the attributes of its style."""
    marks = [(0, 0, ""), *((one.start(), one.end(), one[1]) for one in _SGR.finditer(line))]
    return [
        (_style(codes), line[end:start])
        for (_, end, codes), (start, _, _) in pairwise([*marks, (len(line), len(line), "")])
    ]


def _style(codes: str) -> str:
    style = ""
    for code in codes.split(";"):
        if code in _COLOURS:
            style += f' fill="{_COLOURS[code]}"'
        elif code == "1":
            style += ' font-weight="bold"'
        elif code == "2":
            style += ' opacity="0.65"'
    return style
