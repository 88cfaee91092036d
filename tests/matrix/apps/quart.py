"""The hello app of Quart."""

from __future__ import annotations

from typing import Any

from quart import Quart, abort, request, websocket

from tests.matrix.apps import half, long, parts

app = Quart(__name__)


@app.get("/hello")
async def hello() -> str:
    return "hello"


@app.post("/echo")
async def echo() -> Any:
    return await request.get_data()


@app.get("/stream")
async def stream() -> Any:
    return parts()


@app.get("/long")
async def for_long() -> Any:
    return long()


@app.get("/half")
async def for_half() -> Any:
    return half()


@app.get("/fail")
async def fail() -> str:
    raise RuntimeError("on purpose")


@app.websocket("/talk")
async def talk() -> None:
    while (message := await websocket.receive()) != "bye":
        await websocket.send(message)
    await websocket.close(4000)


@app.websocket("/refuse")
async def refuse() -> None:
    abort(403)
