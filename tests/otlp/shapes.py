"""Traced apps whose lifespan ends as some frameworks end it: ``LIFESPAN_SHAPE`` says how.

Only a server imports it: it sets the process up.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from asgi_mw import layer, stack, tracing
from asgi_mw.otlp import configure, exporting

if TYPE_CHECKING:
    from asgi_mw import Receive, Scope, Send

SHAPE = os.environ["LIFESPAN_SHAPE"]


async def shaped(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 204, and the lifespan up to a point."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        if SHAPE == "silent":
            await receive()
        if SHAPE == "raises":
            raise RuntimeError("its background task failed")
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


app = stack(shaped, layer(exporting, telemetry=configure(signals=["traces"])), tracing)
