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
    *,
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
        "copies": ["curl", "httpx", "text", "mermaid"],
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
        event(
            "send",
            412.9,
            690.2,
            2310,
            type="http.response.body",
            body=answer_text(answer),
            decoded=True,
        ),
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


def early() -> Json:
    """A preflight that the layer for CORS answered, so that the app was never called."""
    events = [
        event("send", 0.9, 1.0, type="http.response.start", status=200, headers=[]),
        event("send", 1.1, 1.2, 2, type="http.response.body", body="OK"),
    ]
    sent = [
        passed("send", 0.7, 1.05, "http.response.start", status=200),
        passed("send", 1.05, 1.25, "http.response.body", 2),
    ]
    return exchange(
        events,
        id="01a2000000007000800000000000a002",
        method="OPTIONS",
        path="/orders",
        duration_ms=1.2,
        returned_ms=1.4,
        layers=[
            passage("request_id", "request_id()", 0.1, 1.35, 0.05, events=sent),
            passage("cors", "cors(allow_origins=['*'])", 0.2, 1.3, 0.6, answered=True),
            passage("timing", "timing()", 0.0, 0.0, 0.0, entered_ms=None, left_ms=None),
        ],
        notes=[],
    )


def failed() -> Json:
    """An exception that a layer swallowed and answered."""
    start, body = "http.response.start", "http.response.body"
    traceback = (
        "Traceback (most recent call last):\n"
        '  File "/srv/.venv/lib/python3.13/site-packages/starlette/routing.py", line 74, in app\n'
        "    await response(scope, receive, send)\n"
        '  File "/srv/.venv/lib/python3.13/site-packages/fastapi/routing.py", line 301, in app\n'
        "    raw = await run(dependant)\n"
        '  File "/srv/shop/orders.py", line 48, in create\n'
        "    stock[item] -= 1\n"
        "    ~~~~~^^^^^^\n"
        "KeyError: '<script>boom()</script>'\n"
    )
    return exchange(
        [
            event("send", 90.0, 90.2, type=start, status=500, headers=[]),
            event("send", 90.3, 90.4, 21, type=body, body="Internal Server Error"),
        ],
        id="01a2000000007000800000000000a003",
        method="POST",
        path="/orders",
        status=500,
        outcome="complete",
        duration_ms=90.4,
        returned_ms=91.0,
        error={
            "type": "KeyError",
            "message": "'<script>boom()</script>'",
            "traceback": traceback,
            "at_ms": 80.0,
            "swallowed": True,
        },
        layers=[
            passage(
                "errors",
                "errors()",
                0.1,
                90.9,
                0.5,
                answered=True,
                error={"inside": "KeyError: '<script>'", "outside": None, "what": "swallowed"},
                events=[passed("receive", 0.5, 0.6, "http.request")],
            ),
            passage(
                "timing",
                "timing()",
                0.2,
                80.0,
                0.1,
                events=[passed("receive", 0.4, 0.65, "http.request")],
            ),
        ],
    )


