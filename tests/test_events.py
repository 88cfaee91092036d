"""Facts are frozen, and answer the usual questions."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from asgi_mw.events import Event, Exchange, Worker


def sent(**message: Any) -> Event:
    """One send that took 3 ns."""
    return Event("send", 1, 4, message, size=2)


def exchange(*events: Event, **scope: Any) -> Exchange:
    """One finished connection."""
    return Exchange("0" * 32, Worker("host", 1), "http", scope, 0, events)


def test_facts_cannot_be_changed() -> None:
    """They are shared by everything that looks at traffic."""
    with pytest.raises(FrozenInstanceError):
        exchange().outcome = "complete"  # type: ignore[misc]  # that is the test
    with pytest.raises(FrozenInstanceError):
        sent().size = 5  # type: ignore[misc]  # the same


def test_an_event_says_its_type_and_how_long_it_was_awaited() -> None:
    """Both are unknown while a ``receive`` waits."""
    done, waiting = sent(type="x.y"), Event("receive", 1, None, {})

    assert (done.type, done.awaited) == ("x.y", 3)
    assert (waiting.type, waiting.awaited) == ("", None)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], None),
        ([sent(type="http.response.start", status=204)], 204),
        ([sent(type="http.response.push"), sent(type="http.response.start", status=200)], 200),
        ([sent(type="http.response.start", status="odd")], None),
        ([sent(type="websocket.accept"), sent(type="websocket.close")], 101),
        ([sent(type="websocket.close")], 403),
        ([sent(type="websocket.http.response.start", status=401)], 401),
        ([Event("receive", 0, 1, {"type": "websocket.close"})], None),
    ],
    ids=[
        "nothing", "a response", "behind a push", "no number", "accepted", "closed", "denied",
        "received",
    ],
)  # fmt: skip
def test_the_status_is_what_the_client_saw(events: list[Event], status: int | None) -> None:
    """101 for an accepted WebSocket, 403 for one closed before."""
    assert exchange(*events).status == status


@pytest.mark.parametrize("raised", ["OSError", "BrokenPipeError", "ClientDisconnected"])
def test_a_websocket_closed_behind_a_send_that_found_nobody_has_no_status(raised: str) -> None:
    """The log and the span say the same; an error of another kind says nothing of the client."""
    lost = replace(sent(type="websocket.send"), raised=raised)
    other = replace(lost, raised="ValueError")
    close = replace(sent(type="websocket.close"), called=5, returned=6)
    gone = replace(exchange(lost, close), outcome="client_gone")

    assert gone.status is None
    assert replace(gone, outcome="complete").status == 403
    assert replace(gone, events=(other, close)).status == 403


@pytest.mark.parametrize(
    "events",
    [
        [sent(type="http.response.start", status=404)],
        [Event("receive", 0, 1, {"type": "websocket.disconnect"}), sent(type="websocket.close")],
    ],
    ids=["a response that is none", "closed behind the client"],
)
def test_a_websocket_that_was_not_answered_has_no_status(events: list[Event]) -> None:
    """Sanic says 404 to an unknown one in a message that is not of WebSockets."""
    assert replace(exchange(*events), type="websocket").status is None


def test_what_was_asked_for() -> None:
    """Method, path and headers of the scope, empty where there are none."""
    asked = exchange(method="GET", path="/a", headers=[(b"Host", b"caf\xe9"), (b"host", b"b")])

    assert (asked.method, asked.path, asked.header("HOST")) == ("GET", "/a", "café")
    assert (exchange().method, exchange().path, exchange().header("host")) == ("", "", None)
    assert asked.header("größe€") is None


def test_bytes_are_those_of_one_direction() -> None:
    """The true length of the payloads."""
    both = exchange(sent(), sent(), Event("receive", 0, 1, {}, size=5))

    assert (both.bytes("send"), both.bytes("receive")) == (4, 5)
