"""The app of BlackSheep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blacksheep import (
    Application,
    Content,
    Request,
    Response,
    Router,
    StreamedContent,
    WebSocket,
    json,
    text,
)
from blacksheep.exceptions import Conflict
from blacksheep.server.websocket import WebSocketDisconnectError

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

app = Application()
inside = Application(router=Router())
held: dict[str, str] = {}


@app.lifespan  # type: ignore[untyped-decorator]  # it has no types
async def lifespan() -> AsyncIterator[None]:
    apps.witness("startup")
    held["value"] = "started"
    yield
    apps.witness("shutdown")


@app.router.get("/hello")
@app.router.head("/hello")
async def hello() -> Response:
    return text("hello")


@app.router.get("/users/{name}")
async def users(name: str) -> Response:
    return json({"name": name})


@inside.router.get("/items/{item}")
async def items(item: str) -> Response:
    return json({"item": item})


@app.router.post("/echo")
async def echo(request: Request) -> Response:
    return Response(200, content=Content(b"text/plain", await request.read() or b""))


@app.router.get("/stream")
async def stream() -> Response:
    return Response(200, content=StreamedContent(b"text/plain", apps.parts))


@app.router.get("/events")
async def events() -> Response:
    return Response(200, content=StreamedContent(b"text/event-stream", apps.events))


@app.router.get("/poll")
async def poll() -> Response:
    return json({"heard": await apps.heard()})


@app.router.post("/publish")
async def publish(request: Request) -> Response:
    apps.publish((await request.read() or b"").decode())
    return text("published")


@app.router.get("/background")
async def background() -> Response:
    apps.begin_later()
    return json({"later": True})


@app.router.get("/state")
async def state() -> Response:
    return json({"state": held.get("value")})


@app.router.get("/handled")
async def handled() -> Response:
    raise Conflict("on purpose")


@app.router.get("/fail")
async def fail() -> Response:
    raise RuntimeError("on purpose")


@app.router.get("/long")
async def for_long() -> Response:
    return Response(200, content=StreamedContent(b"text/plain", apps.long))


@app.router.get("/hold")
async def for_hold() -> Response:
    return Response(200, content=StreamedContent(b"text/plain", apps.hold))


@app.router.get("/half")
async def for_half() -> Response:
    return Response(200, content=StreamedContent(b"text/plain", apps.half))


@app.router.ws("/talk")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    try:
        message: Any
        while (message := await socket.receive())["type"] == "websocket.receive":
            if message.get("text") == "bye":
                await socket.close(4000)
                return
            if message.get("text") is not None:
                await socket.send_text(message["text"])
            else:
                await socket.send_bytes(message["bytes"])
    except WebSocketDisconnectError:
        return


@app.router.ws("/refuse")
async def refuse(socket: WebSocket) -> None:
    await socket.close(4003)


app.mount("/mounted", inside)
