"""The app of Starlette."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.websockets import WebSocket


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, str]]:
    apps.witness("startup")
    yield {"value": "started"}
    apps.witness("shutdown")


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def users(request: Request) -> JSONResponse:
    return JSONResponse({"name": request.path_params["name"]})


async def items(request: Request) -> JSONResponse:
    return JSONResponse({"item": request.path_params["item"]})


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse((await request.body()).decode())


async def stream(request: Request) -> StreamingResponse:
    return StreamingResponse(apps.parts(), media_type="text/plain")


async def events(request: Request) -> StreamingResponse:
    return StreamingResponse(apps.events(), media_type="text/event-stream")


async def poll(request: Request) -> JSONResponse:
    return JSONResponse({"heard": await apps.heard()})


async def publish(request: Request) -> PlainTextResponse:
    apps.publish((await request.body()).decode())
    return PlainTextResponse("published")


async def background(request: Request) -> JSONResponse:
    return JSONResponse({"later": True}, background=BackgroundTask(apps.later))


async def state(request: Request) -> JSONResponse:
    return JSONResponse({"state": request.state.value})


async def handled(request: Request) -> PlainTextResponse:
    raise HTTPException(409, "on purpose")


async def fail(request: Request) -> PlainTextResponse:
    raise RuntimeError("on purpose")


async def for_long(request: Request) -> StreamingResponse:
    return StreamingResponse(apps.long(), media_type="text/plain")


async def for_hold(request: Request) -> StreamingResponse:
    return StreamingResponse(apps.hold(), media_type="text/plain")


async def for_half(request: Request) -> StreamingResponse:
    return StreamingResponse(apps.half(), media_type="text/plain")


async def watch(request: Request) -> StreamingResponse:
    return StreamingResponse(apps.watching(request.is_disconnected), media_type="text/plain")


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
    lifespan=lifespan,
    routes=[
        Route("/hello", hello),
        Route("/users/{name}", users),
        Mount("/mounted", routes=[Route("/items/{item}", items)]),
        Route("/echo", echo, methods=["POST"]),
        Route("/stream", stream),
        Route("/events", events),
        Route("/poll", poll),
        Route("/publish", publish, methods=["POST"]),
        Route("/background", background),
        Route("/state", state),
        Route("/handled", handled),
        Route("/fail", fail),
        Route("/long", for_long),
        Route("/hold", for_hold),
        Route("/half", for_half),
        Route("/watch", watch),
        WebSocketRoute("/talk", talk),
        WebSocketRoute("/refuse", refuse),
    ],
)
