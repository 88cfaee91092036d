"""An app that lets every origin read all its answers, and those of the page; for a real server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from asgi_mw.inspector import inspect

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send


async def plain(_: Scope, __: Receive, send: Send) -> None:
    """Answer with a page that has nothing but an origin."""
    headers = [(b"content-type", b"text/html")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"<!doctype html><title>plain</title>"})


def careless(app: App) -> App:
    """*app* for all origins, with their cookies."""

    async def allowed(scope: Scope, receive: Receive, send: Send) -> None:
        origin = dict(scope.get("headers", ())).get(b"origin", b"*")
        allow = [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-allow-headers", b"content-type, x-asgi-mw, authorization"),
        ]

        async def allow_all(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *allow]}
            await send(message)

        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            await plain(scope, receive, allow_all)
        else:
            await app(scope, receive, allow_all)

    return allowed


app = careless(inspect(plain, store=os.environ["PAGE_STORE"]))
