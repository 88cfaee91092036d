"""The app of Sanic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import Blueprint, Sanic, text
from sanic import json as as_json
from sanic.exceptions import Forbidden, SanicException

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sanic import Request


async def startup(app: Any) -> None:
    apps.witness("startup")
    app.ctx.value = "started"


async def shutdown(app: Any) -> None:
    apps.witness("shutdown")


async def hello(request: Request) -> Any:
    return text("hello")


async def users(request: Request, name: str) -> Any:
    return as_json({"name": name})


async def items(request: Request, item: str) -> Any:
    return as_json({"item": item})


async def echo(request: Request) -> Any:
    return text(request.body.decode())


async def streamed(
    request: Request, parts: AsyncIterator[bytes], kind: str = "text/plain", *, ends: bool = True
) -> None:
    response = await request.respond(content_type=kind)
    async for part in parts:
        await response.send(part)
    if ends:
        await response.eof()


async def stream(request: Request) -> None:
    await streamed(request, apps.parts())


async def events(request: Request) -> None:
    await streamed(request, apps.events(), "text/event-stream")


async def poll(request: Request) -> Any:
    return as_json({"heard": await apps.heard()})


async def publish(request: Request) -> Any:
    apps.publish(request.body.decode())
    return text("published")


async def background(request: Request) -> Any:
    request.app.add_task(apps.later())
    return as_json({"later": True})


async def state(request: Request) -> Any:
    return as_json({"state": request.app.ctx.value})


async def handled(request: Request) -> Any:
    raise SanicException("on purpose", status_code=409)


async def fail(request: Request) -> Any:
    raise RuntimeError("on purpose")


async def for_long(request: Request) -> None:
    await streamed(request, apps.long())


async def for_hold(request: Request) -> None:
    await streamed(request, apps.hold())


async def for_half(request: Request) -> None:
    await streamed(request, apps.half(), ends=False)


async def talk(request: Request, socket: Any) -> None:
    while (message := await socket.recv()) is not None:
        if message == "bye":
            await socket.close(4000)
            return
        await socket.send(message)


async def refuse(request: Request, socket: Any) -> None:
    raise Forbidden("not here")


app: Any = Sanic("matrix")
inside: Any = Blueprint("inside", url_prefix="/mounted")
inside.add_route(items, "/items/<item>")
app.blueprint(inside)
app.before_server_start(startup)
app.after_server_stop(shutdown)
app.add_route(hello, "/hello", methods=["GET", "HEAD"])
app.add_route(users, "/users/<name>")
app.add_route(echo, "/echo", methods=["POST"])
app.add_route(stream, "/stream")
app.add_route(events, "/events")
app.add_route(poll, "/poll")
app.add_route(publish, "/publish", methods=["POST"])
app.add_route(background, "/background")
app.add_route(state, "/state")
app.add_route(handled, "/handled")
app.add_route(fail, "/fail")
app.add_route(for_long, "/long")
app.add_route(for_hold, "/hold")
app.add_route(for_half, "/half")
app.add_websocket_route(talk, "/talk")
app.add_websocket_route(refuse, "/refuse")
