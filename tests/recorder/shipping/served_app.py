"""An app that is recorded, and shipped: its folder and the database come from the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from asgi_mw import record

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer HTTP with nothing."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


app = record(answer, store=os.environ["SERVED_STORE"], ship=os.environ["SERVED_HISTORY"])
