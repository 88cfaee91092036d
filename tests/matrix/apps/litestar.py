"""The hello app of Litestar."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, MediaType, Request, WebSocket, get, head, post, websocket
from litestar.response import Stream

from tests.matrix.apps import half, long, parts


@get("/hello", media_type=MediaType.TEXT)
async def hello() -> str:
    return "hello"


@head("/hello")
async def hello_head() -> None:
    return None


@post("/echo", media_type=MediaType.TEXT)
async def echo(request: Request[Any, Any, Any]) -> str:
    return (await request.body()).decode()


@get("/stream")
async def stream() -> Stream:
    return Stream(parts())


@get("/long")
async def for_long() -> Stream:
    return Stream(long())


@get("/half")
async def for_half() -> Stream:
    return Stream(half())


@get("/fail")
async def fail() -> None:
    raise RuntimeError("on purpose")


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


app = Litestar(
    [hello, hello_head, echo, stream, for_long, for_half, fail, talk, refuse], openapi_config=None
)
