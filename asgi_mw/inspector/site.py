"""The page and its API, as an ASGI app over a store."""

from __future__ import annotations

from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from anyio import sleep, to_thread

from asgi_mw.recorder.objects import ascii_json, whole
from asgi_mw.recorder.rows import row

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.store import Store
    from asgi_mw.types import App, Receive, Scope, Send

_STATIC = Path(__file__).parent / "static"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
VERSION = 1


def site(store: Store, path: str) -> App:
    """Show what *store* has, below *path*."""

    async def called(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # an app
        below = scope["path"][len(path) :]
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        if below == "/api/feed":
            await _feed(store, send)
        elif below == "/api/exchanges":
            limit = int(asked.get("limit", ["200"])[0])
            before = asked.get("before", [None])[0]
            await _json(send, await to_thread.run_sync(_listed, store, before, limit))
        elif below.startswith("/api/exchanges/"):
            found = await to_thread.run_sync(store.get, below.rpartition("/")[2])
            if found is None:
                await _json(send, {"error": "no exchange has this id"}, 404)
            else:
                await _json(send, {"exchange": whole(found)})
        elif below == "":
            await _answer(send, 303, b"", "text/plain", [(b"location", path.encode() + b"/")])
        else:
            await _static(send, below)

    return called


def _listed(store: Store, before: str | None, limit: int) -> dict[str, Any]:
    every = (one for one in store.exchanges() if before is None or one.id < before)
    found = list(islice(every, limit))
    return {
        **_table(found),
        "next": found[-1].id if len(found) == limit else None,
        "total": store.stats().exchanges,
        "problems": [],
    }


def _table(found: list[Exchange]) -> dict[str, Any]:
    rows = [row(one) for one in found]
    return {"columns": list(rows[0]) if rows else [], "rows": [list(one.values()) for one in rows]}


async def _feed(store: Store, send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def say(event: str, data: dict[str, Any]) -> None:
        body = f"event: {event}\ndata: {ascii_json(data)}\n\n".encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})

    state = {"recording": store.recording, "store": repr(store), "resend": False, "problems": []}
    await say("state", state)
    _, cursor = await to_thread.run_sync(store.follow)
    flown: list[str] = []
    while True:
        found, cursor = await to_thread.run_sync(partial(store.follow, cursor))
        if found:
            await say("rows", {**_table(found), "total": store.stats().exchanges})
        flying = await to_thread.run_sync(store.in_flight)
        if flown or flying:
            await say("flying", _table(flying))
            flown = [one.id for one in flying]
        await sleep(0.1)


async def _json(send: Send, value: dict[str, Any], status: int = 200) -> None:
    body = ascii_json({"version": VERSION, **value}).encode()
    await _answer(send, status, body, "application/json")


async def _static(send: Send, below: str) -> None:
    file = (_STATIC / (below.strip("/") or "index.html")).resolve()
    if not file.is_relative_to(_STATIC) or not file.is_file():
        await _json(send, {"error": "there is no such file"}, 404)
        return
    kind = _TYPES.get(file.suffix, "application/octet-stream")
    await _answer(send, 200, file.read_bytes(), kind + "; charset=utf-8")


async def _answer(
    send: Send, status: int, body: bytes, kind: str, more: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"content-security-policy", _CSP.encode()),
        (b"cache-control", b"no-store"),
        *(more or []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
