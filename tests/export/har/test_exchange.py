"""An entry as an exchange."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.answers import Close
from asgi_mw.export.har.exchange import exchange_of
from asgi_mw.export.har.values import EntryError

MS = 1_000_000


def entry(status: int = 200, **more: Any) -> dict[str, Any]:
    """An entry as Chrome writes it."""
    return {
        "startedDateTime": "2026-05-04T10:00:00.123Z",
        "time": 31.5,
        "request": {"method": "GET", "url": "https://shop.test/a", "headers": [], "bodySize": 0},
        "response": {
            "status": status,
            "headers": [{"name": "Content-Type", "value": "text/plain"}],
            "content": {"size": 2, "text": "hi"},
            "bodySize": 30,
        },
        "timings": {"blocked": 1, "dns": -1, "connect": 2.5, "send": 1, "wait": 20, "receive": 7},
        **more,
    }


def made(given: Any) -> Any:
    """The exchange."""
    return exchange_of(given, "har:a", lambda _: None)


def test_times_are_those_of_the_client() -> None:
    """Before it sent there was the connection; that is a part of it."""
    exchange = made(entry())
    assert [
        ("http.request", 0, 4.5),
        ("http.response.start", 24.5, 24.5),
        ("http.response.body", 24.5, 31.5),
    ] == [(one.type, one.called / MS, one.returned / MS) for one in exchange.events]
    assert (31.5 * MS, "complete", 200, "har:a") == (
        exchange.ended,
        exchange.outcome,
        exchange.status,
        exchange.worker.host,
    )
    assert (2, b"hi") == (exchange.events[-1].size, exchange.events[-1].message["body"])


def test_the_same_entry_has_the_same_id_which_sorts_by_its_moment() -> None:
    """Whatever stands in which order."""
    one, later = made(entry()), made(entry(startedDateTime="2026-05-04T10:00:00.124Z"))
    assert one.id == made(dict(reversed(entry().items()))).id
    assert one.id < later.id
    assert one.id != made(entry(time=31.6)).id
    assert ("7", 32) == (one.id[12], len(one.id))


def test_a_request_without_a_response_was_left_by_its_client() -> None:
    """For a browser says no more: it was blocked, or cancelled, or failed."""
    exchange = made(entry(0))
    assert (None, "client_gone", ["http.request", "http.disconnect"]) == (
        exchange.answer,
        exchange.outcome,
        [event.type for event in exchange.events],
    )


def test_an_event_stream_comes_event_by_event() -> None:
    """Each when it was there; without a text it is written anew."""
    began = 1_777_888_800.123
    messages = [
        {"time": began + 0.025, "eventName": "message", "eventId": "1", "data": "a\nb"},
        {"time": began + 0.03, "eventName": "add", "eventId": "2", "data": "c"},
    ]
    response = {"status": 200, "content": {"mimeType": "text/event-stream"}}
    exchange = made(entry(_eventSourceMessages=messages, response=response))
    bodies = [event for event in exchange.events if event.type == "http.response.body"]
    assert [
        (25.0, b"id: 1\ndata: a\ndata: b\n\n", True),
        (30.0, b"id: 2\nevent: add\ndata: c\n\n", False),
    ] == [(one.called / MS, one.message["body"], one.message["more_body"]) for one in bodies]


def test_a_socket_of_chrome() -> None:
    """What its server added to the handshake was not sent by the app."""
    began = 1_777_888_800.123
    headers = [
        {"name": "Upgrade", "value": "websocket"},
        {"name": "Sec-WebSocket-Accept", "value": "x"},
        {"name": "Sec-WebSocket-Protocol", "value": "chat"},
        {"name": "X-A", "value": "1"},
    ]
    messages = [
        {"type": "send", "time": began + 0.03, "opcode": 1, "data": "hi"},
        {"type": "receive", "time": began + 0.031, "opcode": 2, "data": "/w=="},
        {"type": "receive", "time": began + 0.031, "opcode": 9, "data": ""},
        {"type": "error", "time": began, "opcode": 1, "data": "?"},
        3,
    ]
    notes: list[str] = []
    given = entry(101, _webSocketMessages=messages, response={"status": 101, "headers": headers})
    exchange = exchange_of(given, "har:a", notes.append)
    assert [
        {"type": "websocket.connect"},
        {"type": "websocket.accept", "headers": [(b"x-a", b"1")], "subprotocol": "chat"},
        {"type": "websocket.receive", "text": "hi"},
        {"type": "websocket.send", "bytes": b"\xff"},
    ] == [event.message for event in exchange.events]
    assert ("websocket", 101, 30.0) == (
        exchange.type,
        exchange.status,
        exchange.events[2].called / MS,
    )
    assert 31.0 == exchange.events[3].called / MS
    assert ["frames of WebSockets that carry no message"] * 3 + [
        "WebSockets whose end the file does not have"
    ] == notes


def test_messages_keep_their_order_and_may_come_after_the_handshake() -> None:
    """Which is all that some tools count, and moments are rounded."""
    began = 1_777_888_800.123
    messages = [
        {"type": "receive", "time": began + at, "opcode": 1, "data": data}
        for at, data in ((0.001, "a"), (60.0, "b"), (59.9, "c"))
    ]
    exchange = made(entry(101, _webSocketMessages=messages, response={"status": 101}))
    assert [("websocket.accept", 24.5), ("a", 24.5), ("b", 60_000.0), ("c", 60_000.0)] == [
        (event.message.get("text", event.type), event.called / MS) for event in exchange.events[1:]
    ]
    assert 60_000 * MS == exchange.ended


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"status": 403}, ["websocket.connect", "websocket.close"]),
        (
            {"status": 401, "content": {"text": "who?"}},
            [
                "websocket.connect",
                "websocket.http.response.start",
                "websocket.http.response.body",
            ],
        ),
    ],
)
def test_a_socket_that_was_refused(response: dict[str, Any], expected: list[str]) -> None:
    """By a close, or a response."""
    exchange = made(entry(_resourceType="websocket", response=response))
    assert (expected, response["status"]) == (
        [event.type for event in exchange.events],
        exchange.status,
    )


def test_a_refusal_has_the_code_of_the_recording() -> None:
    """A browser is given none."""
    close = {"by": "app", "code": 1008, "reason": "no"}
    given = entry(_resourceType="websocket", response={"status": 403}, _asgi={"close": close})
    assert made(given).close == Close("app", 1008, "no")


@pytest.mark.parametrize("given", [None, 3, [], {}, {"startedDateTime": "2026-05-04T10:00:00Z"}])
def test_what_is_no_entry_is_refused(given: object) -> None:
    """It has no moment, or no URL."""
    with pytest.raises(EntryError):
        made(given)
