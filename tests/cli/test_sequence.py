"""The diagram tells who said what to whom, and where it was changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli.output import width
from asgi_mw.cli.sequence import sequence
from asgi_mw.passages import Passage
from tests.cli.facts import LAYERED, MS, crossed

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def shown(exchange: Exchange, columns: int | None = None, *, full: bool = False) -> list[str]:
    """The lines without their styles."""
    lines = sequence(exchange, columns=columns, full=full)
    return ["".join([text for text, _ in line]).rstrip() for line in lines]


def test_each_message_is_an_arrow_up_to_where_it_changes() -> None:
    """What cannot be seen has no column; what was swallowed has a mark."""
    assert [
        "    MS  S 1 3 A",
        " 0.500  ├───→ │  call",
        " 1.500  │ ├─→ │  http.request  3 B",
        " 2.000  │ │ ├─→  call  +user, -old, ~path, -content-encoding, ~x",
        " 3.000  │ │ ├─→  http.request  7 B  ✗ raised OSError",
        " 5.000  ├─→ │ │  http.request  3 B",
        " 5.500  │ ←─┤ │  http.response.start 201",
        " 6.000  ←─┤ │ │  http.response.start 201  +access-control-allow-origin",
        " 7.500  ←───┤ │  http.response.body  9 B",
        "10.000  │ │ ✗ │  swallowed ValueError: no",
    ] == shown(LAYERED)


@pytest.mark.parametrize("columns", [80, 40, 20])
def test_it_fits_the_terminal(columns: int) -> None:
    """Every line: what is said stands below its arrow where there is no room beside it."""
    lines = shown(LAYERED, columns)
    assert max(map(width, lines)) <= columns


def test_of_a_long_connection_the_middle_is_left_out() -> None:
    """Unless all of it is asked for."""
    crossings = tuple(crossed("send", at, f"websocket.send{at}") for at in range(500))
    one = Passage("a", "a", entered=1, handed_on=2, left=MS, own=1, crossings=crossings)
    long = replace(LAYERED, events=(), layers=(one,))
    assert 82 == len(shown(long))
    assert any("arrows more, shown with --full" in line for line in shown(long))
    assert 502 == len(shown(long, full=True))


def test_many_layers_still_have_a_column_each() -> None:
    """Closer together where the terminal is narrow."""
    many = tuple(Passage(f"a{n}", f"a{n}", entered=n + 1, handed_on=n + 2) for n in range(25))
    lines = shown(replace(LAYERED, layers=many, events=()), 40)
    assert max(map(width, lines)) <= 40
    assert "S123456789abcdefghijkmnopqA" in lines[0]
