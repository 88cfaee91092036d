"""The diagram has a row for each message on its way, and says what each layer did to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.inspector.drawn.sequence import sequence
from asgi_mw.missing import Missing
from tests.inspector.page import exchanges

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

COMPRESSED = "added content-encoding, vary; removed content-length"


def rows(exchange: Exchange) -> list[tuple[Any, ...]]:
    """Kind, when, what and at which boundaries, in order."""
    return [
        (
            row["kind"],
            row["hops"][0]["at_ms"],
            row["hops"][0]["said"],
            [one["at"] for one in row["hops"]],
        )
        for row in sequence(exchange)["rows"]
    ]


def dots(exchange: Exchange) -> list[tuple[str, str]]:
    """What layers did, in one word and in full; each once."""
    found = [dot for row in sequence(exchange)["rows"] for dot in row.get("dots", ())]
    return list(dict.fromkeys((dot["what"], dot["said"]) for dot in found))


def test_a_message_is_one_row_as_far_as_it_goes() -> None:
    """If a layer holds it back and sends another one, a new row begins."""
    assert [
        ("call", 0.2, "POST /orders", [0, 1, 2, 3, 4]),
        ("receive", 4.6, "http.request 39 B", [0, 1, 2, 3]),
        ("send", 410.2, "http.response.start 201", [3]),
        ("send", 410.4, "http.response.body 18.4 kB", [3]),
        ("send", 412.2, "http.response.start 201", [2, 1, 0]),
        ("send", 412.86, "http.response.body 2.3 kB", [2, 1, 0]),
        ("return", 691.6, "returned", [4, 3, 2, 1, 0]),
    ] == rows(exchanges.layered())


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (
            exchanges.layered(),
            [
                ("changed", "request_id: added asgi_mw"),
                ("kept", "compression: held it back"),
                ("changed", f"compression: sent it later; {COMPRESSED}"),
                ("changed", "cors: added access-control-allow-origin; replaced vary"),
                ("changed", "request_id: added x-request-id"),
                ("changed", "compression: sent it later"),
            ],
        ),
        (exchanges.early(), [("answered", "cors: answered in the app's place")]),
        (
            exchanges.failed(),
            [
                ("swallowed", "errors: swallowed it"),
                ("answered", "errors: answered in the app's place"),
            ],
        ),
    ],
    ids=["layered", "early", "failed"],
)
def test_what_layers_did(exchange: Exchange, expected: list[tuple[str, str]]) -> None:
    """They changed or kept a message, answered for the app, or swallowed its exception."""
    assert expected == dots(exchange)


def test_columns_say_what_was_called_and_what_cannot_be_seen() -> None:
    """The columns go from outside in."""
    early = sequence(exchanges.early())["columns"]
    assert [
        ("server", True),
        ("request_id", True),
        ("cors", True),
        ("timing", False),
        ("app", False),
    ] == [(one["name"], one["called"]) for one in early]
    hidden = sequence(exchanges.layered())["columns"][4]
    assert ("SessionMiddleware", "it is held by a closure", None) == (
        hidden["name"],
        hidden["why"],
        hidden["own_ms"],
    )


def test_a_long_wait_says_whose_it_was() -> None:
    """It is the app's or the client's; after an exception, that of the layer that caught it."""
    found = [row["pause"] for row in sequence(exchanges.layered())["rows"] if "pause" in row]
    assert [
        {"by": "app", "column": 5, "said": "405 ms at work"},
        {"by": "send", "column": 0, "said": "279 ms sending"},
    ] == found
    caught = [row["pause"] for row in sequence(exchanges.failed())["rows"] if "pause" in row]
    assert {"by": "app", "column": 1, "said": "10.0 ms at work"} == caught[-1]


def test_a_wait_says_how_long_the_event_loop_was_blocked_in_it() -> None:
    """The time is the same as in the bar above the diagram."""
    blocked = exchanges.note("blocked", 30.0, 640.0, "block (main.py:4)")
    calls = [replace(exchanges.layered().events[-1], called=640_000_000, returned=641_000_000)]
    held = exchanges.exchange(calls, ended=641.0, returned=641.2, notes=(blocked,))
    found = [row["pause"] for row in sequence(held)["rows"] if "pause" in row]
    assert [{"by": "app", "column": 1, "said": "610 ms loop blocked"}] == found


def test_nobody_is_said_to_wait_where_events_are_missing() -> None:
    """How long it took is known, and not whose it was."""
    first, *_, last = exchanges.talk().events
    events = [replace(first, called=0, returned=0), replace(last, called=5 * 10**8, returned=None)]
    missing = Missing(0, 90, 10, 5 * 10**8 - 10, 0, 4 * 10**8)
    held = exchanges.exchange(events, gap=1, missing=missing, ended=500.1, returned=500.2)
    found = [row["pause"] for row in sequence(held)["rows"] if "pause" in row]
    assert [{"by": "gap", "column": 0, "said": "500 ms, events are missing"}] == found
    assert [[0.0, 1e-5], [499.99999, 500.0]] == sequence(held)["works"]


def test_the_innermost_works_where_it_does_not_wait() -> None:
    """The times cover its call from beginning to end."""
    found = sequence(exchanges.layered())
    assert [[1.1, 4.9], [410.2, 410.25], [410.4, 690.5]] == found["waits"]
    assert [[0.6, 1.1], [4.9, 410.2], [410.25, 410.4], [690.5, 691.6]] == found["works"]


def test_a_hop_knows_the_event_of_the_server() -> None:
    """It is its own, or the first of its kind that the server saw; a call has no event."""
    found = [
        [hop.get("event") for hop in row["hops"]] for row in sequence(exchanges.layered())["rows"]
    ]
    assert [[None] * 5, [0] * 4, [1], [2], [1] * 3, [2] * 3, [None] * 5] == found
