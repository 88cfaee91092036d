"""Exchanges made by hand, for what no quick traffic shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.notes import Note

MS = 1_000_000


def received(called: int, returned: int | None, message: dict[str, Any], **more: Any) -> Event:
    """A ``receive``; times in ms."""
    return Event(
        "receive", called * MS, None if returned is None else returned * MS, message, **more
    )


def sent(called: int, returned: int | None, message: dict[str, Any], **more: Any) -> Event:
    """A ``send``; times in ms."""
    return Event("send", called * MS, None if returned is None else returned * MS, message, **more)


EXCHANGE = Exchange(
    id="0190a1b2c3d47e8f9a0b1c2d3e4f5a6b",
    worker=Worker("web-1", 4711),
    type="http",
    scope={
        "type": "http",
        "method": "POST",
        "path": "/upload",
        "query_string": b"a=1",
        "headers": [[b"host", b"example.org"]],
    },
    began=1_750_000_000_000_000_000,
    events=(
        received(1, 5, {"type": "http.request", "body": b"\xff\x00\x01"}, size=3),
        sent(6, 7, {"type": "http.response.start", "status": 201, "headers": [[b"x", b"1"]]}),
        sent(8, 10, {"type": "http.response.body", "body": b"two\nlines"}, size=9),
    ),
    route="/upload",
    request_id="abc",
    ended=10 * MS,
    outcome="complete",
    redacted=("header authorization",),
    dropped={"bytes over body_limit": 12_345},
)
FAILED = replace(
    EXCHANGE,
    events=(sent(2, 4, {"type": "http.response.start", "status": 500}, raised="OSError"),),
    ended=5 * MS,
    outcome="error",
    error=Failure("app.Oops", "it broke\x1b[31m", "Traceback:\n  a line\x07\nOops", 6 * MS),
)
IN_FLIGHT = replace(
    EXCHANGE,
    events=(
        sent(1, None, {"type": "http.response.body", "more_body": True}),
        received(2, None, {}),
    ),
    ended=None,
    outcome=None,
)
LOST = replace(IN_FLIGHT, outcome="lost")
TRACED = replace(EXCHANGE, trace_id="0af7651916cd43dd8448eb211c80319c", span_id="b7ad6b7169203331")
WORKED_ON = replace(EXCHANGE, events=EXCHANGE.events[1:], returned=2_010 * MS)
SWALLOWED = replace(
    WORKED_ON,
    error=Failure("KeyError", "'7'", "KeyError: '7'", 5 * MS, swallowed=True),
    returned=11 * MS,
)
LOGGED = {"logger": "shop", "traceback": "No\nway"}
NOTED = replace(
    EXCHANGE,
    notes=(
        Note("span", 0, 9 * MS, "GET /upload", None, {"kind": "server", "span_id": "0" * 16}),
        Note(
            "log", 2 * MS, None, "sold out", "warning", {"logger": "shop", "traceback": "No\nway"}
        ),
        Note("measure", 3 * MS, 4 * MS, "db"),
        Note("call", 5 * MS, None, "GET https://example.org/", None, {"method": "GET"}),
        Note("call", 5 * MS, 6 * MS, "GET https://example.org/", "warning", {"status": 404}),
        Note("call", 5 * MS, 6 * MS, "GET https://x.test/", "error", {"error": "ConnectError"}),
        Note("blocked", 7 * MS, 9 * MS, "totals (shop.py:7)", "warning", {"stack": ["a", "b"]}),
    ),
)
NO_LIFESPAN = replace(
    EXCHANGE,
    type="lifespan",
    scope={"type": "lifespan"},
    events=(),
    ended=1 * MS,
    returned=1 * MS,
    outcome="unsupported",
    error=Failure("ValueError", "no lifespan", "ValueError: no lifespan", 1 * MS),
)
