"""The API of the page over exchanges that a test makes, and the page itself, as one ASGI app."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import asgi_mw.inspector
from asgi_mw.events import Event, Exchange, Worker
from asgi_mw.inspector.drawn import drawn
from asgi_mw.inspector.opened import opened
from asgi_mw.parts import payloads
from asgi_mw.recorder.comparing import compared
from asgi_mw.recorder.copying import copied
from asgi_mw.recorder.objects import plain as json_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from asgi_mw.types import Receive, Scope, Send

STATIC = Path(asgi_mw.inspector.__file__).parent / "static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
COLUMNS = [
    "id",
    "type",
    "method",
    "path",
    "query",
    "route",
    "status",
    "status_by",
    "outcome",
    "state",
    "close_code",
    "close_by",
    "began",
    "duration_ms",
    "returned_ms",
    "first_byte_ms",
    "bytes_in",
    "bytes_out",
    "event_count",
    "layers_ms",
    "host",
    "pid",
    "request_id",
    "trace_id",
    "error",
    "swallowed",
    "awaiting",
    "awaiting_since_ms",
    "kept",
]


class Api:
    """What a server of the page answers, by the contract of its API."""

    def __init__(self) -> None:
        self.port = 0
        self.exchanges: dict[str, Exchange | dict[str, Any]] = {}
        self.bodies: dict[tuple[str, str], bytes] = {}
        self.rows: list[dict[str, Any]] = []
        self.feed: list[tuple[str, dict[str, Any]]] = []
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        # Paths that answer with the first half only, and whether the server then ends the response
        self.half: dict[str, bool] = {}

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    def clear(self) -> None:
        """Forget what the last test made."""
        for kept in (self.exchanges, self.bodies, self.rows, self.feed, self.posted):
            kept.clear()
        self.answers.clear()
        self.half.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        asked = parse_qs(scope["query_string"].decode())
        if (ends := self.half.get(path)) is not None:
            await _half(receive, send, ends=ends)
        elif scope["method"] == "POST":
            name = path.removeprefix("/api/")
            self.posted.append((name, json.loads((await receive())["body"])))
            status, answer = self.answers[name]
            await _json(send, answer, status)
        elif path == "/api/feed":
            await self._live(receive, send)
        elif path == "/api/exchanges":
            await _json(send, self._listed(asked))
        elif path.startswith("/api/exchanges/"):
            await self._one(send, path.split("/")[3:], asked)
        elif path == "/api/compare":
            await self._compare(send, asked["left"][0], asked["right"][0])
        else:
            await _file(send, path)

    def _listed(self, asked: dict[str, list[str]]) -> dict[str, Any]:
        newest = sorted(self.rows, key=lambda row: str(row["id"]), reverse=True)
        if before := asked.get("before"):
            newest = [row for row in newest if row["id"] < before[0]]
        found = newest[: int(asked["limit"][0])]
        more = found[-1]["id"] if len(found) < len(newest) else None
        return {**table(found), "next": more, "total": len(self.rows), "problems": []}

    async def _one(self, send: Send, parts: list[str], asked: dict[str, list[str]]) -> None:
        found = self.exchanges.get(parts[0])
        if found is None:
            await _json(send, {"error": "no exchange has this id"}, 404)
        elif parts[1:2] == ["body"]:
            way: Any = parts[2]
            body = payloads(found, way) if isinstance(found, Exchange) else None
            body = self.bodies[parts[0], way] if body is None else body
            await _answer(send, 200, body, "application/octet-stream")
        elif isinstance(found, Exchange) and parts[1:] == ["copy"]:
            await _json(send, {"text": copied(found, asked["as"][0])})
        else:
            said = json_of(opened(found)) if isinstance(found, Exchange) else found
            await _json(send, {"exchange": said})

    async def _compare(self, send: Send, *ids: str) -> None:
        match [self.exchanges.get(one) for one in ids]:
            case [Exchange() as left, Exchange() as right]:
                await _json(send, compared(left, right))
            case _:
                await _json(send, {"error": "no exchange has this id"}, 404)

    async def _live(self, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.ensure_future(receive())
        at = 0
        while not gone.done() or (await gone)["type"] != "http.disconnect":
            if gone.done():
                gone = asyncio.ensure_future(receive())
            for event, data in self.feed[at:]:
                body = f"event: {event}\ndata: {json.dumps(data)}\n\n".encode()
                await send({"type": "http.response.body", "body": body, "more_body": True})
                at += 1
            await asyncio.wait([gone], timeout=0.02)


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows as the API has them."""
    return {"columns": COLUMNS, "rows": [[row[name] for name in COLUMNS] for row in rows]}


async def _json(send: Send, value: dict[str, Any], status: int = 200) -> None:
    body = json.dumps({"version": 1, **value}).encode()
    await _answer(send, status, body, "application/json")


async def _half(receive: Receive, send: Send, *, ends: bool) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = b"{"
    await send({"type": "http.response.body", "body": body, "more_body": not ends})
    while not ends:
        ends = (await receive())["type"] == "http.disconnect"


async def _file(send: Send, path: str) -> None:
    file = STATIC / (path.strip("/") or "index.html")
    if file.is_file():
        await _answer(send, 200, file.read_bytes(), TYPES.get(file.suffix, "image/svg+xml"))
    else:
        await _answer(send, 404, b"", "text/plain")


