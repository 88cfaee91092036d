"""The pictures of the docs show what is printed today."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from asgi_mw.cli.output import width
from tests.browser.looks import not_blank
from tests.pictures.__main__ import COMMANDS, HERE, WIDTHS
from tests.pictures.inspected import SCHEMES, SIZE
from tests.pictures.questions import QUESTIONS
from tests.pictures.svg import drawn
from tests.system import PATIENCE, command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make all of them anew."""
    command("chromium")
    folder = tmp_path_factory.mktemp("pictures")
    subprocess.run([sys.executable, "-m", "tests.pictures", folder], check=True, timeout=PATIENCE)
    return folder


@pytest.mark.slow
def test_the_pictures_are_those_that_are_made_today(made: Path) -> None:
    """To the byte; where they are not: ``make pictures``, and look at what changed."""
    assert len(COMMANDS) * len(WIDTHS) * 2 == len(texts(made))
    assert texts(HERE) == texts(made)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["page", *(one.picture for one in QUESTIONS)])
def test_the_page_is_pictured(made: Path, name: str, scheme: str) -> None:
    """In its size, and not blank."""
    for folder in (made, HERE):
        picture = folder / f"{name}-{scheme}.png"
        assert not_blank(picture)
        with Image.open(picture) as opened:
            assert SIZE == opened.size


def texts(folder: Path) -> dict[str, str]:
    """The pictures that are text, by name; charts have what was measured once."""
    return {
        path.name: path.read_text("utf-8")
        for path in folder.iterdir()
        if path.suffix != ".png" and not path.name.startswith(("cost-", "requests-"))
    }


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_picture_is_wider_than_its_terminal(columns: int) -> None:
    """Of none of the commands."""
    for name in COMMANDS:
        lines = (HERE / f"{name}-{columns}.txt").read_text("utf-8").splitlines()
        assert max(map(width, lines)) <= columns


def test_a_line_that_is_too_long_goes_on_in_the_next() -> None:
    """As on a terminal, in its colour."""
    svg = drawn("ab\x1b[1;31mcd<\x1b[0m e", 4, "a & b").splitlines()
    assert 'aria-label="a &amp; b"' in svg[0]
    assert [
        '<text x="14" y="27" textLength="16" xml:space="preserve">ab</text>',
        (
            '<text x="30" y="27" textLength="16" xml:space="preserve" font-weight="bold"'
            ' fill="#ff7b72">cd</text>'
        ),
        (
            '<text x="14" y="45" textLength="8" xml:space="preserve" font-weight="bold"'
            ' fill="#ff7b72">&lt;</text>'
        ),
        '<text x="30" y="45" textLength="8" xml:space="preserve">e</text>',
    ] == svg[2:-1]
