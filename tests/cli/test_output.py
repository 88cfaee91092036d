"""What is printed is safe for a terminal, and plain where nobody wants colour."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.output import (
    aligned,
    clip,
    folded,
    is_fancy,
    pad,
    say,
    say_json,
    table,
    terminal_width,
)
from asgi_mw.cli.output import width as width_of
from asgi_mw.printable import printable

ANY_TEXT = st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]))


class Terminal(io.StringIO):
    """Stand for a terminal in a text file."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Stand for a terminal with colours and 80 columns; print to it with ``redirect_stdout``."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


@given(ANY_TEXT)
def test_no_text_forges_a_line_or_drives_the_terminal(text: str) -> None:
    """Whatever is printed is one line of printable characters."""
    with redirect_stdout(io.StringIO()) as out:
        say([(text, "")])
    [line, end] = out.getvalue().split("\n")
    assert (True, "") == (line.isprintable(), end)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_is_printable_ascii_and_says_the_same(text: str) -> None:
    """A program reads the text that was given, a terminal is not driven by it."""
    with redirect_stdout(io.StringIO()) as out:
        say_json({"text": text})
    line = out.getvalue().removesuffix("\n")
    assert line.isascii() and line.isprintable()
    assert {"text": text} == json.loads(line)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"caf\xc3\xa9", "café", id="utf-8"),
        pytest.param(b"\xff", {"base64": "/w=="}, id="bytes"),
        pytest.param([(b"a", b"b")], [["a", "b"]], id="pairs"),
        pytest.param({1: float("nan")}, {"1": "nan"}, id="no number of JSON"),
        pytest.param([2**53, -(2**53) - 1], [2**53, "-9007199254740993"], id="no double"),
        pytest.param([True, None], [True, None], id="no number"),
    ],
)
def test_json_has_a_form_for_what_it_does_not_know(value: object, expected: object) -> None:
    """Bytes, tuples, keys and floats that JSON lacks become what it has."""
    with redirect_stdout(io.StringIO()) as out:
        say_json(value)
    assert expected == json.loads(out.getvalue())


def test_a_terminal_gets_colour(terminal: Terminal) -> None:
    """Styles become escape sequences of our own; those in the text stay harmless."""
    with redirect_stdout(terminal):
        say([("a\x1b[2J", "bold red")])
    assert "\x1b[1;31ma\\x1b[2J\x1b[0m\n" == terminal.getvalue()


def test_markup_and_numbers_in_text_are_text(terminal: Terminal) -> None:
    """A path that looks like the markup of rich is shown as it is."""
    with redirect_stdout(terminal):
        say([("/[red]x[/] :smile: 42", "")])
    assert "/[red]x[/] :smile: 42\n" == terminal.getvalue()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colour_gets_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """NO_COLOR and a dumb terminal get plain text."""
    monkeypatch.setenv(name, value)
    with redirect_stdout(terminal):
        say([("a", "bold red")])
    assert "a\n" == terminal.getvalue()


def test_an_empty_no_color_is_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """https://no-color.org: present and not an empty string."""
    monkeypatch.setenv("NO_COLOR", "")
    with redirect_stdout(terminal):
        assert is_fancy()


def test_without_rich_the_text_is_plain(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is a nicety, nobody has to have it."""
    from asgi_mw.cli import output  # noqa: PLC0415  # its cache is emptied

    monkeypatch.setitem(sys.modules, "rich.console", None)
    output._console.cache_clear()
    try:
        with redirect_stdout(terminal):
            say([("a", "bold red")])
    finally:
        output._console.cache_clear()
    assert "a\n" == terminal.getvalue()


def test_an_encoding_without_the_characters_gets_others() -> None:
    """Arrows and bars become ASCII where the encoding lacks them."""
    written = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(written, encoding="ascii")) as out:
        say([("← send  ━━ 3 µs …", "")])
        out.flush()
        assert b"<- send  == 3 us ...\n" == written.getvalue()


def test_only_a_terminal_has_a_width(terminal: Terminal) -> None:
    """A line to a file is as long as it is."""
    with redirect_stdout(terminal):
        assert 80 == terminal_width()
    with redirect_stdout(io.StringIO()):
        assert terminal_width() is None


@given(ANY_TEXT | st.text("a日é\u0301"), st.integers(1, 40))
def test_clipped_text_fits(text: str, columns: int) -> None:
    """Wide and combining characters and escapes are counted as they are shown."""
    assert width_of(clip(text, columns)) <= columns


@given(
    st.lists(st.tuples(ANY_TEXT | st.text("ab 日e\u0301 "), st.just(""))),
    st.integers(4, 40),
    st.integers(0, 50),
)
def test_a_folded_line_fits_and_lacks_nothing(
    line: list[tuple[str, str]], columns: int, hang: int
) -> None:
    """But for blanks, which stand where it was folded."""
    lines = [
        "".join([text for text, _ in one]) for one in folded(line, columns, [(" " * hang, "")])
    ]
    assert max(map(width_of, lines)) <= columns
    text = "".join([printable(text, 10**6) for text, _ in line])
    assert text.replace(" ", "") == "".join(lines).replace(" ", "")


def test_a_line_is_folded_between_words() -> None:
    """Where there are any; and nowhere if it may be as long as it is."""
    line = [("more_body=True decoded=True", "bold"), ("  raised", "red")]
    assert [
        [("more_body=True ", "bold")],
        [("  ", ""), ("decoded=True", "bold"), ("  ", "red")],
        [("  ", ""), ("raised", "red")],
    ] == folded(line, 20, [("  ", "")])
    assert [line] == folded(line, None)


def test_columns_are_aligned_by_what_is_seen() -> None:
    """An escape counts with the length it is shown with, a wide character twice."""
    lines = table(["A", "B", "C"], [[("日", ""), ("1", ""), ("x", ""), ("y", "")]], right="B")
    assert ["A   B  C", "日  1  xy"] == ["".join(text for text, _ in line) for line in lines]
    assert "\\x1b  " == pad("\x1b", 6)
    assert [("  a  ", ""), ("b", "")] == aligned([("a", ""), ("b", "")], [-3])
