"""Notes and the split of the time, as a program gets them."""

from __future__ import annotations

from asgi_mw.recorder.besides import notes_json, spent_json
from tests.cli.facts import NOTED


def test_a_note() -> None:
    """Its times are ms after the beginning; what has no end has none."""
    assert [
        {
            "kind": "log",
            "at_ms": 2.0,
            "until_ms": None,
            "title": "sold out",
            "level": "warning",
            "detail": {"logger": "shop", "traceback": "No\nway"},
        },
        {
            "kind": "measure",
            "at_ms": 3.0,
            "until_ms": 4.0,
            "title": "db",
            "level": None,
            "detail": {},
        },
    ] == notes_json(NOTED)[1:3]


def test_where_the_time_went() -> None:
    """In ms, together the whole of it."""
    assert {
        "app_ms": 2.0,
        "receive_ms": 4.0,
        "send_ms": 2.0,
        "blocked_ms": 2.0,
    } == spent_json(NOTED)
