"""The hello app of Nexios."""

from __future__ import annotations

from typing import Any

from nexios import NexiosApp

from tests.matrix.apps import half, long, parts, watching

app = NexiosApp()


@app.get("/hello")
async def hello(request: Any, response: Any) -> Any:
    return response.text("hello")


@app.post("/echo")
async def echo(request: Any, response: Any) -> Any:
    return response.text((await request.body).decode())


@app.get("/stream")
async def stream(request: Any, response: Any) -> Any:
    return response.stream(parts())


@app.get("/long")
async def for_long(request: Any, response: Any) -> Any:
    return response.stream(long())


@app.get("/half")
async def for_half(request: Any, response: Any) -> Any:
    return response.stream(half())


@app.get("/watch")
async def watch(request: Any, response: Any) -> Any:
    return response.stream(watching(request.is_disconnected))


@app.get("/fail")
async def fail(request: Any, response: Any) -> Any:
    raise RuntimeError("on purpose")


async def talk(socket: Any) -> None:
    await socket.accept()
    while (message := await socket.receive())["type"] == "websocket.receive":
        if message.get("text") == "bye":
            await socket.close(4000)
            return
        if message.get("text") is not None:
            await socket.send_text(message["text"])
        else:
            await socket.send_bytes(message["bytes"])


async def refuse(socket: Any) -> None:
    await socket.close(4003)


app.ws_route("/talk", talk)
app.ws_route("/refuse", refuse)
