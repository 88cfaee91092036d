"""Facts about the course of a connection."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from asgi_mw.testing.course import Course, flaw

HTTP = "http.response."
START = {"type": "http.response.start", "status": 200}
BODY = {"type": "http.response.body"}


class Kind(str, Enum):  # noqa: UP042  # what some frameworks send: its str() is not its value
    """A message type as an Enum."""

    START = "http.response.start"


@pytest.mark.parametrize(
    ("kind", "messages", "phase"),
    [
        ("http", [], "waiting"),
        ("http", [START], "open"),
        ("http", [{"type": Kind.START}], "open"),
        ("http", [START, BODY | {"more_body": True}], "open"),
        ("http", [START, BODY], "complete"),
        ("http", [START, {"type": HTTP + "pathsend"}], "complete"),
        ("http", [START, {"type": HTTP + "zerocopysend", "more_body": True}, BODY], "complete"),
        ("http", [START | {"trailers": True}, BODY], "trailers"),
        (
            "http",
            [START | {"trailers": True}, BODY, {"type": HTTP + "trailers", "more_trailers": True}],
            "trailers",
        ),
        ("http", [START | {"trailers": True}, BODY, {"type": HTTP + "trailers"}], "complete"),
        ("http", [{"type": HTTP + "early_hint"}, START, {"type": HTTP + "early_hint"}], "open"),
        ("http", [{"type": HTTP + "debug"}, START, {"type": HTTP + "push"}], "open"),
        ("websocket", [{"type": "websocket.accept"}, {"type": "websocket.send"}], "open"),
        ("websocket", [{"type": "websocket.close"}], "complete"),
        ("websocket", [{"type": "websocket.accept"}, {"type": "websocket.close"}], "complete"),
        ("websocket", [{"type": "websocket.http.response.start"}], "denying"),
        (
            "websocket",
            [
                {"type": "websocket.http.response.start"},
                {"type": "websocket.http.response.body", "more_body": True},
            ],
            "denying",
        ),
        (
            "websocket",
            [{"type": "websocket.http.response.start"}, {"type": "websocket.http.response.body"}],
            "complete",
        ),
        ("lifespan", [{"type": "lifespan.startup.complete"}], "waiting"),
        ("future", [{"type": "x"}], "waiting"),
    ],
)
def test_messages_that_are_due_move_it_on(
    kind: str, messages: list[dict[str, Any]], phase: str
) -> None:
    """Each of the messages is due, and together they lead to the phase."""
    course = Course(kind)

    assert [True] * len(messages) == [course.advance(message) for message in messages]
    assert phase == course.phase


@pytest.mark.parametrize(
    ("kind", "before", "message"),
    [
        ("http", [], BODY),
        ("http", [START], START),
        ("http", [START, BODY], BODY),
        ("http", [START], {"type": HTTP + "trailers"}),
        ("http", [], {"type": "websocket.accept"}),
        ("http", [], {"type": 1}),
        ("http", [], {}),
        ("http", [], None),
        ("websocket", [], {"type": "websocket.send"}),
        ("websocket", [], START),
    ],
)
def test_a_message_that_is_not_due_changes_nothing(
    kind: str, before: list[dict[str, Any]], message: Any
) -> None:
    """It is answered with False and leaves the phase as it was."""
    course = Course(kind)
    for earlier in before:
        course.advance(earlier)
    phase = course.phase

    assert not course.advance(message)
    assert phase == course.phase


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (START, None),
        (BODY | {"body": b"x"}, None),
        (START | {"headers": [(b"a", b"b")]}, None),
        (None, "it is no mapping with a type"),
        ({"type": 1}, "it is no mapping with a type"),
        ({"type": "http.response.start"}, "status is no int"),
        (BODY | {"body": "x"}, "body is no bytes"),
        (BODY | {"body": None}, "body is no bytes"),
        (START | {"headers": 1}, "headers are no pairs of bytes"),
        (START | {"headers": [(b"a",)]}, "headers are no pairs of bytes"),
        (START | {"headers": [(b"a", "b")]}, "headers are no pairs of bytes"),
    ],
)
def test_a_flaw_is_named(message: Any, expected: str | None) -> None:
    """Only what a server refuses is a flaw."""
    assert expected == flaw(message)
