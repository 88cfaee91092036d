"""An app in the style of FastASGI, a framework to learn from.

It refuses each WebSocket, leaves the lifespan after the startup, so that its shutdown never runs,
reads the whole request before it routes, and answers whatever a handler raises with 500.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.matrix import apps

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send


class FastASGI:
    """An app that needs its lifespan: it is ready once it has started."""

    def __init__(self) -> None:
        self.ready = False
        self.value = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        message = await receive()
        if message["type"] == "lifespan.startup":
            apps.witness("startup")
            self.ready, self.value = True, "started"
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            apps.witness("shutdown")
            await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            if not self.ready:
                raise TypeError("it is not started")  # noqa: TRY301  # the same for all that is raised
            status, content = await self._handle(scope["path"], body)
        except Exception as error:  # noqa: BLE001  # as it does
            status, content = 500, f"Internal Server Error: {error}".encode()
        headers = [(b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        answer: Any
        if path in {"/stream", "/events", "/long", "/hold"}:  # it knows no streams
            parts = {
                "/stream": apps.parts,
                "/events": apps.events,
                "/long": apps.long,
                "/hold": apps.hold,
            }
            return 200, b"".join([part async for part in parts[path]()])
        if path == "/fail":
            raise RuntimeError("on purpose")
        if path == "/echo":
            return 200, body
        if path == "/publish":
            apps.publish(body.decode())
            return 200, b"published"
        if path == "/background":
            apps.begin_later()
        answers = {
            "/users/ann": {"name": "ann"},
            "/mounted/items/7": {"item": "7"},
            "/background": {"later": True},
            "/state": {"state": self.value},
        }
        if path == "/poll":
            answer = {"heard": await apps.heard()}
        elif path == "/handled":
            return 409, b'{"error": "on purpose"}'
        elif path in answers:
            answer = answers[path]
        else:
            return 404, b"Not Found"
        return 200, json.dumps(answer).encode()


app = FastASGI()
