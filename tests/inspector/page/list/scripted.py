"""A server for the page; a test sets its rows, refusals and feed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import anyio

import asgi_mw.inspector
from asgi_mw.recorder.search import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.types import Receive, Scope, Send

STATIC = Path(asgi_mw.inspector.__file__).parent / "static"
BEGAN = 1_795_236_363_000.0  # ms since the epoch, of the first row
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PLAIN: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "query": None,
    "route": None,
    "status": 200,
    "status_by": "app",
    "outcome": "complete",
    "state": "complete",
    "close_code": None,
    "close_by": None,
    "duration_ms": 4.5,
    "returned_ms": 4.5,
    "first_byte_ms": 3.0,
    "bytes_in": 0,
    "bytes_out": 1234,
    "event_count": 3,
    "layers_ms": None,
    "host": "web-1",
    "pid": 7,
    "request_id": None,
    "trace_id": None,
    "error": None,
    "swallowed": False,
    "awaiting": None,
    "awaiting_since_ms": None,
    "kept": False,
}

_OPENED: dict[str, Any] = {"scope": {}, "events": [], "layers": [], "notes": [], "close": None}


def row(number: int, **facts: Any) -> dict[str, Any]:
    """The row of the exchange *number*; a later one has a higher number."""
    began = BEGAN + 10.0 * number
    return {"id": f"{number:032x}", "path": f"/orders/{number}", "began": began} | {
        name: value
        for name, value in (_PLAIN | facts).items()
        if name not in {"path", "began"} or name in facts
    }


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """*rows* as the API writes them."""
    columns = ["id", "began", *_PLAIN]
    return {"columns": columns, "rows": [[one[name] for name in columns] for one in rows]}


class Scripted:
    """The page and an API that does what the test says.

    Attributes:
        rows: What is stored, the oldest first.
        flying: What is in flight.
        state: What the feed says about the recorder.
        problems: What cannot be read.
        refuses: What is wrong with a filter, by the filter.
        words: The words that a filter can have.
        asked: The queries of the list, as they came.
        posted: What was posted: the path and the object.
        live: Whether there is a feed; if not, its connections are cut.
        feeds: How many feeds are open.
        port: Where it is served.
    """

    def __init__(self, rows: Iterable[dict[str, Any]] = ()) -> None:
        self.rows = list(rows)
        self.flying: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {
            "recording": True,
            "store": "memory:",
            "resend": True,
            "pid": 7,
            "problems": [],
        }
        self.problems: list[str] = []
        self.refuses: dict[str, str] = {}
        self.words = words()
        self.asked: list[str] = []
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.live = True
        self.feeds = 0
        self.port = 0
        self._said: list[tuple[str, dict[str, Any]]] = []

    def record(self, *rows: dict[str, Any]) -> None:
        """Store *rows*, and send them to the open feeds."""
        self.rows += rows
        self.say("rows", {**table(list(rows)), "total": len(self.rows)})

    def say(self, event: str, data: dict[str, Any]) -> None:
        """Send *data* to the open feeds."""
        self._said.append((event, data))

    def matching(self, query: str) -> list[dict[str, Any]]:
        """The rows that have *query* in their path, the newest first."""
        every = sorted(self.rows, key=lambda one: str(one["id"]), reverse=True)
        if query == "is:kept":
            return [one for one in every if one["kept"]]
        return [one for one in every if query in one["path"]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the page at the root."""
        asked = {key: one[0] for key, one in parse_qs(scope["query_string"].decode()).items()}
        path = scope["path"]
        if path == "/api/feed":
            await self._feed(send)
        elif scope["method"] == "POST":
            self.posted.append((path, json.loads((await receive())["body"])))
            await _json(send, {})
        elif path == "/api/exchanges":
            await self._listed(send, asked)
        elif path.startswith("/api/exchanges/"):
            [found] = [one for one in self.rows if one["id"] == path.rpartition("/")[2]]
            await _json(send, {"exchange": {**found, **_OPENED}})
        elif path == "/api/words":
            await _json(send, {"words": self.words})
        else:
            await _static(send, path)

    async def _listed(self, send: Send, asked: dict[str, str]) -> None:
        query, before = asked.get("q", ""), asked.get("before", "g")
        self.asked.append(query)
        if query in self.refuses:
            await _json(send, {"error": self.refuses[query]}, 400)
            return
        found = [one for one in self.matching(query) if one["id"] < before]
        page = found[: int(asked["limit"])]
        further = page[-1]["id"] if len(found) > len(page) else None
        rest = {"next": further, "total": len(self.rows), "problems": self.problems}
        await _json(send, {**table(page), **rest})

    async def _feed(self, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        at, flown = len(self._said), None
        await self._event(send, "state", self.state)
        self.feeds += 1
        try:
            while self.live:
                for event, data in self._said[at:]:
                    at += 1
                    await self._event(send, event, data)
                if flown != self.flying:
                    flown = list(self.flying)
                    await self._event(send, "flying", table(flown))
                await anyio.sleep(0.02)
        finally:
            self.feeds -= 1

    async def _event(self, send: Send, event: str, data: dict[str, Any]) -> None:
        body = f"event: {event}\nretry: 100\ndata: {json.dumps(data)}\n\n".encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _json(send: Send, value: dict[str, Any], status: int = 200) -> None:
    await _answer(send, status, json.dumps({"version": 1, **value}).encode(), "application/json")


async def _static(send: Send, path: str) -> None:
    file = STATIC / (path.strip("/") or "index.html")
    if not file.is_file():
        await _json(send, {"error": "there is no such file"}, 404)
        return
    await _answer(send, 200, file.read_bytes(), _TYPES.get(file.suffix, "image/svg+xml"))


async def _answer(send: Send, status: int, body: bytes, kind: str) -> None:
    headers = [
        (b"content-type", kind.encode() + b"; charset=utf-8"),
        (b"content-security-policy", _CSP.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
