"""Exchanges with layers and notes, as `Exchange` objects, from which the server makes its JSON."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING, Any, Literal

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.notes import Note
from asgi_mw.passages import Crossing, Fault, HeaderChanges, Passage, ScopeChanges, Traffic

if TYPE_CHECKING:
    from asgi_mw.notes import Kind

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MULTIPART = (
    b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nhello\r\n--X--\r\n"
)
LAYERED = "01a2000000007000800000000000a001"
START, BODY = "http.response.start", "http.response.body"


def ns(ms: float | None) -> Any:
    """*ms* in nanoseconds; ``None`` stays ``None``."""
    return None if ms is None else round(ms * 1e6)


def event(
    direction: Literal["receive", "send"],
    called: float,
    returned: float | None,
    size: int = 0,
    **message: Any,
) -> Event:
    """An event between server and outermost layer; times in ms."""
    return Event(direction, ns(called), ns(returned), message, size)


def passed(
    direction: Literal["receive", "send"],
    called: float,
    returned: float,
    type: str,  # noqa: A002  # the message's own word
    size: int = 0,
    *,
    status: int | None = None,
) -> Crossing:
    """An event between two layers."""
    return Crossing(direction, ns(called), ns(returned), type, status, size)


def note(kind: Kind, at: float, until: float | None, title: str, **more: Any) -> Note:
    """A note of something that happened during the exchange."""
    return Note(kind, ns(at), ns(until), title, more.pop("level", None), more)


def passage(name: str, layer: str, entered: float, left: float, own: float, **more: Any) -> Passage:
    """What one layer did; it changed nothing unless *more* says so."""
    times = {"entered": ns(entered), "handed_on": ns(entered + 0.1), "left": ns(left)}
    return Passage(name, layer, **{**times, "own": ns(own), **more})


def exchange(events: list[Event], **more: Any) -> Exchange:
    """An exchange of an HTTP request that was answered, of *events*; times in ms."""
    scope = {
        "type": more.get("type", "http"),
        "method": more.pop("method", "GET"),
        "path": more.pop("path", "/"),
        "headers": [],
        **more.pop("scope", {}),
    }
    return Exchange(
        **{
            "id": "01a2000000007000800000000000b001",
            "worker": Worker("laptop", 4711),
            "type": "http",
            "scope": scope,
            "began": 1_772_366_400_000_000_000,
            "events": tuple(events),
            "ended": ns(more.pop("ended", 10.0)),
            "returned": ns(more.pop("returned", 10.2)),
            "outcome": "complete",
            **more,
        }
    )


def layered() -> Exchange:
    """A request through four layers, one of which cannot be seen, with notes of every kind."""
    asked = {"type": "http.request", "body": b'{"item":"espresso","card":"[redacted]"}'}
    answer = b'{"order": 1042, "items": [{"name": "espresso", "price": 2.4}], "paid": true}'
    headers = [
        [b"content-type", b"application/json"],
        [b"content-encoding", b"gzip"],
        [b"vary", b"Accept-Encoding, Origin"],
        [b"access-control-allow-origin", b"https://shop.test"],
        [b"x-request-id", b"6f1c"],
    ]
    events = [
        event("receive", 1.4, 4.6, 39, **asked, more_body=False),
        event("send", 412.6, 412.8, type=START, status=201, headers=headers),
        event("send", 412.9, 690.2, 2310, type=BODY, body=answer, decoded=True),
    ]
    origin = (b"access-control-allow-origin", b"https://shop.test")
    vary = (b"vary", b"Accept-Encoding", b"Accept-Encoding, Origin")
    layers = (
        passage(
            "request_id",
            "request_id(header='x-request-id')",
            0.2,
            692.1,
            0.09,
            scope=ScopeChanges({"asgi_mw": "<State>"}),
            response=Traffic(HeaderChanges(added=((b"x-request-id", b"6f1c"),))),
            crossings=(
                passed("receive", 1.3, 4.7, "http.request", 39),
                passed("send", 412.4, 412.85, START, status=201),
                passed("send", 412.87, 690.3, BODY, 2310),
            ),
        ),
        passage(
            "cors",
            "cors(allow_origins=['https://shop.test'])",
            0.4,
            691.8,
            0.14,
            response=Traffic(HeaderChanges(added=(origin,), replaced=(vary,))),
            crossings=(
                passed("receive", 1.2, 4.8, "http.request", 39),
                passed("send", 412.2, 412.86, START, status=201),
                passed("send", 412.86, 690.4, BODY, 2310),
            ),
        ),
        passage(
            "compression",
            "compression(encodings=('zstd', 'br', 'gzip'))",
            0.5,
            691.6,
            1.9,
            response=Traffic(
                HeaderChanges(
                    added=((b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")),
                    removed=((b"content-length", b"18400"),),
                ),
                (18400, 2310),
                (2, 2),
                changed=True,
            ),
            crossings=(
                passed("receive", 1.1, 4.9, "http.request", 39),
                passed("send", 410.2, 410.25, START, status=201),
                passed("send", 410.4, 690.5, BODY, 18400),
            ),
        ),
        Passage(
            "SessionMiddleware",
            "SessionMiddleware(secret_key=...)",
            visible=False,
            why="it is held by a closure",
        ),
    )
    return exchange(
        events,
        id=LAYERED,
        method="POST",
        path="/orders",
        route="/orders",
        ended=690.2,
        returned=692.3,
        request_id="6f1c0d3e5ab14e3c9a5e2b1f7a60c1d2",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        redacted=("body card", "query token"),
        dropped={"bytes over body_limit": 1200},
        layers=layers,
        notes=(
            note("log", 6.1, None, "order received", level="info", logger="shop.orders", items=1),
            note("span", 0.9, 691.0, "POST /orders", **{"http.route": "/orders"}),
            note("span", 8.0, 120.0, "SELECT stock", **{"db.system": "postgresql"}),
            note("span", 140.0, 398.0, "charge card"),
            note("measure", 8.0, 121.0, "stock"),
            note("call", 142.0, 396.0, "POST https://pay.test/charges", status=200, bytes=512),
            note("log", 300.2, None, "payment is slow", level="warning", logger="shop.payment"),
            note("blocked", 250.0, 334.0, "shop.receipts.render", function="render", line=48),
            note("log", 401.5, None, "order 1042 paid", level="info", logger="shop.orders"),
            note("log", 402.0, None, "receipt printer is offline", level="error", logger="shop"),
        ),
        scope={
            "http_version": "1.1",
            "scheme": "http",
            "query_string": b"coupon=SPRING&token=[redacted]",
            "headers": [
                [b"host", b"shop.test"],
                [b"content-type", b"application/json"],
                [b"accept-encoding", b"gzip"],
                [b"origin", b"https://shop.test"],
                [b"authorization", b"Bearer [redacted]"],
            ],
            "client": ["127.0.0.1", 50220],
            "state": {"users": {"1": "Ada"}, "feed": "<Feed>"},
        },
    )


def early() -> Exchange:
    """A preflight that the layer for CORS answered, so that the app was never called."""
    return exchange(
        [
            event("send", 0.9, 1.0, type=START, status=200, headers=[]),
            event("send", 1.1, 1.2, 2, type=BODY, body=b"OK"),
        ],
        id="01a2000000007000800000000000a002",
        method="OPTIONS",
        path="/orders",
        ended=1.2,
        returned=1.4,
        layers=(
            passage(
                "request_id",
                "request_id()",
                0.1,
                1.35,
                0.05,
                crossings=(
                    passed("send", 0.7, 1.05, START, status=200),
                    passed("send", 1.05, 1.25, BODY, 2),
                ),
            ),
            passage(
                "cors", "cors(allow_origins=['*'])", 0.2, 1.3, 0.6, answered=True, handed_on=None
            ),
            Passage("timing", "timing()"),
        ),
    )


def failed() -> Exchange:
    """An exception that a layer swallowed and answered."""
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
            event("send", 90.0, 90.2, type=START, status=500, headers=[]),
            event("send", 90.3, 90.4, 21, type=BODY, body=b"Internal Server Error"),
        ],
        id="01a2000000007000800000000000a003",
        method="POST",
        path="/orders",
        ended=90.4,
        returned=91.0,
        error=Failure("KeyError", "'<script>boom()</script>'", traceback, ns(80.0), swallowed=True),
        layers=(
            passage(
                "errors",
                "errors()",
                0.1,
                90.9,
                0.5,
                answered=True,
                fault=Fault("KeyError: '<script>'", None, "swallowed"),
                crossings=(passed("receive", 0.5, 0.6, "http.request"),),
            ),
            passage(
                "timing",
                "timing()",
                0.2,
                80.0,
                0.1,
                crossings=(passed("receive", 0.4, 0.65, "http.request"),),
            ),
        ),
    )


def talk(messages: int = 4) -> Exchange:
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
        method="",
        path="/chat",
        ended=last + 1,
        returned=last + 1.2,
        scope={"headers": [[b"host", b"shop.test"]]},
    )


def stream() -> Exchange:
    """Server-Sent Events, one of which came in two pieces; a task listens for the client's end."""
    pieces = [b"event: tick\nid: 1\ndata: one\n\ndata: t", b"wo\n\n", b": still here\n\n"]
    body = [
        event("send", 2.0 + at, 2.2 + at, len(piece), type=BODY, body=piece, more_body=True)
        for at, piece in enumerate(pieces)
    ]
    kind = [[b"content-type", b"text/event-stream"]]
    return exchange(
        [
            event("receive", 0.5, 9.0, type="http.disconnect"),
            event("send", 1.0, 1.1, type=START, status=200, headers=kind),
            *body,
        ],
        id="01a2000000007000800000000000a005",
        path="/events",
    )


