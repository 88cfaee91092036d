from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.spec import check
from asgi_mw.testing import http_scope

START = {"type": "http.response.start", "status": 200, "headers": []}
BODY = {"type": "http.response.body", "body": b"hi"}
FAILURE = Failure("ValueError", "", "", 9)
REQUEST = {"type": "http.request", "body": b""}


def _exchange(*events: Event, **facts: Any) -> Exchange:
    """A recording of these events, of an app that returned."""
    made = Exchange(
        id="0" * 32,
        worker=Worker("host", 1),
        type="http",
        scope=http_scope(),
        began=0,
        events=events,
        returned=100,
        outcome="complete",
    )
    return replace(made, **facts)


def _event(direction: Any, at: int, message: Any, until: int | None = None, **more: Any) -> Event:
    return Event(direction, at, at + 1 if until is None else until, message, **more)


def _found(exchange: Exchange, **options: Any) -> list[str]:
    return [one.rule.id for one in check(exchange, **options)]


def test_an_exchange_that_is_right() -> None:
    assert _found(_exchange(_event("send", 1, START), _event("send", 3, BODY))) == []


def test_what_is_in_flight_has_no_end_yet() -> None:
    in_flight = _exchange(_event("send", 1, START), returned=None, outcome=None)
    assert _found(in_flight) == []
    assert _found(replace(in_flight, returned=9)) == ["http.no-body"]


def test_behind_a_gap_no_order_is_judged() -> None:
    """But what a message holds; and nothing of the end."""
    wrong = {"type": "http.response.body", "body": "hi"}
    gone = _exchange(_event("send", 1, BODY), _event("send", 3, wrong), gap=0)
    assert _found(gone) == ["http.response.body.body"]
    assert _found(replace(gone, gap=1)) == ["http.body.before-start", "http.response.body.body"]


def test_times_say_what_came_first() -> None:
    """The end of a receive is later than what was sent meanwhile."""
    meanwhile = _exchange(
        _event("receive", 1, {"type": "http.disconnect"}, 9),
        _event("send", 2, START),
        _event("send", 4, BODY),
        scope=http_scope(spec_version="2.4"),
    )
    assert _found(meanwhile) == []
    before = replace(meanwhile.events[0], returned=2, called=1)
    first = replace(meanwhile, events=(before, *meanwhile.events[1:]))
    assert _found(first) == ["send.gone", "send.gone"]


def test_a_receive_that_still_waits_was_given_nothing() -> None:
    waits = Event("receive", 5, None, {})
    assert _found(_exchange(_event("send", 1, START), _event("send", 3, BODY), waits)) == []


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("ConnectionResetError", []),
        ("OSError", []),
        ("RuntimeError", ["send.gone.kind"]),
        ("uvicorn.protocols.utils.ClientDisconnected", []),
        ("CancelledError", []),
        ("print", []),
        ("KeyboardInterrupt", []),
    ],
)
def test_what_a_send_raised_is_known_by_its_name(raised: str, expected: list[str]) -> None:
    """Of what is not built in nobody knows what it is derived from."""
    gone = _exchange(
        _event("receive", 1, {"type": "http.disconnect"}),
        _event("send", 3, START, raised=raised),
        scope=http_scope(spec_version="2.5"),
    )
    assert _found(gone) == expected


def test_a_receive_that_raised_gave_nothing() -> None:
    failed = _event("receive", 1, {}, raised="ValueError")
    again = _event("receive", 3, REQUEST)
    exchange = _exchange(failed, again, _event("send", 5, START), _event("send", 7, BODY))
    assert _found(exchange, profile="advice") == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"outcome": "cancelled"}, []),
        (
            {"outcome": "error", "error": Failure("ValueError", "", "", 9)},
            ["http.raised-after-start"],
        ),
        (
            {"outcome": "error", "error": Failure("ValueError", "", "", 9, swallowed=True)},
            ["http.no-body"],
        ),
        ({"outcome": "lost", "returned": None}, []),
    ],
    ids=["cancelled", "raised", "swallowed", "lost"],
)
def test_how_it_ended(facts: dict[str, Any], expected: list[str]) -> None:
    assert _found(_exchange(_event("send", 1, START), **facts)) == expected


def test_the_true_size_of_a_body_counts() -> None:
    """Whatever of it the recording holds."""
    start = START | {"headers": [[b"content-length", b"9"]]}
    cut = _event("send", 3, BODY, size=9, truncated=True)
    assert _found(_exchange(_event("send", 1, start), cut), profile="http") == []
