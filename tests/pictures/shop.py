"""The recordings of a made-up shop: ids, times and worker are always the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.segment import Segment

if TYPE_CHECKING:
    from pathlib import Path

BEGAN = int(datetime(2026, 5, 4, 9, 30, 0, 250_000, tzinfo=UTC).timestamp() * 1000) * 1_000_000
NOW = BEGAN + 60_000_000_000
_US = 1000
_TRACEBACK = """Traceback (most recent call last):
  File "/srv/shop/main.py", line 41, in pay
    raise RuntimeError("no answer from the bank")
RuntimeError: no answer from the bank
"""


def received(called: int, returned: int, kind: str, size: int = 0, **message: Any) -> Event:
    """A ``receive``; times in microseconds."""
    return Event("receive", called * _US, returned * _US, {"type": kind, **message}, size)


def sent(called: int, returned: int, kind: str, size: int = 0, **message: Any) -> Event:
    """A ``send``; times in microseconds."""
    return Event("send", called * _US, returned * _US, {"type": kind, **message}, size)


def http(method: str, path: str, *events: Event, query: bytes = b"", **more: Any) -> Exchange:
    """A request; its id and its beginning are given later."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [[b"host", b"shop.example.org"], [b"accept", b"*/*"]],
    }
    usual = {"outcome": "complete", "ended": (events[-1].returned if events else 0)}
    return Exchange(
        id="", worker=Worker("web-1", 4711), type="http", scope=scope, began=0, events=events,
        **{**usual, **more},
    )  # fmt: skip


def answer(at: int, status: int, body: bytes, kind: bytes = b"application/json") -> list[Event]:
    """A response in two messages."""
    headers = [[b"content-type", kind], [b"x-request-id", b"visit-0001"]]
    return [
        sent(at, at + 90, "http.response.start", status=status, headers=headers),
        sent(at + 100, at + 130, "http.response.body", len(body), body=body),
    ]


def pieces() -> list[Event]:
    """Server-Sent Events, while the app listens for the client's leaving."""
    headers = [[b"content-type", b"text/event-stream"], [b"x-request-id", b"visit-0002"]]
    events = [
        received(133, 137, "http.request", more_body=False),
        received(142, 905, "http.disconnect"),
        sent(167, 411, "http.response.start", status=200, headers=headers),
    ]
    for n in range(2):
        body = b'id: %d\nevent: price\ndata: {"cents": %d}\n' % (n, 1990 + n)
        events.append(
            sent(
                429 + 150 * n,
                490 + 150 * n,
                "http.response.body",
                len(body),
                body=body,
                more_body=True,
            )
        )
    return [*events, sent(845, 872, "http.response.body", more_body=False)]


def exchanges() -> list[Exchange]:
    """One of each kind, in the order of time."""
    start = [[b"content-type", b"text/event-stream"]]
    chat = {
        "type": "websocket",
        "path": "/chat",
        "query_string": b"token=[redacted]",
        "headers": [],
    }
    found = [
        http("GET", "/users/7", *answer(510, 200, b'{"id": 7}'), query=b"token=[redacted]"),
        http(
            "POST", "/orders", received(90, 4200, "http.request", 11, body=b'{"shoe": 7}'),
            *answer(4900, 201, b'{"id": 12}'),
        ),
        http("GET", "/orders/99", *answer(280, 404, b'{"detail": "Not Found"}')),
        http(
            "GET", "/search", *answer(61_000, 200, b'{"found": []}'),
            query=b"q=a+pair+of+green+shoes&size=42&sort=price&direction=ascending&page=3",
        ),
        http(
            "POST", "/pay", outcome="error", ended=2_034_000,
            error=Failure("RuntimeError", "no answer from the bank", _TRACEBACK, 2_034_000),
        ),
        http(
            "GET", "/ticks", sent(300, 340, "http.response.start", status=200, headers=start),
            sent(380, 410, "http.response.body", 7, body=b"tick 0\n", more_body=True),
            received(420, 1_204_000, "http.disconnect"), outcome="client_gone",
        ),
        replace(
            http(
                "", "", sent(120, 190, "websocket.accept"),
                received(200, 8400, "websocket.receive", 5, text="hello"),
                sent(8500, 8600, "websocket.send", 5, text="hello"),
                received(8700, 15_200, "websocket.disconnect", code=4001, reason="heard enough"),
            ),
            type="websocket", scope=chat,
        ),
        http("GET", "/prices", *pieces(), route="/prices", request_id="visit-0002", ended=872_000),
    ]  # fmt: skip
    return [
        replace(
            one,
            id=f"019df23a{n:04x}7000{0x8C47B070392A1E4D + n * 0x1F3D5B79:016x}",
            began=BEGAN + n * 321_000_000,
        )
        for n, one in enumerate(found)
    ]


def record(folder: Path) -> None:
    """Write all of them into a store."""
    segment = Segment(folder)
    segment.write([encode(one) for one in exchanges()])
    segment.close()
