"""The hello app of Sanic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import Sanic, text
from sanic.exceptions import Forbidden

from tests.matrix.apps import half, long, parts

if TYPE_CHECKING:
    from sanic import Request


async def hello(request: Request) -> Any:
    return text("hello")


async def echo(request: Request) -> Any:
    return text(request.body.decode())


async def stream(request: Request) -> None:
    response = await request.respond(content_type="text/plain")
    async for part in parts():
        await response.send(part)
    await response.eof()


async def for_long(request: Request) -> None:
    response = await request.respond(content_type="text/plain")
    async for part in long():
        await response.send(part)
    await response.eof()


async def for_half(request: Request) -> None:
    response = await request.respond(content_type="text/plain")
    async for part in half():
        await response.send(part)


async def fail(request: Request) -> Any:
    raise RuntimeError("on purpose")


async def talk(request: Request, socket: Any) -> None:
    while (message := await socket.recv()) is not None:
        if message == "bye":
            await socket.close(4000)
            return
        await socket.send(message)


async def refuse(request: Request, socket: Any) -> None:
    raise Forbidden("not here")


app: Any = Sanic("matrix")
app.add_route(hello, "/hello", methods=["GET", "HEAD"])
app.add_route(echo, "/echo", methods=["POST"])
app.add_route(stream, "/stream")
app.add_route(for_long, "/long")
app.add_route(for_half, "/half")
app.add_route(fail, "/fail")
app.add_websocket_route(talk, "/talk")
app.add_websocket_route(refuse, "/refuse")
