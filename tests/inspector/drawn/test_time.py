"""Who was slow is said in one sentence, and each moment is in one lane."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw.inspector.drawn.time import first_byte, lanes, verdict
from asgi_mw.missing import Missing
from tests.inspector.page import exchanges

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


@pytest.mark.parametrize(
    ("exchange", "sentence"),
    [
        (
            exchanges.layered(),
            (
                "The app worked ",
                "328 ms",
                "; sending took 278 ms; the event loop was blocked for 84.0 ms.",
            ),
        ),
        (
            exchanges.talk(),
            (
                "The app worked ",
                "6.0 ms",
                "; the client took 1.9 ms to say something; sending took 300 µs.",
            ),
        ),
        (
            exchanges.exchange([], ended=2.0, returned=30.0),
            ("The app worked ", "30.0 ms", ", 28.0 ms of it after the response."),
        ),
        (exchanges.failed(), ("The app worked ", "90.7 ms", ".")),
        (replace(exchanges.exchange([]), returned=0), ("The app worked ", "0 µs", ".")),
    ],
    ids=["layered", "websocket", "background", "failed", "nothing"],
)
def test_the_verdict(exchange: Exchange, sentence: tuple[str, str, str]) -> None:
    """It has three parts, with the greatest share in the middle; small shares are left out."""
    assert [*sentence] == verdict(exchange)


def test_a_client_reads_what_a_server_does_not_take_at_once() -> None:
    """A server takes up to 64 KiB at once, so the app does not wait for the client."""
    start = exchanges.event("send", 0, 1, type="http.response.start", status=200)
    sent = exchanges.event("send", 1, 9, 65_537, type="http.response.body", body=b"")
    both = ([start, one] for one in (replace(sent, size=65_536), sent))
    assert [" to read." in verdict(exchanges.exchange(one))[2] for one in both] == [False, True]


def test_in_flight_it_is_so_far() -> None:
    """The app still waits for the body."""
    before, _, after = verdict(exchanges.flying())
    assert ("The client took ", " to send, so far.") == (before, after)


def test_the_first_byte_is_the_start_of_the_answer() -> None:
    """An answer that has not begun has none."""
    assert [412.6, 0.5, None] == [
        first_byte(exchanges.layered()),
        first_byte(exchanges.talk()),
        first_byte(exchanges.flying()),
    ]


def test_who_listens_for_the_end_has_a_lane_besides() -> None:
    """The app works meanwhile."""
    found = lanes(exchanges.stream())
    assert ([[0.5, 9.0]], []) == (found["listen"], found["missing"])
    assert ([], [[0.0, 1.0], [1.1, 2.0]]) == (found["receive"], found["app"][:2])


def test_where_events_are_missing_is_a_lane_of_its_own() -> None:
    """Nobody is said to work there."""
    cut = replace(exchanges.stream(), gap=2, missing=Missing(0, 9, 3_000_000, 5_000_000))
    found = lanes(cut)
    assert [[3.0, 5.0]] == found["missing"]
    assert not [one for one in found["app"] if one[0] < 5.0 and one[1] > 3.0]
