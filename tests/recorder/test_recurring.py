"""What is remembered of messages that come again."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.recorder.recurring import event_of
from asgi_mw.redaction import Redaction
from asgi_mw.snapshots import frozen

REDACT = Redaction()


def raw(message: dict[str, Any]) -> list[Any]:
    """The message as a tape keeps it."""
    return ["send", 5, 7, frozen(message), None, None]


def test_a_message_without_a_secret_is_read_once() -> None:
    """The next one like it is the very same, with its text."""
    known: Any = {}
    headers = [(b"content-type", b"text/plain")]
    message = {"type": "http.response.start", "status": 200, "headers": headers}
    first, second = (event_of(raw(message), 5, REDACT, [], known) for _ in range(2))
    assert first.message == second.message
    assert second.text == (
        '{"type":"http.response.start","status":200,'
        '"headers":{"$pairs":[["content-type","text/plain"]]}}'
    )
    assert (second.direction, second.called, second.returned) == ("send", 0, 2)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "http.response.start", "headers": [(b"set-cookie", b"sid=canary-4711")]},
        {"type": "websocket.accept", "subprotocol": "bearer.canary-4711", "headers": []},
        {"type": "made.up", "reason": "token=canary-4711", "list": []},
        {"type": "http.response.body", "odd": []},
        {"type": "made.up", "text": "a", "list": []},
        {"type": "made.up", "body": b"", "list": []},
        {"type": "made.up", "list": [b"x" * 2000]},
    ],
    ids=repr,
)
def test_what_may_change_or_was_masked_is_not_remembered(message: dict[str, Any]) -> None:
    """Neither secrets nor what payloads are put into."""
    known: Any = {}
    event = event_of(raw(message), 0, REDACT, [], known)
    assert known == {}
    assert event.text is None
    assert "canary" not in repr(event.message)


def test_the_number_of_those_remembered_is_bounded() -> None:
    """Whatever an app sends."""
    known: Any = {}
    for number in range(1000):
        event_of(raw({"type": "made.up", "list": [number]}), 0, REDACT, [], known)
    assert 0 < len(known) <= 256
