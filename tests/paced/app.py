"""The app that serves paced load, bare and with the page in it; for a server to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.inspector import inspect
from tests.paced.process import live

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer ``ok`` to every request."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


inspected = inspect(bare, announce=False)
