"""The hello app of Sanic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import Sanic, text
from sanic.exceptions import Forbidden

from tests.matrix.apps import half, long, parts

if TYPE_CHECKING:
    from sanic import Request

app: Any = Sanic("matrix")


@app.route("/hello", methods=["GET", "HEAD"])
async def hello(request: Request) -> Any:
    return text("hello")


@app.post("/echo")
async def echo(request: Request) -> Any:
    return text(request.body.decode())


@app.get("/stream")
async def stream(request: Request) -> None:
    response = await request.respond(content_type="text/plain")
    async for part in parts():
        await response.send(part)
    await response.eof()


@app.get("/long")
async def for_long(request: Request) -> None:
    response = await request.respond(content_type="text/plain")
    async for part in long():
        await response.send(part)
    await response.eof()


@app.get("/half")
async def for_half(request: Request) -> None:
    response = await request.respond(content_type="text/plain")
    async for part in half():
        await response.send(part)


@app.get("/fail")
async def fail(request: Request) -> Any:
    raise RuntimeError("on purpose")


@app.websocket("/talk")
async def talk(request: Request, socket: Any) -> None:
    while (message := await socket.recv()) is not None:
        if message == "bye":
            await socket.close(4000)
            return
        await socket.send(message)


@app.websocket("/refuse")
async def refuse(request: Request, socket: Any) -> None:
    raise Forbidden("not here")
