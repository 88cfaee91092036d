"""An app whose every answer is an attack on the page, for a real server."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

from asgi_mw import measure, set_route, stack
from asgi_mw.inspector import inspect
from tests.inspector.attacks import payloads

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

_BODIES = {
    "html": ("text/html", f"<title>{payloads.HTML}</title>{payloads.HTML}"),
    "svg": ("image/svg+xml", f"<svg xmlns='http://www.w3.org/2000/svg'>{payloads.SVG}</svg>"),
    "json": ("application/json", json.dumps({payloads.JSON_NAME: [payloads.JSON]})),
    "typed": (payloads.ANSWER_TYPE, "typed"),
    "png": ("image/png", payloads.SVG),
}


def hostile_layer(app: App) -> App:
    """A layer with a name of its own, that adds to the scope."""

    async def layered(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, payloads.SCOPE_KEY: payloads.SCOPE_KEY}, receive, send)

    layered.__qualname__ = layered.__name__ = payloads.LAYER
    return layered


hostile_layer.__qualname__ = hostile_layer.__name__ = payloads.LAYER


async def hostile(scope: Scope, receive: Receive, send: Send) -> None:
    """Do as the first part of the path says."""
    if scope["type"] == "websocket":
        await _talk(scope, receive, send)
    elif scope["type"] == "http":
        set_route(scope, payloads.ROUTE)
        logging.getLogger(payloads.LOGGER).warning("%s", payloads.LOG)
        with measure(payloads.BLOCK):
            while (await receive()).get("more_body"):
                pass
        await _answer(scope, receive, send, scope["path"].split("/")[1])
    else:
        await _live(receive, send)


async def _answer(scope: Scope, receive: Receive, send: Send, what: str) -> None:
    if what == "raise":
        _raise()
    if what == "strange":
        await send({"type": payloads.MESSAGE_TYPE, payloads.MESSAGE_KEY: payloads.MESSAGE_KEY})
    kind, body = _BODIES.get(what, ("text/plain", "plain"))
    headers = [(b"content-type", kind.encode())]
    if what == "headers":
        headers += [
            (payloads.ANSWER_NAME.encode(), b"1"),
            (b"x-answer", payloads.ANSWER.encode()),
            (b"set-cookie", f"{payloads.SET_COOKIE}=1".encode()),
        ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode(), "more_body": what == "wait"})
    while what == "wait" and (await receive())["type"] != "http.disconnect":
        pass


def _raise() -> None:
    error = type(payloads.ERROR_TYPE, (Exception,), {})(payloads.ERROR)
    code = compile("raise error from cause", payloads.FILE, "exec")
    exec(code, {"error": error, "cause": ValueError(payloads.CAUSE)})


async def _talk(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    chosen = payloads.SUBPROTOCOL if scope["path"] == "/subprotocol" else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": payloads.WS_ANSWER})
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4000, "reason": payloads.WS_CLOSED})


async def _live(receive: Receive, send: Send) -> None:
    for _ in range(2):
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})


def lying(app: App) -> App:
    """*app* behind a server whose scope is an attack, below ``/scope``."""

    async def lied(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/scope":
            lies: dict[str, Any] = {
                "scheme": payloads.SCHEME,
                "http_version": payloads.VERSION,
                "client": (payloads.CLIENT, 1),
                "extensions": {payloads.EXTENSION: {}},
            }
            scope = {**scope, **lies}
        await app(scope, receive, send)

    return lied


app = lying(inspect(stack(hostile, hostile_layer), store=os.environ["PAGE_STORE"]))
