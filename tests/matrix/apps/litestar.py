"""The app of Litestar."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from litestar import Litestar, MediaType, Request, WebSocket, asgi, get, head, post, websocket
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Response, Stream

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    apps.witness("startup")
    app.state.value = "started"
    yield
    apps.witness("shutdown")


@get("/hello", media_type=MediaType.TEXT)
async def hello() -> str:
    return "hello"


@head("/hello")
async def hello_head() -> None:
    return None


@get("/users/{name:str}")
async def users(name: FromPath[str]) -> dict[str, str]:
    return {"name": name}


@get("/items/{item:str}")
async def items(item: FromPath[str]) -> dict[str, str]:
    return {"item": item}


@post("/echo", media_type=MediaType.TEXT, status_code=200)
async def echo(request: Request[Any, Any, Any]) -> str:
    return (await request.body()).decode()


@get("/stream")
async def stream() -> Stream:
    return Stream(apps.parts())


@get("/events")
async def events() -> Stream:
    return Stream(apps.events(), media_type="text/event-stream")


@get("/poll")
async def poll() -> dict[str, str]:
    return {"heard": await apps.heard()}


@post("/publish")
async def publish(request: Request[Any, Any, Any]) -> None:
    apps.publish((await request.body()).decode())


@get("/background")
async def background() -> Response[dict[str, bool]]:
    return Response({"later": True}, background=BackgroundTask(apps.later))


@get("/state")
async def state(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"state": request.app.state.value}


@get("/handled")
async def handled() -> None:
    raise HTTPException("on purpose", status_code=409)


@get("/fail")
async def fail() -> None:
    raise RuntimeError("on purpose")


@get("/long")
async def for_long() -> Stream:
    return Stream(apps.long())


@get("/hold")
async def for_hold() -> Stream:
    return Stream(apps.hold())


@get("/half")
async def for_half() -> Stream:
    return Stream(apps.half())


@websocket("/talk")
async def talk(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    while (message := await socket.receive())["type"] == "websocket.receive":
        if message.get("text") == "bye":
            await socket.close(4000)
            return
        if message.get("text") is not None:
            await socket.send_text(message["text"] or "")
        else:
            await socket.send_bytes(message["bytes"] or b"")


@websocket("/refuse")
async def refuse(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.close(4003)


inside: Any = Litestar([items], openapi_config=None, logging_config=None)
app = Litestar(
    [
        *(hello, hello_head, users, echo, stream, events, poll, publish, background, state),
        *(handled, fail, for_long, for_hold, for_half, talk, refuse),
        asgi("/mounted", is_mount=True, copy_scope=True)(inside),
    ],
    lifespan=[lifespan],
    openapi_config=None,
)
