"""Exchanges made by hand, for what no quick traffic shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.notes import Note
from asgi_mw.passages import Crossing, Fault, HeaderChanges, Passage, ScopeChanges, Traffic

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
UNEXPLAINED = replace(
    EXCHANGE,
    events=(
        sent(6, 7, {"type": "http.response.start", "status": 503, "headers": []}),
        sent(8, 10, {"type": "http.response.body", "body": b""}),
    ),
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


def crossed(direction: Any, called: float, kind: str, **more: Any) -> Crossing:
    """A message between two layers that took half a millisecond; times in ms."""
    at = int(called * MS)
    return Crossing(direction, at, at + MS // 2, kind, **more)


LAYERED = replace(
    EXCHANGE,
    layers=(
        Passage(
            "cors",
            "cors(allow_origins=['*'])",
            entered=MS // 2,
            handed_on=MS,
            left=11 * MS,
            own=MS // 4,
            response=Traffic(
                HeaderChanges(added=((b"access-control-allow-origin", b"*"),)),
                (9, 9),
                (2, 2),
                changed=True,
                status=(201, 201),
            ),
            crossings=(
                crossed("receive", 1.0, "http.request", size=3),
                crossed("send", 5.5, "http.response.start", status=201),
                crossed("send", 7.5, "http.response.body", size=9),
            ),
        ),
        Passage("Hidden", "Hidden", visible=False, why="it is no ASGI\x1b[2J"),
        Passage(
            "Mapping",
            "Mapping(dispatch=mapped)",
            entered=MS,
            handed_on=2 * MS,
            left=10 * MS,
            own=0,
            scope=ScopeChanges({"user": "ada"}, {"old": 1}, {"path": ("/a", "/b")}),
            request=Traffic(
                HeaderChanges((), ((b"content-encoding", b"gzip"),), ((b"x", b"1", b"2"),)),
                (3, 7),
                (1, 1),
                changed=True,
            ),
            response=Traffic((HeaderChanges()), (0, 9), (0, 2), changed=True, status=(None, 201)),
            answered=True,
            received=1,
            fault=Fault("ValueError: no", None, "swallowed"),
            crossings=(crossed("receive", 2.5, "http.request", size=7, raised="OSError"),),
        ),
    ),
)
