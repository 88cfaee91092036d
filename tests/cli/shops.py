"""A shop in several versions, as the module of each, and what it was asked while recorded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from asgi_mw import open_store, record
from asgi_mw.cli.target import load
from asgi_mw.testing import Wire, request, run, websocket_scope

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from asgi_mw.types import App

_SHOP = """
import json

VERSION = {version!r}
ORDERS = []


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({{"type": "websocket.accept"}})
        while (message := await receive())["type"] == "websocket.receive":
            price = 13 if VERSION == "bugs" else 12
            text = json.dumps({{"items": [{{}}, {{}}, {{"price": price}}]}})
            await send({{"type": "websocket.send", "text": text}})
        return
    if scope["type"] == "lifespan":
        print("the shop prints as it starts")
        await receive()
        await send({{"type": "lifespan.startup.complete"}})
        await receive()
        await send({{"type": "lifespan.shutdown.complete"}})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    ORDERS.append(body)
    kind, status = b"application/json", 200
    match scope["path"]:
        case "/items":
            price = 13 if VERSION == "bugs" else 12
            items = [{{"price": 1}}, {{"price": 2}}, {{"price": price}}]
            said = {{"at": len(ORDERS), "items": items}}
            body = json.dumps(said).encode()
        case "/events":
            kind = b"text/event-stream"
            price = b"13" if VERSION == "bugs" else b"12"
            body = b'data: {{"n": 1}}\\n\\ndata: {{"items": [0, 1, {{"price": '
            body += price + b"}}]}}\\n\\n"
        case "/half":
            count = json.loads(body)["count"]
            if not count and VERSION == "fixed":
                status, body = 422, b'{{"error": "no count"}}'
            else:
                body = json.dumps({{"each": 12 / count}}).encode()
        case "/evil":
            body = json.dumps({{"said": "\\x1b[2J" if VERSION == "bugs" else "hi"}}).encode()
        case "/whoami":
            body = dict(scope["headers"])[b"authorization"].removeprefix(b"Bearer ")
            body = json.dumps({{"you": body.decode()}}).encode()
        case "/loop" if VERSION == "bugs":
            while True:
                pass
        case "/hang" if VERSION == "bugs":
            await receive()
            await receive()
            import asyncio
            await asyncio.sleep(1000)
    headers = [(b"content-type", kind)]
    await send({{"type": "http.response.start", "status": status, "headers": headers}})
    await send({{"type": "http.response.body", "body": body}})


def make():
    return app
"""
VERSIONS = ("shop", "bugs", "fixed")


def shops(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the module of each version into the folder *here*."""
    monkeypatch.setattr(sys, "path", [str(here), *sys.path])
    for version in VERSIONS:
        monkeypatch.delitem(sys.modules, version, raising=False)
        (here / f"{version}.py").write_text(_SHOP.format(version=version), "utf-8")


def ask(folder: Path | str, version: str, *asked: tuple[str, str], **options: Any) -> None:
    """Record into *folder* what the *version* answers to each method and path."""
    store = open_store(folder)
    app = record(load(f"{version}:app"), store=store)
    for method, path in asked:
        if method == "WS":
            run(_talk(app, path))
        else:
            run(request(app, method, path, **options))
    store.close()


async def _talk(app: App, path: str) -> None:
    async with Wire(app, websocket_scope(path)) as wire:
        await wire.give({"type": "websocket.connect"})
        await wire.take()
        for _ in range(2):
            await wire.give({"type": "websocket.receive", "text": "price?"})
            await wire.take()
        await wire.disconnect(1000)
        await wire.finished()
