"""Exchanges as the API gives them, with layers and notes: what the page is shown in the tests."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

LAYERED = "01a2000000007000800000000000a001"
NONE: Json = {"added": [], "removed": [], "replaced": []}
KEEPS: Json = {"headers": NONE, "body": [0, 0], "messages": [1, 1], "changed": False}


def event(
    direction: str, called: float, returned: float | None, size: int = 0, **message: Any
) -> Json:
    """An event between server and outermost layer."""
    return {
        "direction": direction,
        "called_ms": called,
        "returned_ms": returned,
        "awaited_ms": None if returned is None else returned - called,
        "message": message,
        "bytes": size,
        "truncated": False,
        "raised": None,
    }


def passed(
    direction: str,
    called: float,
    returned: float | None,
    type: str,  # noqa: A002  # the message's own word
    size: int = 0,
    status: int | None = None,
) -> Json:
    """An event between two layers."""
    return {
        "direction": direction,
        "called_ms": called,
        "returned_ms": returned,
        "type": type,
        "status": status,
        "bytes": size,
        "raised": None,
    }


def note(kind: str, at: float, until: float | None, title: str, **more: Any) -> Json:
    """Something that happened meanwhile."""
    return {
        "kind": kind,
        "at_ms": at,
        "until_ms": until,
        "title": title,
        "level": more.pop("level", None),
        "detail": more,
    }


def passage(name: str, layer: str, entered: float, left: float, own: float, **more: Any) -> Json:
    """What one layer did; it changed nothing unless *more* says so."""
    return {
        "name": name,
        "layer": layer,
        "visible": True,
        "why": None,
        "entered_ms": entered,
        "left_ms": left,
        "own_ms": own,
        "handed_on_ms": entered + 0.1,
        "scope": {"added": {}, "removed": {}, "replaced": {}},
        "request": KEEPS,
        "response": {"status": None, **KEEPS},
        "answered": False,
        "received": 0,
        "error": None,
        "events": [],
        **more,
    }


def exchange(events: list[Json], **more: Any) -> Json:
    """An exchange of an HTTP request that was answered, of *events*."""
    return {
        "id": "01a2000000007000800000000000b001",
        "type": "http",
        "method": "GET",
        "path": "/",
        "query": None,
        "route": None,
        "status": 200,
        "status_by": "app",
        "outcome": "complete",
        "state": "complete",
        "close": None,
        "began": "2026-03-01T12:00:00.000000000Z",
        "duration_ms": 10.0,
        "returned_ms": 10.2,
        "request_id": None,
        "trace_id": None,
        "span_id": None,
        "bytes_in": 0,
        "bytes_out": 0,
        "event_count": len(events),
        "error": None,
        "worker": {"host": "laptop", "pid": 4711},
        "dropped": {},
        "redacted": [],
        "scope": {"type": "http", "method": "GET", "path": "/", "headers": []},
        "events_missing_at": None,
        "events": events,
        **more,
    }


def layered() -> Json:
    """A request through four layers, one of which cannot be seen, with notes of every kind."""
    asked = {"type": "http.request", "body": '{"item":"espresso","card":"[redacted]"}'}
    headers = [
        ["content-type", "application/json"],
        ["content-encoding", "gzip"],
        ["vary", "Accept-Encoding, Origin"],
        ["access-control-allow-origin", "https://shop.test"],
        ["x-request-id", "6f1c"],
    ]
    answer = {"order": 1042, "items": [{"name": "espresso", "price": 2.4}], "paid": True}
    events = [
        event("receive", 1.4, 4.6, 39, **asked, more_body=False),
        event("send", 412.6, 412.8, type="http.response.start", status=201, headers=headers),
        event("send", 412.9, 690.2, 2310, type="http.response.body", body=answer_text(answer)),
    ]
    start, body = "http.response.start", "http.response.body"
    layers = [
        passage(
            "request_id",
            "request_id(header='x-request-id')",
            0.2,
            692.1,
            0.09,
            scope={"added": {"asgi_mw": "<State>"}, "removed": {}, "replaced": {}},
            response={
                "status": None,
                **KEEPS,
                "headers": {**NONE, "added": [["x-request-id", "6f1c"]]},
            },
            events=[
                passed("receive", 1.3, 4.7, "http.request", 39),
                passed("send", 412.4, 412.85, start, status=201),
                passed("send", 412.87, 690.3, body, 2310),
            ],
        ),
        passage(
            "cors",
            "cors(allow_origins=['https://shop.test'])",
            0.4,
            691.8,
            0.14,
            response={
                "status": None,
                **KEEPS,
                "headers": {
                    "added": [["access-control-allow-origin", "https://shop.test"]],
                    "removed": [],
                    "replaced": [["vary", "Accept-Encoding", "Accept-Encoding, Origin"]],
                },
            },
            events=[
                passed("receive", 1.2, 4.8, "http.request", 39),
                passed("send", 412.2, 412.86, start, status=201),
                passed("send", 412.86, 690.4, body, 2310),
            ],
        ),
        passage(
            "compression",
            "compression(encodings=('zstd', 'br', 'gzip'))",
            0.5,
            691.6,
            1.9,
            response={
                "status": None,
                "headers": {
                    "added": [["content-encoding", "gzip"], ["vary", "Accept-Encoding"]],
                    "removed": [["content-length", "18400"]],
                    "replaced": [],
                },
                "body": [18400, 2310],
                "messages": [2, 2],
                "changed": True,
            },
            events=[
                passed("receive", 1.1, 4.9, "http.request", 39),
                passed("send", 410.2, 410.25, start, status=201),
                passed("send", 410.4, 690.5, body, 18400),
            ],
        ),
        passage(
            "SessionMiddleware",
            "SessionMiddleware(secret_key=...)",
            0.6,
            691.2,
            0.0,
            visible=False,
            why="it is held by a closure",
        ),
    ]
    spans = [
        note("span", 0.9, 691.0, "POST /orders", **{"http.route": "/orders"}),
        note("span", 8.0, 120.0, "SELECT stock", **{"db.system": "postgresql"}),
        note("span", 140.0, 398.0, "charge card"),
    ]
    return exchange(
        events,
        id=LAYERED,
        method="POST",
        path="/orders",
        query="coupon=SPRING&token=[redacted]",
        route="/orders",
        status=201,
        duration_ms=690.2,
        returned_ms=692.3,
        request_id="6f1c0d3e5ab14e3c9a5e2b1f7a60c1d2",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        bytes_in=39,
        bytes_out=2310,
        redacted=["body card", "query token"],
        dropped={"bytes over body_limit": 1200},
        spent={"app_ms": 324.0, "receive_ms": 3.8, "send_ms": 277.5, "blocked_ms": 84.0},
        layers=layers,
        notes=[
            note("log", 6.1, None, "order received", level="INFO", logger="shop.orders", items=1),
            *spans,
            note("measure", 8.0, 121.0, "stock"),
            note(
                "call",
                142.0,
                396.0,
                "POST https://pay.test/charges",
                status=200,
                bytes=512,
            ),
            note("log", 300.2, None, "payment is slow", level="WARNING", logger="shop.payment"),
            note("blocked", 250.0, 334.0, "shop.receipts.render", function="render", line=48),
            note("log", 401.5, None, "order 1042 paid", level="INFO", logger="shop.orders"),
            note("log", 402.0, None, "receipt printer is offline", level="ERROR", logger="shop"),
        ],
        scope={
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/orders",
            "query_string": "coupon=SPRING&token=[redacted]",
            "headers": [
                ["host", "shop.test"],
                ["content-type", "application/json"],
                ["accept-encoding", "gzip"],
                ["origin", "https://shop.test"],
                ["authorization", "Bearer [redacted]"],
            ],
            "client": ["127.0.0.1", 50220],
            "state": {"users": {"1": "Ada"}, "feed": "<Feed>"},
        },
    )


def answer_text(answer: Json) -> str:
    """The answer as its body."""
    return str(answer).replace("'", '"').replace("True", "true")
