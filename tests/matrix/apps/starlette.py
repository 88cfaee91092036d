"""The hello app of Starlette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from tests.matrix.apps import half, long, parts, watching

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.websockets import WebSocket


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse((await request.body()).decode())


async def stream(request: Request) -> StreamingResponse:
    return StreamingResponse(parts(), media_type="text/plain")


async def for_long(request: Request) -> StreamingResponse:
    return StreamingResponse(long(), media_type="text/plain")


async def for_half(request: Request) -> StreamingResponse:
    return StreamingResponse(half(), media_type="text/plain")


async def watch(request: Request) -> StreamingResponse:
    return StreamingResponse(watching(request.is_disconnected), media_type="text/plain")


async def fail(request: Request) -> PlainTextResponse:
    raise RuntimeError("on purpose")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    while (message := await socket.receive())["type"] == "websocket.receive":
        if message.get("text") == "bye":
            await socket.close(4000)
            return
        if message.get("text") is not None:
            await socket.send_text(message["text"])
        else:
            await socket.send_bytes(message["bytes"])


async def refuse(socket: WebSocket) -> None:
    await socket.close(4003)


app: Any = Starlette(
    routes=[
        Route("/hello", hello),
        Route("/echo", echo, methods=["POST"]),
        Route("/stream", stream),
        Route("/long", for_long),
        Route("/half", for_half),
        Route("/watch", watch),
        Route("/fail", fail),
        WebSocketRoute("/talk", talk),
        WebSocketRoute("/refuse", refuse),
    ]
)
