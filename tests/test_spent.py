"""The time of an exchange is split without a gap and without counting anything twice."""

from __future__ import annotations

from dataclasses import replace
from time import time_ns
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.notes import Note
from asgi_mw.raw import missing_in
from asgi_mw.spent import Spent, spent, stretches


def exchange(*what: Event | Note, returned: int | None = 100, **more: Any) -> Exchange:
    """One that took 100 ns."""
    facts = {"began": 0, "outcome": "complete", "type": "http", **more}
    return Exchange(
        id="",
        worker=Worker("", 1),
        scope={},
        events=tuple(one for one in what if isinstance(one, Event)),
        notes=tuple(one for one in what if isinstance(one, Note)),
        returned=returned,
        **facts,
    )


def receive(called: int, returned: int | None) -> Event:
    """A ``receive``."""
    return Event("receive", called, returned, {})


def send(called: int, returned: int | None) -> Event:
    """A ``send``."""
    return Event("send", called, returned, {})


def blocked(at: int, until: int | None) -> Note:
    """A block."""
    return Note("blocked", at, until, "report")


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        pytest.param([], Spent(app=100), id="nothing but work"),
        pytest.param([receive(0, 10), send(20, 50)], Spent(60, 10, 30), id="one after the other"),
        pytest.param([receive(0, 100), send(20, 50)], Spent(70, 0, 30), id="listens meanwhile"),
        pytest.param([receive(0, 30), send(30, 50)], Spent(50, 30, 20), id="answers what came"),
        pytest.param([send(0, 60), send(20, 80)], Spent(20, 0, 80), id="sends at the same time"),
        pytest.param([receive(0, 100), blocked(40, 60)], Spent(0, 80, 0, 20), id="blocked first"),
        pytest.param([send(90, None)], Spent(90, 0, 10), id="a send that never returned"),
        pytest.param([blocked(90, None)], Spent(90, 0, 0, 10), id="a block without an end"),
        pytest.param([send(50, 50)], Spent(app=100), id="a send that took no time"),
        pytest.param([receive(50, 400)], Spent(50, 50), id="what goes on after the app"),
        pytest.param([Note("call", 0, 90, "GET /")], Spent(app=100), id="a call is the app's"),
    ],
)
def test_where_the_time_went(what: list[Event | Note], expected: Spent) -> None:
    """Of what is at the same time, a block counts, then a send, then a receive."""
    assert expected == spent(exchange(*what))


def without(whole: Exchange, first: int, last: int) -> Exchange:
    """*whole* as a recorder leaves it that has forgotten the events between two places."""
    rows: list[Any] = []
    for one in whole.events[first:last]:
        rows += (one.direction, one.called, one.returned, dict(one.message), one.size, one.raised)
    _, missing = missing_in(rows, http=whole.type == "http")
    kept = (*whole.events[:first], *whole.events[last:])
    return replace(whole, events=kept, gap=first, missing=missing)


@given(
    calls=st.lists(
        st.tuples(st.sampled_from([receive, send]), st.integers(0, 9), st.integers(0, 9)),
        min_size=3,
        max_size=9,
    ),
    kind=st.sampled_from(["http", "websocket"]),
    data=st.data(),
)
def test_what_is_missing_took_as_long_as_it_did(
    calls: list[tuple[Any, int, int]], kind: str, data: st.DataObject
) -> None:
    """One call after the other: the split is that of the whole recording."""
    now, events = 0, []
    for call, before, took in calls:
        events.append(call(now + before, now + before + took))
        now += before + took
    whole = exchange(*events, type=kind, returned=now + 5)
    first = data.draw(st.integers(1, len(events) - 1))
    cut = without(whole, first, data.draw(st.integers(first + 1, len(events))))

    assert spent(whole) == spent(cut)
    shares = [sum(until - at for at, until in spans) for spans in stretches(cut).values()]
    assert sum(shares) <= now + 5


@pytest.mark.parametrize("until", [100, None])
def test_what_is_sent_while_another_task_receives_is_sending(until: int | None) -> None:
    """Also where the sends are missing."""
    sends = [send(10 * n, 10 * n + 6) for n in range(1, 9)]
    whole = exchange(receive(0, until), *sends, send(95, 96), type="websocket")

    assert Spent(0, 51, 49) == spent(whole) == spent(without(whole, 1, 9))


def test_calls_at_the_same_time_are_counted_once() -> None:
    """Where they are missing, too; who listens for the end waits for nothing."""
    calls = [send(10, 30), receive(20, 60), send(40, 50), receive(65, 90), send(70, 80)]
    for kind, expected in {"http": Spent(60, 0, 40), "websocket": Spent(25, 35, 40)}.items():
        whole = exchange(receive(0, 0), *calls, type=kind)
        assert expected == spent(whole) == spent(without(whole, 1, 6))


def test_who_awaits_a_body_listens_for_nothing_else() -> None:
    """Nor does who awaits the next message of a WebSocket, while another task sends."""
    body = Event("receive", 0, 100, {"type": "http.request"})
    socket = exchange(receive(0, 100), send(20, 50), type="websocket")
    assert [Spent(0, 70, 30)] * 2 == [spent(exchange(body, send(20, 50))), spent(socket)]


def test_each_moment_is_in_one_stretch() -> None:
    """What goes on without a break is one."""
    found = stretches(exchange(send(10, 30), send(30, 40), send(35, 60), blocked(50, 70)))
    assert {"app": [(0, 10), (70, 100)], "blocked": [(50, 70)], "send": [(10, 50)]} == {
        share: spans for share, spans in found.items() if spans
    }


def test_without_a_return_the_last_that_is_known_is_the_end() -> None:
    """As of what was lost with its process."""
    gone = exchange(send(20, 30), receive(40, None), returned=None, outcome="lost", ended=35)
    failed = exchange(returned=None, outcome="error", error=Failure("E", "", "", 70))
    assert (Spent(30, 0, 10), Spent(app=70)) == (spent(gone), spent(failed))


def test_in_flight_the_end_is_now() -> None:
    """What it awaits is counted up to now."""
    began = time_ns() - 10**9
    took = spent(exchange(receive(0, None), returned=None, outcome=None, began=began))
    assert (0, True) == (took.app, took.receive >= 10**9)


TIMES = st.integers(0, 120)


@given(
    st.lists(
        st.builds(
            lambda make, at, took: make(at, None if took is None else at + took),
            st.sampled_from([receive, send, blocked]),
            TIMES,
            st.none() | TIMES,
        ),
        max_size=12,
    )
)
def test_the_shares_are_all_of_the_time(what: list[Event | Note]) -> None:
    """Each moment has the share of what counts first in it."""
    expected = {"app": 0, "receive": 0, "send": 0, "blocked": 0}
    for moment in range(100):
        shares = {
            "blocked" if isinstance(one, Note) else one.direction
            for one in what
            for at, until in [
                (one.at, one.until) if isinstance(one, Note) else (one.called, one.returned)
            ]
            if at <= moment < (100 if until is None else until)
        }
        expected[next((one for one in ("blocked", "send", "receive") if one in shares), "app")] += 1
    # Whoever listens for the end of an HTTP request waits for nothing
    assert Spent(**expected) == spent(exchange(*what, type="websocket"))
