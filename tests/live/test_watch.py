"""The watchdog under real servers and event loops, in processes that they made."""

from __future__ import annotations

import json

import pytest

from tests.live.servers import ask, get, running

APP = "tests.live.watch_app:app"


@pytest.mark.parametrize(
    ("server", "loop"),
    [
        ("uvicorn-httptools", "uvloop"),
        ("hypercorn", "asyncio"),
        ("hypercorn-trio", "trio"),
        ("granian", "uvloop"),
        ("gunicorn", ""),
    ],
)
def test_who_blocks_and_what_is_in_flight_is_reported(
    server: str, loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a worker that gunicorn made of a process that had loaded the app, too."""
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--preload")
    with running(server, APP) as port:
        [blocked] = ask(port, get("/block/7"))
        [told] = ask(port, get("/told"))
    facts, asked = json.loads(blocked.body), json.loads(told.body)
    [report] = facts["reports"]
    [shown] = asked["reports"]
    head, _, stack = report.partition("\n")

    assert head.startswith('event_loop_blocked by="busy (watch_app.py:')
    assert "method=GET path=/block/7 route=/block/{id}" in head
    assert "return facts(busy(BLOCKED))" in stack
    assert 'why="a signal asked for it"' in shown
    assert "  GET /told (route /told)" in shown
    assert 1 == facts["threads"] == asked["threads"]
    assert facts["loop"].startswith(loop)
    assert facts["forked"] or server != "gunicorn"
