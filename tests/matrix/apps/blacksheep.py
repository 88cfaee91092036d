"""The hello app of BlackSheep."""

from __future__ import annotations

from typing import Any

from blacksheep import Application, Content, Request, Response, StreamedContent, WebSocket, text
from blacksheep.server.websocket import WebSocketDisconnectError

from tests.matrix.apps import half, long, parts

app = Application()


@app.router.get("/hello")
@app.router.head("/hello")
async def hello() -> Response:
    return text("hello")


@app.router.post("/echo")
async def echo(request: Request) -> Response:
    return Response(200, content=Content(b"text/plain", await request.read() or b""))


@app.router.get("/stream")
async def stream() -> Response:
    return Response(200, content=StreamedContent(b"text/plain", parts))


@app.router.get("/long")
async def for_long() -> Response:
    return Response(200, content=StreamedContent(b"text/plain", long))


@app.router.get("/half")
async def for_half() -> Response:
    return Response(200, content=StreamedContent(b"text/plain", half))


@app.router.get("/fail")
async def fail() -> Response:
    raise RuntimeError("on purpose")


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