def talk(messages: int = 4) -> Json:
    """A WebSocket on which both sides said something."""
    said = [
        one
        for at in range(messages // 2)
        for one in (
            event(
                "receive",
                2.0 + at,
                2.4 + at,
                12,
                type="websocket.receive",
                text=f'{{"ask":{at},"to":"<b>all</b>"}}',
            ),
            event("send", 2.5 + at, 2.6 + at, 9, type="websocket.send", text=f"answer {at}"),
        )
    ]
    last = 3.0 + messages
    return exchange(
        [
            event("receive", 0.1, 0.2, type="websocket.connect"),
            event("send", 0.5, 0.6, type="websocket.accept", subprotocol="chat", headers=[]),
            *said,
            event("receive", last, last + 1, type="websocket.disconnect", code=1001, reason="bye"),
        ],
        id="01a2000000007000800000000000a004",
        type="websocket",
        method=None,
        path="/chat",
        status=101,
        duration_ms=last + 1,
        returned_ms=last + 1.2,
        close={"by": "client", "code": 1001, "reason": "bye"},
        scope={"type": "websocket", "path": "/chat", "headers": [["host", "shop.test"]]},
    )


def stream() -> Json:
    """Server-Sent Events, one of which came in two pieces."""
    pieces = ["event: tick\nid: 1\ndata: one\n\ndata: t", "wo\n\n", ": still here\n\n"]
    body = [
        event(
            "send",
            2.0 + at,
            2.2 + at,
            len(piece),
            type="http.response.body",
            body=piece,
            more_body=True,
        )
        for at, piece in enumerate(pieces)
    ]
    kind = [["content-type", "text/event-stream"]]
    return exchange(
        [event("send", 1.0, 1.1, type="http.response.start", status=200, headers=kind), *body],
        id="01a2000000007000800000000000a005",
        path="/events",
    )


def flying() -> Json:
    """A request whose app awaits the body."""
    return exchange(
        [event("receive", 1.0, None)],
        id="01a2000000007000800000000000a006",
        method="PUT",
        path="/slow",
        status=None,
        outcome=None,
        state="in flight",
        duration_ms=None,
        returned_ms=None,
    )


def with_bodies(
    asked: str, asked_type: str, answered: Any, answered_type: str, **more: Any
) -> Json:
    """A request and its answer with these bodies."""
    size = len(asked)
    return exchange(
        [
            event("receive", 1.0, 1.1, size, type="http.request", body=asked, more_body=False),
            event(
                "send",
                2.0,
                2.1,
                type="http.response.start",
                status=200,
                headers=[["content-type", answered_type], *more.pop("headers", [])],
            ),
            event("send", 3.0, 3.1, 40, type="http.response.body", body=answered),
        ],
        scope={
            "type": "http",
            "method": "POST",
            "path": "/",
            "headers": [["content-type", asked_type]],
        },
        **more,
    )


HOSTILE = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>\x1b[2J\u202e'


def hostile() -> Json:
    """An exchange with a script in every field."""
    evil = HOSTILE
    found = exchange(
        [
            event(
                "receive",
                1.0,
                1.1,
                5,
                type="http.request",
                body=f'{{"{evil.encode("unicode_escape").decode()}": 1}}'.replace("\\x", "\\u00"),
            ),
            event(
                "send",
                2.0,
                2.1,
                type="http.response.start",
                status=200,
                headers=[
                    [evil, evil],
                    ["set-cookie", f"{evil}=1"],
                    ["content-type", "image/svg+xml"],
                ],
            ),
            event("send", 3.0, 3.1, 9, type="http.response.body", body=f"<svg onload='{evil}'/>"),
            {**event("send", 4.0, 4.1, 0, type=evil, **{evil: evil}), "raised": evil},
        ],
        id="01a2000000007000800000000000a007",
        **dict.fromkeys(("method", "path", "query", "route", "request_id", "trace_id"), evil),
        redacted=[evil],
        dropped={f"bytes {evil}": 1},
        worker={"host": evil, "pid": 1},
        error={
            "type": evil,
            "message": evil,
            "traceback": f'Traceback:\n  File "{evil}", line 1, in {evil}\n    {evil}\n{evil}',
            "at_ms": 4.0,
            "swallowed": False,
        },
        layers=[
            passage(
                evil,
                evil,
                0.1,
                9.0,
                0.2,
                visible=False,
                why=evil,
                scope={"added": {evil: evil}, "removed": {}, "replaced": {}},
                error={"inside": evil, "outside": evil, "what": "replaced"},
            )
        ],
        notes=[
            note(kind, 1.0, 2.0, evil, level=evil, **{evil: evil})
            for kind in ("log", "span", "measure", "call", "blocked")
        ],
    )
    found["scope"] = {"type": evil, "scheme": evil, evil: {evil: [evil]}, "headers": [[evil, evil]]}
    return found
