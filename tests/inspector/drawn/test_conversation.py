"""A WebSocket and a stream of events are read as a conversation."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.inspector.drawn.conversation import conversation
from tests.inspector.page import exchanges
from tests.inspector.page.exchanges import BODY, START, event, exchange


def test_what_was_said_on_a_websocket() -> None:
    """Messages are events with a direction; what was agreed, closed or is awaited is a notice."""
    assert [
        {"event": 1, "at_ms": 0.5, "notice": "The app accepted, with chat"},
        {"event": 2, "at_ms": 2.4, "sent": False, "bytes": 12},
        {"event": 3, "at_ms": 2.5, "sent": True, "bytes": 9},
        {
            "event": 4,
            "at_ms": 6.0,
            "notice": "Closed: 1001, going away: a page was left, or a server stops; reason: bye",
        },
    ] == conversation(exchanges.talk(2))
    waiting = exchange([event("receive", 1.0, None)], type="websocket")
    assert [
        {"event": 0, "at_ms": 1.0, "notice": "The app awaits the next message"}
    ] == conversation(waiting)


@pytest.mark.parametrize(
    ("message", "notice"),
    [
        ({}, "The app closed: 1000, done"),
        ({"code": 4001}, "The app closed: 4001, a code of the app's own"),
        ({"code": 2000}, "The app closed: 2000, an unknown code"),
        ({"code": ["a"]}, "The app closed: ['a'], no code at all"),
    ],
)
def test_a_close_says_what_its_code_means(message: dict[str, Any], notice: str) -> None:
    """Whatever was recorded as the code."""
    one = exchange([event("send", 1.0, 1.1, type="websocket.close", **message)], type="websocket")
    assert [notice] == [said["notice"] for said in conversation(one) or ()]


def stream(*pieces: bytes) -> list[tuple[Any, ...]]:
    """Event, tag and text, or the notice, of what was sent in *pieces*."""
    kind = [[b"Content-Type", b"text/event-stream; charset=utf-8"]]
    start = event("send", 1.0, 1.1, type=START, status=200, headers=kind)
    parts = [
        event("send", 2.0 + at, 2.5 + at, type=BODY, body=one) for at, one in enumerate(pieces)
    ]
    return [
        (one["event"], one.get("tag", ""), one.get("text", one.get("notice")))
        for one in conversation(exchange([start, *parts])) or ()
    ]


def test_an_event_may_come_in_pieces() -> None:
    """It ends with the piece that has its empty line; pieces may split a character."""
    assert [(1, "tick, id 1", "one"), (3, "", "tw\xf6\nlines")] == stream(
        b"event: tick\nid: 1\ndata: one\n\ndata: t", b"w\xc3", b"\xb6\ndata:lines\n\n"
    )


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_lines_end_in_any_way(end: bytes) -> None:
    """An event without data is a comment, or the time to wait before a retry."""
    sent = end.join([b": still here", b"", b"retry: 300", b"", b"data: a", b"data: b", b"", b""])
    assert [(1, "comment", "still here"), (1, "retry 300", ""), (1, "", "a\nb")] == stream(sent)


def test_an_event_that_is_cut_is_noted() -> None:
    """The notice shows its beginning."""
    assert [(None, "", "The last event is not whole: data: o")] == stream(b"data: o")


def test_other_exchanges_are_no_conversation() -> None:
    """HTTP exchanges that stream no events have none."""
    assert [None, None] == [conversation(exchanges.layered()), conversation(exchanges.flying())]
