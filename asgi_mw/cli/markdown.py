"""What a comparison found as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.amounts import plural
from asgi_mw.cli.difference_lines import MARKS, remark, statuses, summary, value_text
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.differences import Difference
    from asgi_mw.differences.compared import Compared, Comparison

# How long a comment may be on the usual hosts; the rest is left out, and the comment says so
_LONGEST = 60_000
_SHOWN, _CELL = 20, 200
_TICKS = re.compile("`+")


def markdown(found: Comparison) -> str:
    """A heading, a table of what is not alike, and the differences of each to be unfolded."""
    mark, _ = MARKS["different" if found.fails else "alike"]
    head = [f"### {mark} {code(found.left)} → {code(found.right)}", "", f"{summary(found)}.", ""]
    failed = [one.said for one in found.troubles] + [f"not read: {one}" for one in found.problems]
    head += [f"- {code(said)}" for said in failed] + [""] * bool(failed)
    if found.noise:
        names = ", ".join(code(name) for name in found.noise)
        head += [f"Left out as it differs by itself: {names}.", ""]
    odd = [one for one in found.pairs if one.verdict != "alike"]
    lines = _within([*head, *_table(odd)], _LONGEST // 2)
    for one in odd:
        details = "\n".join(_details(one))
        if len(lines) + len(details) > _LONGEST:
            return f"{lines}\n\nMore is left out: a comment has a limit."
        lines += details
    return lines.rstrip()


def code(text: str) -> str:
    """*text* as code in Markdown or HTML, in a table as well; nothing in it acts as markup.

    >>> code("GET /a|b")
    '<code>GET &#47;a&#124;b</code>'
    """
    # https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references: a numeric
    # character reference never stands for a symbol that means structure
    safe = [
        one if one.isalnum() or one == " " or not one.isascii() else f"&#{ord(one)};"
        for one in printable(text, _CELL)
    ]
    return f"<code>{''.join(safe)}</code>"


def fenced(lines: list[str], language: str) -> list[str]:
    """*lines* as a block of code that none of them can end."""
    safe = [printable(line, 1 << 20) for line in lines]
    longest = max((len(run) for line in safe for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *safe, fence]


def _table(odd: list[Compared]) -> Iterator[str]:
    if not odd:
        return
    yield "| | Request | Status | |"
    yield "|---|---|---|---|"
    for one in odd:
        said = "departed" if one.departed and not one.count else remark(one)
        yield f"| {MARKS[one.verdict][0]} | {code(one.what)} | {statuses(one)} | {said} |"
    yield ""


def _within(lines: list[str], longest: int) -> str:
    """As many *lines* as there is room for."""
    text = ""
    for place, line in enumerate(lines):
        if len(text) + len(line) > longest:
            return f"{text}\n{plural(len(lines) - place, 'line')} of this table left out.\n\n"
        text += f"{line}\n"
    return text


def _details(one: Compared) -> Iterator[str]:
    lines = [f"! departed: {one.departed}"] if one.departed else []
    for difference in one.differences[:_SHOWN]:
        lines += _difference(difference)
    if (left := one.count - _SHOWN) > 0:
        lines.append(f"  … {left:,} more")
    if lines:
        yield f"\n<details><summary>{code(one.what)}</summary>\n"
        yield from fenced(lines, "diff")
        yield "\n</details>\n"


def _difference(one: Difference) -> Iterator[str]:
    yield f"  {one.name}"
    if one.kind != "added":
        yield f"- {value_text(one.left)}"
    if one.kind != "removed":
        yield f"+ {value_text(one.right)}"
