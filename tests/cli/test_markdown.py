"""A comparison as Markdown: whatever it says means nothing to who renders it."""

from __future__ import annotations

import html
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from asgi_mw.answers import Answer
from asgi_mw.cli.markdown import code, fenced, markdown
from asgi_mw.differences import Difference
from asgi_mw.differences.compared import Compared, Comparison, Side
from asgi_mw.printable import printable
from asgi_mw.troubles import Trouble

_READER = MarkdownIt("commonmark").enable("table")
_TAGS = re.compile(r"<[^>]*>")
_texts = st.text() | st.text("`|*_[]()<>&#!\\~@:\n\r -+>=\"'x")


def read(text: str) -> str:
    """What somebody sees of *text*, in HTML."""
    return str(_READER.render(text))


@given(_texts)
def test_code_shows_any_text(text: str) -> None:
    """In a paragraph and in a table, with the same columns."""
    shown = printable(text, 200)
    table = read(f"| a | b |\n|---|---|\n| {code(text)} | c |\n")
    cells = re.findall(r"<td>(.*?)</td>", table, re.DOTALL)

    assert 2 == len(cells)
    for rendered in (cells[0], read(code(text))):
        seen = html.unescape(_TAGS.sub("", rendered)).strip()
        assert shown.strip() == seen


@given(st.lists(_texts, max_size=4))
def test_no_line_ends_a_block(lines: list[str]) -> None:
    """Each is shown as it is."""
    [block] = [one for one in _READER.parse("\n".join(fenced(lines, "diff"))) if one.type]
    assert ("fence", "diff") == (block.type, block.info)
    assert [printable(one, 1 << 20) for one in lines] == block.content.split("\n")[:-1]


def comparison(what: str, value: Any = "", count: int = 1) -> Comparison:
    """One with *count* pairs that differ."""
    found = Comparison(what, what)
    difference = Difference("body", what, "changed", value, what)
    pair = Compared(what, Side("1", Answer(200, "app")), Side("2"), (difference,), 0, what)
    found.pairs += [pair] * count
    found.noise[what] = None
    found.troubles.append(Trouble("hang", what, what))
    found.problems = (what,)
    return found


@given(_texts)
def test_nothing_that_was_recorded_becomes_markup(text: str) -> None:
    """No link, no picture, no emphasis, and no tag but ours."""
    rendered = read(markdown(comparison(text, text)))
    tags = set(re.findall(r"</?(\w+)", rendered))
    assert tags <= {"h3", "code", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"} | {
        "details",
        "summary",
        "pre",
    }
    assert 1 == rendered.count("<details>") == rendered.count("<tbody>")


def test_what_could_not_be_read_is_said() -> None:
    """Or it would seem as if one side had less."""
    said = markdown(comparison("/a"))
    assert f"- {code('not read: /a')}\n" in said


def test_a_long_report_is_cut() -> None:
    """At what a comment may hold; that is said."""
    text = markdown(comparison("/a", "x" * 2_000, 1_000))
    assert len(text) < 65_536
    assert "of this table left out" in text
    assert text.endswith("More is left out: a comment has a limit.")
    few = markdown(comparison("/a", "x" * 2_000, 3))
    assert 3 == few.count("<details>")
