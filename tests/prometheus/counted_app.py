"""An app that is scraped: ``/wait`` answers when its client has left, a WebSocket echoes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import REGISTRY

from asgi_mw import layer, request_id, stack, tracing
from asgi_mw.prometheus import meter_provider, metrics_app

if TYPE_CHECKING:
    from asgi_mw import Receive, Scope, Send


async def counted(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 204, echo, or wait."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
    elif scope["type"] == "http":
        while scope["path"] == "/wait" and (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


def broken() -> str:
    """Be a fault of ours."""
    raise LookupError("no id")


app = metrics_app(
    stack(
        counted,
        layer(tracing, meter_provider=meter_provider(registry=REGISTRY), active_requests=True),
        layer(request_id, generate=broken),
    ),
    registry=REGISTRY,
)