def flying() -> Exchange:
    """A request whose app awaits the body."""
    return exchange(
        [event("receive", 1.0, None)],
        id="01a2000000007000800000000000a006",
        method="PUT",
        path="/slow",
        began=time_ns() - 10**9,
        outcome=None,
        ended=None,
        returned=None,
    )


def with_bodies(
    asked: bytes, asked_type: bytes, answered: bytes, answered_type: bytes, **more: Any
) -> Exchange:
    """A request and its answer with these bodies; *sent* is how long the answer was."""
    headers = [[b"content-type", answered_type], *more.pop("headers", [])]
    size = more.pop("sent", len(answered))
    last = event("send", 3.0, 3.1, size, type=BODY, body=answered)
    return exchange(
        [
            event("receive", 1.0, 1.1, len(asked), type="http.request", body=asked),
            event("send", 2.0, 2.1, type=START, status=200, headers=headers),
            replace(last, truncated=size > len(answered)),
        ],
        method="POST",
        scope={"headers": [[b"content-type", asked_type]]},
        **more,
    )


HOSTILE = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>\x1b[2J\u202e'


def hostile() -> Exchange:
    """An exchange with a script in every field."""
    evil, octets = HOSTILE, HOSTILE.encode()
    asked = f'{{"{evil.encode("unicode_escape").decode()}": 1}}'.replace("\\x", "\\u00").encode()
    headers = [[octets, octets], [b"set-cookie", octets], [b"content-type", b"image/svg+xml"]]
    odd = event("send", 4.0, 4.1, 0, type=evil, **{evil: evil})
    return exchange(
        [
            event("receive", 1.0, 1.1, 5, type="http.request", body=asked),
            event("send", 2.0, 2.1, type=START, status=200, headers=headers),
            event("send", 3.0, 3.1, 9, type=BODY, body=b"<svg onload='%b'/>" % octets),
            replace(odd, raised=evil),
        ],
        id="01a2000000007000800000000000a007",
        **dict.fromkeys(("method", "path", "route", "request_id", "trace_id"), evil),
        redacted=(evil,),
        dropped={f"bytes {evil}": 1},
        worker=Worker(evil, 1),
        error=Failure(
            evil,
            evil,
            f'Traceback:\n  File "{evil}", line 1, in {evil}\n    {evil}\n{evil}',
            ns(4.0),
        ),
        layers=(
            passage(
                evil,
                evil,
                0.1,
                9.0,
                0.2,
                visible=False,
                why=evil,
                scope=ScopeChanges({evil: evil}),
                fault=Fault(evil, evil, "replaced"),
            ),
        ),
        notes=tuple(
            note(kind, 1.0, 2.0, evil, level=evil, **{evil: evil})
            for kind in ("log", "span", "measure", "call", "blocked")
        ),
        scope={
            **dict.fromkeys(("type", "scheme"), evil),
            "query_string": octets,
            evil: {evil: [evil]},
            "headers": [[octets, octets]],
        },
    )
