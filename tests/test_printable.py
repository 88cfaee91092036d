"""Text from outside is safe for one line of a log or a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.printable import printable, printable_lines

anything = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("größe 🙂", "größe 🙂"),
        ("a\r\nb", r"a\r\nb"),
        ("\x1b[2J\x1b]0;pwn\x07", r"\x1b[2J\x1b]0;pwn\x07"),
        ("\x85\x9b\x7f\x00", r"\x85\x9b\x7f\x00"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\u202e\u2066\u200f", r"\u202e\u2066\u200f"),
        ("\udc80", r"\udc80"),
        ("\ufeff", r"\ufeff"),
    ],
    ids=[
        "plain", "empty", "letters and emoji", "line breaks", "terminal escapes", "c0 and c1",
        "line separators", "direction marks", "lone surrogate", "byte order mark",
    ],
)  # fmt: skip
def test_what_could_forge_a_line_becomes_an_escape(text: str, shown: str) -> None:
    """Everything that prints stays as it is."""
    assert printable(text) == shown


@given(anything, st.integers(2, 50))
def test_the_result_prints_on_one_line_within_the_limit(text: str, limit: int) -> None:
    """Whatever the text, for any limit."""
    shown = printable(text, limit)

    assert shown.isprintable() or shown == ""
    assert len(shown) <= limit
    shown.encode()  # no lone surrogate is left


def test_a_cut_is_marked() -> None:
    """The mark counts towards the limit; what just fits is whole."""
    assert printable("abcdef", 5) == "abcd…"
    assert printable("abcde", 5) == "abcde"


@given(anything)
def test_lines_stay_lines_and_each_is_indented(text: str) -> None:
    """So that no line of a traceback can pass for a record of its own."""
    lines = printable_lines(text, indent="  ").split("\n")

    assert all(line.startswith("  ") and line.isprintable() for line in lines)
    assert len(lines) == text.count("\n") + 1


def test_the_end_of_long_text_is_kept() -> None:
    """The end of a traceback says what happened."""
    shown = printable_lines("x" * 100 + "ValueError: no", 15)

    assert shown.startswith("…")
    assert shown.endswith("ValueError: no")
