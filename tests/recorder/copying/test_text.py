"""An exchange as text for a report of a bug."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asgi_mw.events import Event, Failure
from asgi_mw.passages import Passage
from asgi_mw.recorder.copying.text import text
from tests.recorder.made import MS, made


def test_the_text_has_request_and_response() -> None:
    """What was asked, what was answered, what went wrong, each once."""
    one = made(
        method="POST",
        request=b'{\n\t"a": 1\n}',
        response=b"\x00\xff",
        status=500,
        headers=[(b"x-a", b"1\n2\x1b")],
        sent=[(b"content-type", b"a/b")],
        scope={"query_string": b"q=1"},
        error=Failure("ValueError", "no", "Traceback\n  x\x1b\nValueError: no\n", MS),
        layers=(
            Passage("cors", "cors()", own=MS // 2, answered=True),
            Passage("app", "App", visible=False),
        ),
    )
    assert text(one).split("\n") == [
        "POST /orders: 500, complete, 12.0 ms",
        f"2026-01-02T03:04:01.000000000Z, exchange {one.id}, request {one.request_id}",
        "",
        "--- request",
        "POST /orders?q=1 HTTP/1.1",
        "x-a: 1\\n2\\x1b",
        "",
        "{",
        '\t"a": 1',
        "}",
        "",
        "--- response",
        "500",
        "content-type: a/b",
        "",
        "(2 B, no text)",
        "",
        "--- layers, outermost first",
        "cors(), 500 \N{MICRO SIGN}s, answered in the app's place",
        "App (not visible)",
        "",
        "--- error",
        "Traceback",
        "  x\\x1b",
        "ValueError: no",
        "",
    ]


@pytest.mark.parametrize(
    ("body", "changes", "said"),
    [
        (b"", {}, ["(no body)"]),
        (b"", {"size": 70_000, "truncated": True}, ["(70.0 kB, not kept)"]),
        (b"a" * 65_537, {}, ["(65.5 kB, too long to copy)"]),
        (b"abc", {"size": 9, "truncated": True}, ["abc", "(cut: 3 of 9 bytes were kept)"]),
    ],
)
def test_what_is_missing_of_a_body_is_said(
    body: bytes, changes: dict[str, Any], said: list[str]
) -> None:
    """Both sizes of one that was cut, and why one is not there."""
    one = made(response=body)
    last = replace(one.events[-1], **changes)
    lines = text(replace(one, events=(*one.events[:-1], last))).splitlines()

    assert said == lines[lines.index("--- response") + 3 :]


def test_messages_of_a_websocket_are_lines() -> None:
    """In their order, with when they were called, and what was said."""
    events = (
        Event("receive", 0, MS, {"type": "websocket.connect"}),
        Event("send", MS, 2 * MS, {"type": "websocket.send", "text": "hi\x1b"}, 3),
        Event("receive", 3 * MS, 4 * MS, {"type": "websocket.receive", "bytes": b"\xff"}, 1),
        Event("receive", 5 * MS, None, {}),
    )
    lines = text(made(kind="websocket", method="", events=events)).splitlines()

    assert [
        "> 0 \N{MICRO SIGN}s websocket.connect",
        "< 1.0 ms websocket.send hi\\x1b",
        "> 3.0 ms websocket.receive (1 B)",
        "> 5.0 ms (awaited)",
    ] == lines[lines.index("--- messages") + 1 :]
