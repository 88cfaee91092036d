"""The app of Lilya."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from lilya.apps import Lilya
from lilya.background import Task
from lilya.exceptions import HTTPException
from lilya.requests import Request
from lilya.responses import JSONResponse, PlainText, StreamingResponse
from lilya.routing import Include, Path, WebSocketPath
from lilya.websockets import WebSocket

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def lifespan(app: Lilya) -> AsyncIterator[dict[str, str]]:
    apps.witness("startup")
    yield {"value": "started"}
    apps.witness("shutdown")


async def users(name: str) -> JSONResponse:
    return JSONResponse({"name": name})


async def items(item: str) -> JSONResponse:
    return JSONResponse({"item": item})


async def echo(request: Request) -> PlainText:
    return PlainText((await request.body()).decode())


async def stream() -> StreamingResponse:
    return StreamingResponse(apps.parts(), media_type="text/plain")


async def events() -> StreamingResponse:
    return StreamingResponse(apps.events(), media_type="text/event-stream")


async def poll() -> JSONResponse:
    return JSONResponse({"heard": await apps.heard()})


async def publish(request: Request) -> PlainText:
    apps.publish((await request.body()).decode())
    return PlainText("published")


async def background() -> JSONResponse:
    return JSONResponse({"later": True}, background=Task(apps.later))


async def state(request: Request) -> JSONResponse:
    return JSONResponse({"state": request.scope["state"]["value"]})


async def handled() -> None:
    raise HTTPException(status_code=409, detail="on purpose")


async def fail() -> None:
    raise RuntimeError("on purpose")


async def for_long() -> StreamingResponse:
    return StreamingResponse(apps.long(), media_type="text/plain")


async def for_hold() -> StreamingResponse:
    return StreamingResponse(apps.hold(), media_type="text/plain")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    message: Any
    while (message := await websocket.receive())["type"] == "websocket.receive":
        if message.get("text") == "bye":
            await websocket.close(4000)
            return
        if message.get("text") is not None:
            await websocket.send_text(message["text"])
        else:
            await websocket.send_bytes(message["bytes"])


async def refuse(websocket: WebSocket) -> None:
    await websocket.close(4003)


app = Lilya(
    lifespan=lifespan,
    routes=[
        Path("/users/{name}", users),
        Include("/mounted", app=Lilya(routes=[Path("/items/{item}", items)])),
        Path("/echo", echo, methods=["POST"]),
        Path("/stream", stream),
        Path("/events", events),
        Path("/poll", poll),
        Path("/publish", publish, methods=["POST"]),
        Path("/background", background),
        Path("/state", state),
        Path("/handled", handled),
        Path("/fail", fail),
        Path("/long", for_long),
        Path("/hold", for_hold),
        WebSocketPath("/talk", talk),
        WebSocketPath("/refuse", refuse),
    ],
)