async def _answer(send: Send, status: int, body: bytes, kind: str) -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"content-security-policy", CSP.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def overflows(page: Page) -> bool:
    """Whether the page is wider than its window, or what it shows is not in it."""
    return bool(
        page.evaluate(
            """() => {
              const {scrollWidth} = document.documentElement;
              const {width, height} = document.querySelector("main > *").getBoundingClientRect();
              return scrollWidth > innerWidth || width < 200 || height < 100;
            }"""
        )
    )


def identity(number: int) -> str:
    """The id of an exchange: greater for later ones."""
    return f"{number:032x}"


def row(number: int, began: float, duration: float, **changes: Any) -> dict[str, Any]:
    """A row of the list, of an exchange that began at *began* (epoch ms) and took *duration* ms."""
    empty = dict.fromkeys(COLUMNS)
    return {
        **empty,
        "id": identity(number),
        "type": "http",
        "method": "GET",
        "path": f"/{number}",
        "status": 200,
        "outcome": "complete",
        "state": "complete",
        "began": began,
        "duration_ms": duration,
        "returned_ms": duration,
        "first_byte_ms": duration / 2,
        "bytes_in": 0,
        "bytes_out": 10,
        "event_count": 2,
        "host": "box",
        "pid": 41,
        "swallowed": False,
        "kept": False,
        **changes,
    }


def plain(value: bytes | str) -> Any:
    """Octets as the API has them."""
    if isinstance(value, str):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}


def exchange(number: int, **changes: Any) -> dict[str, Any]:
    """A whole exchange; *changes* are ``request`` and ``response`` (bodies), ``headers``, ``sent``
    (response headers), ``scope`` and whatever else the API says of one.
    """  # noqa: D205  # what it takes fits no single line
    asked, answered = changes.pop("request", b""), changes.pop("response", b"{}")
    status = changes.pop("status", 200)
    headers, sent = changes.pop("headers", []), changes.pop("sent", [])
    method, path = changes.pop("method", "GET"), changes.pop("path", "/orders")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": "",
        "server": ["127.0.0.1", 80],
        "client": ["127.0.0.1", 50000 + number],
        **changes.pop("scope", {}),
        "headers": [[plain(name), plain(value)] for name, value in headers],
    }
    messages = [
        ("receive", {"type": "http.request", "body": plain(asked)}, len(asked)),
        (
            "send",
            {
                "type": "http.response.start",
                "status": status,
                "headers": [[plain(name), plain(value)] for name, value in sent],
            },
            0,
        ),
        ("send", {"type": "http.response.body", "body": plain(answered)}, len(answered)),
    ]
    return {
        "id": identity(number),
        "type": "http",
        "method": method,
        "path": path,
        "query": None,
        "route": None,
        "status": status,
        "status_by": "app",
        "outcome": "complete",
        "state": "complete",
        "close": None,
        "began": f"2026-01-02T03:04:{number % 60:02}.000000000Z",
        "duration_ms": 12.0,
        "returned_ms": 12.5,
        "request_id": f"{number:032x}",
        "trace_id": None,
        "span_id": None,
        "bytes_in": len(asked),
        "bytes_out": len(answered),
        "event_count": 3,
        "error": None,
        "worker": {"host": "box", "pid": 41},
        "dropped": {},
        "redacted": [],
        "scope": scope,
        "events": [
            {
                "direction": direction,
                "called_ms": 1.0 + at,
                "returned_ms": 1.5 + at,
                "awaited_ms": 0.5,
                "message": message,
                "bytes": size,
                "truncated": False,
                "raised": None,
            }
            for at, (direction, message, size) in enumerate(messages)
        ],
        "events_missing_at": None,
        "layers": [],
        "notes": [],
        "findings": [],
        "drawn": drawn(fact(scope, messages)),
        "copies": ["curl", "httpx", "text", "mermaid"],
        **changes,
    }


def fact(scope: dict[str, Any], messages: list[tuple[Any, dict[str, Any], int]]) -> Exchange:
    """The same as an `Exchange`, with all that the page draws from it."""
    events = tuple(
        Event(way, (1 + at) * 10**6, (2 + at) * 10**6, message, size)
        for at, (way, message, size) in enumerate(messages)
    )
    ns = 12 * 10**6
    return Exchange(
        "", Worker("box", 41), "http", scope, 0, events, returned=ns, outcome="complete"
    )


def passage(name: str, **changes: Any) -> dict[str, Any]:
    """What a layer did: nothing, except for *changes*."""
    untouched = {"headers": {"added": [], "removed": [], "replaced": []}, "messages": [1, 1]}
    return {
        "name": name,
        "layer": f"{name}()",
        "visible": True,
        "why": None,
        "entered_ms": 0.1,
        "left_ms": 12.0,
        "own_ms": 0.5,
        "scope": {"added": {}, "removed": {}, "replaced": {}},
        "request": {**untouched, "bytes": [0, 0], "changed": False},
        "response": {**untouched, "status": [200, 200], "bytes": [2, 2], "changed": False},
        "answered": False,
        "received": 0,
        "error": None,
        "events": [],
        **changes,
    }
