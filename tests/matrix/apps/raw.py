"""An app as beginners write it: no lifespan, header pairs as lists, a WebSocket without an end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asgi_mw.types import Receive, Scope, Send

_STREAMS = {
    "/stream": apps.parts,
    "/events": apps.events,
    "/long": apps.long,
    "/hold": apps.hold,
    "/half": apps.half,
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await talk(scope, receive, send)
        return
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path in _STREAMS:
        kind = "text/event-stream" if path == "/events" else "text/plain"
        await stream(send, _STREAMS[path](), kind)
    elif path in {"/echo", "/publish"}:
        body = await read(receive)
        if path == "/publish":
            apps.publish(body.decode())
        await answer(send, 200, body, "text/plain")
    elif path.startswith("/users/"):
        await answer(send, 200, {"name": path.removeprefix("/users/")})
    elif path.startswith("/mounted/items/"):
        await answer(send, 200, {"item": path.removeprefix("/mounted/items/")})
    elif path == "/poll":
        await answer(send, 200, {"heard": await apps.heard()})
    elif path == "/background":
        await answer(send, 200, {"later": True})
        await apps.later()
    elif path == "/state":
        await answer(send, 200, {"state": scope.get("state", {}).get("value")})
    elif path == "/handled":
        await answer(send, 409, {"error": "on purpose"})
    elif path == "/fail":
        raise RuntimeError("on purpose")
    else:
        await answer(send, 404, {"error": "not found"})


async def talk(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    if scope["path"] == "/refuse":
        await send({"type": "websocket.close", "code": 4003})
        return
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message.get("bytes"):
            await send({"type": "websocket.send", "bytes": message["bytes"]})
        elif message["text"] == "bye":
            await send({"type": "websocket.close", "code": 4000})
            return
        else:
            await send({"type": "websocket.send", "text": message["text"]})


async def read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(send: Send, status: int, body: Any, kind: str = "application/json") -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = [[b"content-type", kind.encode()], [b"content-length", b"%d" % len(content)]]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def stream(send: Send, parts: AsyncIterator[bytes], kind: str) -> None:
    headers = [[b"content-type", kind.encode()]]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})
