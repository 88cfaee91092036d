"""The table of exchanges suits any terminal: what matters most is always whole."""

from __future__ import annotations

from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.listing import BY_SERVER, headline, listing, one_row, row_of
from asgi_mw.cli.output import width
from asgi_mw.events import Event, Failure
from asgi_mw.printable import printable
from tests.cli.facts import EXCHANGE, FAILED, IN_FLIGHT, LOST, sent

if TYPE_CHECKING:
    from asgi_mw.cli.output import Line
    from asgi_mw.events import Exchange

CRASHED = replace(FAILED, events=())
CLOSED = replace(
    EXCHANGE,
    type="websocket",
    scope={"path": "/ws"},
    events=(
        sent(0, 1, {"type": "websocket.accept"}),
        Event("receive", 2, 3, {"type": "websocket.disconnect", "code": 4001, "reason": "enough"}),
    ),
)
LIFESPAN = replace(EXCHANGE, type="lifespan", scope={}, events=())
ALL = [EXCHANGE, CRASHED, IN_FLIGHT, LOST, CLOSED, LIFESPAN]


def text_of(lines: list[Line]) -> list[str]:
    """The lines without their styles and without the blanks at their ends."""
    return ["".join([text for text, _ in line]).rstrip() for line in lines]


def table(exchanges: list[Exchange], columns: int | None) -> list[str]:
    """What `ls` prints."""
    return text_of(listing([row_of(one) for one in exchanges], columns))


def test_at_40_columns() -> None:
    """What cannot stand beside is below; of what is complete nothing need be said."""
    later = replace(EXCHANGE, ended=1_500_000_000)
    assert [
        "STATUS METHOD PATH           TOOK ID",
        "201    POST   /upload?a=1 10.0 ms 4f5a6b",
        "500*   POST   /upload?a=1  5.0 ms 4f5a6b",
        "              error  ✗ app.Oops",
        "101 4001 WS     /ws       10.0 ms 4f5a6b",
        "              client closed: enough",
        "       LIFESPAN           10.0 ms 4f5a6b",
        "201    POST   /upload?a=1  1.50 s 4f5a6b",
        "* answered by the server, since the app",
        "  did not",
    ] == table([EXCHANGE, CRASHED, CLOSED, LIFESPAN, later], 40)


@pytest.mark.parametrize(
    ("columns", "below"),
    [
        (40, "              ✗ WebSocketDisconnect"),
        (60, "                  ✗ starlette.websockets.WebSocketDisconnect"),
        (None, "complete  ✗ starlette.websockets.WebSocketDisconnect"),
    ],
)
def test_where_there_is_no_room_an_error_goes_without_its_module(
    columns: int | None, below: str
) -> None:
    """It is not cut inside its name."""
    error = Failure("starlette.websockets.WebSocketDisconnect", "", "", 5)
    *_, last = table([replace(CLOSED, error=error)], columns)

    assert last.endswith(below)


def test_at_80_columns() -> None:
    """The outcome, and what is to be said of it, as far as there is room."""
    long = replace(EXCHANGE, scope={**EXCHANGE.scope, "path": "/" + "x" * 70})
    assert [
        "STATUS    METHOD  PATH            TOOK  ID      OUTCOME",
        "201       POST    /upload?a=1  10.0 ms  4f5a6b  complete",
        "500*      POST    /upload?a=1   5.0 ms  4f5a6b  error  ✗ app.Oops",
        "101 4001  WS      /ws          10.0 ms  4f5a6b  complete  client closed: enough",
        f"201       POST    /{'x' * 61}",
        "                  xxxxxxxxx?a=1",
        "                               10.0 ms  4f5a6b  complete",
        BY_SERVER,
    ] == table([EXCHANGE, CRASHED, CLOSED, long], 80)


def test_a_pipe_gets_everything_in_one_line_each() -> None:
    """A long path moves what is behind it, and does not make the others as long."""
    long = replace(EXCHANGE, scope={**EXCHANGE.scope, "path": "/" + "x" * 200})
    head, *lines = table([*ALL, long], None)
    names = ["STATUS", "METHOD", "PATH", "TOOK", "ID", "TIME", "IN", "OUT", "EVENTS", "WORKER"]
    assert [*names, "OUTCOME"] == head.split()
    assert len(ALL) + 1 == len(lines)
    assert 200 > max(map(len, lines[:-1]))
    assert "error  ✗ app.Oops" == lines[1][head.index("OUTCOME") :]


@given(st.integers(40, 200), st.text(max_size=300), st.sampled_from(ALL))
def test_what_matters_is_never_cut(columns: int, path: str, exchange: Exchange) -> None:
    """Whatever the path is, and however narrow the terminal: nothing is wider than it."""
    asked = {"method": "OPTIONS", "path": f"/{path}"}
    exchange = replace(exchange, scope={**exchange.scope, **asked}, began=time_ns())
    row = row_of(exchange)
    for lines in (listing([row], columns)[1:], one_row(row, columns)):
        shown = text_of(lines)
        assert max(map(width, shown)) <= columns
        for name in ("STATUS", "METHOD", "PATH", "TOOK", "ID"):
            said = printable(row.cells[name][0], 10_000)
            assert said.replace(" ", "") in "".join(shown).replace(" ", "")


@pytest.mark.parametrize("columns", [40, 80, 120, None])
def test_lines_that_come_one_by_one_stand_below_their_head(columns: int | None) -> None:
    """Each is laid out before the next is known."""
    [head] = text_of([headline(columns)])
    [line, *_] = text_of(one_row(row_of(EXCHANGE), columns))
    assert [head.index("METHOD"), head.index("PATH"), head.index(" ID") + 1] == [
        line.index("POST"),
        line.index("/upload"),
        line.index("4f5a6b"),
    ]
