"""The app of Ravyn."""

# Its decorators come without types
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from lilya.background import Task
from lilya.responses import JSONResponse, PlainText, StreamingResponse
from ravyn import (
    ChildRavyn,
    Gateway,
    HTTPException,
    Include,
    Ravyn,
    Request,
    WebSocketGateway,
    get,
    post,
    websocket,
)
from ravyn.websockets import WebSocket

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def lifespan(app: Ravyn) -> AsyncIterator[dict[str, str]]:
    apps.witness("startup")
    yield {"value": "started"}
    apps.witness("shutdown")


@get("/{name}")
async def users(name: str) -> JSONResponse:
    return JSONResponse({"name": name})


@get("/{item}")
async def items(item: str) -> JSONResponse:
    return JSONResponse({"item": item})


@post("/", status_code=200)
async def echo(request: Request) -> PlainText:
    return PlainText((await request.body()).decode())


@get()
async def stream() -> StreamingResponse:
    return StreamingResponse(apps.parts(), media_type="text/plain")


@get()
async def events() -> StreamingResponse:
    return StreamingResponse(apps.events(), media_type="text/event-stream")


@get()
async def poll() -> JSONResponse:
    return JSONResponse({"heard": await apps.heard()})


@post("/")
async def publish(request: Request) -> PlainText:
    apps.publish((await request.body()).decode())
    return PlainText("published")


@get()
async def background() -> JSONResponse:
    return JSONResponse({"later": True}, background=Task(apps.later))


@get()
async def state(request: Request) -> JSONResponse:
    return JSONResponse({"state": request.scope["state"]["value"]})


@get()
async def handled() -> None:
    raise HTTPException(status_code=409, detail="on purpose")


@get()
async def fail() -> None:
    raise RuntimeError("on purpose")


@get()
async def for_long() -> StreamingResponse:
    return StreamingResponse(apps.long(), media_type="text/plain")


@get()
async def for_hold() -> StreamingResponse:
    return StreamingResponse(apps.hold(), media_type="text/plain")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    message: Any
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


for handler in (talk, refuse):  # it reads their annotations before it resolves them
    handler.__annotations__ = {"socket": WebSocket, "return": None}
app = Ravyn(
    lifespan=lifespan,
    routes=[
        Gateway("/users", handler=users),
        Include("/mounted", app=ChildRavyn(routes=[Gateway("/items", handler=items)])),
        Gateway("/echo", handler=echo),
        Gateway("/stream", handler=stream),
        Gateway("/events", handler=events),
        Gateway("/poll", handler=poll),
        Gateway("/publish", handler=publish),
        Gateway("/background", handler=background),
        Gateway("/state", handler=state),
        Gateway("/handled", handler=handled),
        Gateway("/fail", handler=fail),
        Gateway("/long", handler=for_long),
        Gateway("/hold", handler=for_hold),
        WebSocketGateway("/talk", handler=websocket("/")(talk)),
        WebSocketGateway("/refuse", handler=websocket("/")(refuse)),
    ],
)
