"""The app of Quart."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Quart, Response, abort, current_app, request, websocket

from tests.matrix import apps

app = Quart(__name__)
inside = Blueprint("inside", __name__, url_prefix="/mounted")


@app.before_serving
async def startup() -> None:
    apps.witness("startup")
    app.config["VALUE"] = "started"


@app.after_serving
async def shutdown() -> None:
    apps.witness("shutdown")


@app.get("/hello")
async def hello() -> str:
    return "hello"


@app.get("/users/<name>")
async def users(name: str) -> dict[str, str]:
    return {"name": name}


@inside.get("/items/<item>")
async def items(item: str) -> dict[str, str]:
    return {"item": item}


@app.post("/echo")
async def echo() -> Any:
    return await request.get_data()


@app.get("/stream")
async def stream() -> Any:
    return apps.parts()


@app.get("/events")
async def events() -> Any:
    return Response(apps.events(), mimetype="text/event-stream")


@app.get("/poll")
async def poll() -> dict[str, str]:
    return {"heard": await apps.heard()}


@app.post("/publish")
async def publish() -> str:
    apps.publish(str(await request.get_data(as_text=True)))
    return "published"


@app.get("/background")
async def background() -> dict[str, bool]:
    current_app.add_background_task(apps.later)
    return {"later": True}


@app.get("/state")
async def state() -> dict[str, str]:
    return {"state": app.config["VALUE"]}


@app.get("/handled")
async def handled() -> str:
    abort(409)


@app.get("/fail")
async def fail() -> str:
    raise RuntimeError("on purpose")


@app.get("/long")
async def for_long() -> Any:
    return apps.long()


@app.get("/hold")
async def for_hold() -> Any:
    return apps.hold()


@app.get("/half")
async def for_half() -> Any:
    return apps.half()


@app.websocket("/talk")
async def talk() -> None:
    while (message := await websocket.receive()) != "bye":
        await websocket.send(message)
    await websocket.close(4000)


@app.websocket("/refuse")
async def refuse() -> None:
    abort(403)


app.register_blueprint(inside)
