"""The app of Nexios."""

from __future__ import annotations

from typing import Any

from nexios import NexiosApp
from nexios.exceptions import HTTPException

from tests.matrix import apps

app = NexiosApp(debug=False)
inside = NexiosApp()
held: dict[str, str] = {}


@app.on_startup
async def startup() -> None:
    apps.witness("startup")
    held["value"] = "started"


@app.on_shutdown
async def shutdown() -> None:
    apps.witness("shutdown")


@app.get("/hello")
async def hello(request: Any, response: Any) -> Any:
    return response.text("hello")


@app.get("/users/{name}")
async def users(request: Any, response: Any, name: str) -> Any:
    return response.json({"name": name})


@inside.get("/items/{item}")
async def items(request: Any, response: Any, item: str) -> Any:
    return response.json({"item": item})


@app.post("/echo")
async def echo(request: Any, response: Any) -> Any:
    return response.text((await request.body).decode())


@app.get("/stream")
async def stream(request: Any, response: Any) -> Any:
    return response.stream(apps.parts())


@app.get("/events")
async def events(request: Any, response: Any) -> Any:
    return response.stream(apps.events(), content_type="text/event-stream")


@app.get("/poll")
async def poll(request: Any, response: Any) -> Any:
    return response.json({"heard": await apps.heard()})


@app.post("/publish")
async def publish(request: Any, response: Any) -> Any:
    apps.publish((await request.body).decode())
    return response.text("published")


@app.get("/background")
async def background(request: Any, response: Any) -> Any:
    apps.begin_later()
    return response.json({"later": True})


@app.get("/state")
async def state(request: Any, response: Any) -> Any:
    return response.json({"state": held.get("value")})


@app.get("/handled")
async def handled(request: Any, response: Any) -> Any:
    raise HTTPException(409, "on purpose")


@app.get("/fail")
async def fail(request: Any, response: Any) -> Any:
    raise RuntimeError("on purpose")


@app.get("/long")
async def for_long(request: Any, response: Any) -> Any:
    return response.stream(apps.long())


@app.get("/hold")
async def for_hold(request: Any, response: Any) -> Any:
    return response.stream(apps.hold())


@app.get("/half")
async def for_half(request: Any, response: Any) -> Any:
    return response.stream(apps.half())


@app.get("/watch")
async def watch(request: Any, response: Any) -> Any:
    return response.stream(apps.watching(request.is_disconnected))


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


app.register(inside, "/mounted")
app.ws_route("/talk", talk)
app.ws_route("/refuse", refuse)
