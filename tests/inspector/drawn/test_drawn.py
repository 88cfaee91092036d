"""The drawing of an exchange can be made from any recording, and sent as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.events import Event, Exchange, Worker
from asgi_mw.inspector.drawn import drawn
from asgi_mw.recorder.objects import ascii_json
from tests.cli import facts
from tests.inspector.page import exchanges

if TYPE_CHECKING:
    from asgi_mw.events import Direction

VALUES = (
    st.none()
    | st.integers()
    | st.text(max_size=9)
    | st.binary(max_size=9)
    | st.lists(st.integers())
)
TIMES = st.integers(0, 10**9)
KEYS = ("type", "status", "headers", "body", "text", "code", "reason", "subprotocol")
TYPES = st.sampled_from(
    [
        *("http.request", "http.disconnect", "http.response.start", "http.response.body"),
        *("websocket.accept", "websocket.send", "websocket.receive", "websocket.close"),
    ]
)
STREAM = [[b"content-type", b"text/event-stream"]]


def an_event(direction: Direction, called: int, took: int | None, message: dict[str, Any]) -> Event:
    """An event that took so long, or that is still awaited."""
    return Event(direction, called, None if took is None else called + took, message)


@given(
    st.sampled_from(["http", "websocket", "lifespan", "?"]),
    st.lists(
        st.builds(
            an_event,
            st.sampled_from(["receive", "send"]),
            TIMES,
            st.none() | TIMES,
            st.dictionaries(st.sampled_from(KEYS), VALUES)
            | st.fixed_dictionaries(
                {"type": TYPES}, optional={"headers": st.just(STREAM) | VALUES, "body": VALUES}
            ),
        ),
        max_size=8,
    ),
    st.sampled_from([(), facts.LAYERED.layers, exchanges.layered().layers]),
    st.none() | TIMES,
)
def test_anything_that_was_recorded_can_be_drawn(
    kind: str, events: list[Event], layers: Any, returned: int | None
) -> None:
    """Each step is there once, and all of them are within its time."""
    one = Exchange(
        "",
        Worker("", 1),
        kind,
        {"headers": 1},
        0,
        tuple(events),
        returned=returned,
        outcome="lost",
        layers=layers,
    )
    said = json.loads(ascii_json(drawn(one)))
    hops = [hop for row in said["sequence"]["rows"] for hop in row["hops"]]
    assert len(events) == sum(hop["at"] == 0 and "event" in hop for hop in hops)
    starts = [row["hops"][0]["at_ms"] for row in said["sequence"]["rows"]]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    "one",
    [facts.EXCHANGE, facts.FAILED, facts.IN_FLIGHT, facts.LAYERED, facts.NOTED, facts.NO_LIFESPAN],
)
def test_what_was_recorded_is_drawn(one: Exchange) -> None:
    """The drawing ends where the last known time is."""
    said = drawn(replace(one, outcome=one.outcome or "lost"))
    spans = [span for lane in said["lanes"].values() for span in lane]
    assert said["end_ms"] == max(until for _, until in spans)
