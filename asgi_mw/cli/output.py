"""Print lines: in colour on a terminal, as plain text to a file, never with control characters."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from asgi_mw.colours import wants_colour
from asgi_mw.printable import printable
from asgi_mw.recorder.objects import ascii_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

# A piece of text and its style in the words of rich, as "bold red"
Span: TypeAlias = tuple[str, str]
Line: TypeAlias = list[Span]

NOTHING: Line = []
# If there is less room after the indent of folded lines, they have no indent
_ROOM = 16
# A line is never cut for being long, only made safe
_LONGEST = 1 << 20
# The module of an exception that was raised, and its class
_CLASS = re.compile(r"(?:✗|\braised) ((?:\w+\.)+)(\w+)")
_ASCII = str.maketrans(
    {
        "━": "=",
        "╸": "-",
        "─": "-",
        "│": "|",
        "├": "|",
        "┤": "|",
        "←": "<-",
        "→": "->",
        "…": "...",
        "µ": "u",
    }
    | {"●": "*", "✗": "x", "✓": "+", "·": "."}
)


def say(*lines: Line) -> None:
    """Print *lines*; whatever is in them, nothing forges a line or drives the terminal."""
    console = _console() if is_fancy() else None
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    for line in lines:
        safe = [(printable(text, _LONGEST), style) for text, style in line]
        if not unicode:
            safe = [(text.translate(_ASCII), style) for text, style in safe]
        if console is None:
            click.echo("".join([text for text, _ in safe]).rstrip())
        else:
            from rich.text import Text  # noqa: PLC0415  # an extra

            console.print(Text.assemble(*safe), soft_wrap=True)


def say_json(value: Any) -> None:
    r"""Print *value* as one line of JSON, in ASCII, so that it is safe on a terminal as well.

    >>> say_json({"path": "/\x1b[2J", "body": b"\x7f", "bytes": b"\xff"})
    {"path": "/\u001b[2J", "body": "\u007f", "bytes": {"base64": "/w=="}}
    """
    click.echo(ascii_json(value))


def is_fancy() -> bool:
    """Whether stdout is a terminal that wants colour (https://no-color.org), and rich is there."""
    return sys.stdout.isatty() and wants_colour() and _console() is not None


def terminal_width() -> int | None:
    """Columns of the terminal; ``None`` if lines have no limit."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def width(text: str) -> int:
    """Columns that *text* takes on a terminal.

    >>> width("né"), width("日本")
    (2, 4)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def clip(text: str, columns: int) -> str:
    """*text*, made safe, in at most *columns*; a ``…`` stands for what is left out.

    >>> clip("/users/7", 6), clip("日本語", 4)
    ('/user…', '日…')
    """
    text = printable(text, _LONGEST)
    if width(text) <= columns:
        return text
    kept = text[: max(columns - 1, 0)]
    while width(kept) > columns - 1:
        kept = kept[:-1]
    return kept + "…"


def pad(text: str, columns: int) -> str:
    """*text*, made safe, filled up to *columns*: on the left if *columns* is negative."""
    text = printable(text, _LONGEST)
    fill = " " * (abs(columns) - width(text))
    return fill + text if columns < 0 else text + fill


def folded(line: Line, columns: int | None, hang: Line = NOTHING) -> list[Line]:
    """*line*, made safe, in lines of at most *columns*, each but the first behind *hang*.

    It is folded at a blank, unless that would leave half of the line empty.

    >>> folded([("GET /users/7?page=2", "bold"), (" found it", "")], 24, [("  ", "")])
    [[('GET /users/7?page=2', 'bold'), (' ', '')], [('  ', ''), ('found it', '')]]
    """
    if columns is None:
        return [line]
    lines: list[Line] = [[]]
    start = sum(width(text) for text, _ in hang)
    if columns - start < _ROOM:
        hang, start = NOTHING, 0
    half = (columns + start) // 2
    left = columns
    for text, style in line:
        rest = printable(text, _LONGEST)
        while width(rest) > left:
            taken = _fitting(rest, left)
            blank = rest.rfind(" ", 0, taken + 1) + 1
            used = columns - left
            if blank and used + blank > half:
                taken = min(blank, taken)
            elif used > half:
                taken = 0
            elif used <= start:
                taken = max(taken, 1)  # no line is too narrow for one character
            lines[-1].append((rest[:taken], style))
            lines.append([*hang])
            rest = rest[taken:].removeprefix(" ")
            left = columns - start
        lines[-1].append((rest, style))
        left -= width(rest)
    return lines


def without_modules(line: Line, columns: int | None) -> Line:
    """*line*, in which an exception has only its class if there is no room for its module.

    >>> without_modules([("  ", ""), ("✗ starlette.websockets.WebSocketDisconnect", "red")], 40)
    [('  ', ''), ('✗ WebSocketDisconnect', 'red')]
    """
    if columns is None:
        return line
    left, short = columns, []
    for said, style in line:
        text = said
        found = _CLASS.search(text)
        if found is not None and width(printable(text[: found.end()], _LONGEST)) > left:
            text = text[: found.start(1)] + text[found.start(2) :]
        short.append((text, style))
        left -= width(printable(text, _LONGEST))
    return short


def _fitting(text: str, columns: int) -> int:
    """How many characters of *text* fit."""
    if text.isascii():
        return max(min(len(text), columns), 0)
    for place, character in enumerate(text):
        columns -= width(character)
        if columns < 0:
            return place
    return len(text)


def table(head: Sequence[str], rows: Iterable[Line], right: str = "") -> list[Line]:
    """Lines with aligned columns; the last column is not padded.

    Args:
        head: The names of the columns.
        rows: A span for each column, and any number of spans for the last one.
        right: Names of columns to align on the right, separated by spaces.
    """
    lines = [[(name, "bold") for name in head], *rows]
    widths = []
    for n, name in enumerate(head[:-1]):
        columns = max(width(printable(line[n][0], _LONGEST)) for line in lines)
        widths.append(-columns if name in right.split() else columns)
    return [aligned(line, widths) for line in lines]


def aligned(cells: Line, widths: Sequence[int]) -> Line:
    """One line of a table: *widths* of the columns before the last, negative to align right."""
    padded = [
        (pad(text, columns) + "  ", style)
        for (text, style), columns in zip(cells, widths, strict=False)
    ]
    return [*padded, *cells[len(widths) :]]


@cache
def _console() -> Console | None:
    try:
        from rich.console import Console  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    return Console(highlight=False, markup=False, emoji=False)
