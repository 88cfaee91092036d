"""The app of FastAPI."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import BackgroundTasks, FastAPI, HTTPException, Request, WebSocket
from fastapi import WebSocketDisconnect as Disconnect
from fastapi.responses import PlainTextResponse, StreamingResponse

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    apps.witness("startup")
    yield {"value": "started"}
    apps.witness("shutdown")


app = FastAPI(lifespan=lifespan)
inside = FastAPI()
app.mount("/mounted", inside)


@app.get("/hello")
@app.head("/hello")
async def hello() -> dict[str, str]:
    return {"said": "hello"}


@app.get("/users/{name}")
async def users(name: str) -> dict[str, str]:
    return {"name": name}


@inside.get("/items/{item}")
async def items(item: str) -> dict[str, str]:
    return {"item": item}


@app.post("/echo")
async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse((await request.body()).decode())


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(apps.parts(), media_type="text/plain")


@app.get("/events")
async def events() -> StreamingResponse:
    return StreamingResponse(apps.events(), media_type="text/event-stream")


@app.get("/poll")
async def poll() -> dict[str, str]:
    return {"heard": await apps.heard()}


@app.post("/publish")
async def publish(request: Request) -> None:
    apps.publish((await request.body()).decode())


@app.get("/background")
async def background(tasks: BackgroundTasks) -> dict[str, bool]:
    tasks.add_task(apps.later)
    return {"later": True}


@app.get("/state")
async def state(request: Request) -> dict[str, str]:
    return {"state": request.state.value}


@app.get("/handled")
async def handled() -> None:
    raise HTTPException(409, "on purpose")


@app.get("/fail")
async def fail() -> None:
    raise RuntimeError("on purpose")


@app.get("/long")
async def for_long() -> StreamingResponse:
    return StreamingResponse(apps.long(), media_type="text/plain")


@app.get("/hold")
async def for_hold() -> StreamingResponse:
    return StreamingResponse(apps.hold(), media_type="text/plain")


@app.get("/half")
async def for_half() -> StreamingResponse:
    return StreamingResponse(apps.half(), media_type="text/plain")


@app.get("/watch")
async def watch(request: Request) -> StreamingResponse:
    return StreamingResponse(apps.watching(request.is_disconnected), media_type="text/plain")


@app.websocket("/talk")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            message = await socket.receive()
            if message.get("text") == "bye":
                await socket.close(4000)
                return
            if message.get("text") is not None:
                await socket.send_text(message["text"])
            elif message.get("bytes") is not None:
                await socket.send_bytes(message["bytes"])
            else:
                return
    except Disconnect:
        return


@app.websocket("/refuse")
async def refuse(socket: WebSocket) -> None:
    await socket.close(4003)
