"""The example app in Starlette: ``uvicorn examples.starlette_app:app``."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from examples.shared import add_user, name_in, new_state, ticks, welcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from examples.shared import State


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[State]:
    """Make the state at start-up; each request finds it in ``request.state``."""
    state = new_state()
    state["feed"].add("started")
    yield state
    state["feed"].add("stopped")


def find_user(request: Request) -> str:
    """Return the name of the user in the path, or answer 404."""
    try:
        return str(request.state.users[request.path_params["user_id"]])
    except KeyError:
        raise HTTPException(404, "no such user") from None


async def get_user(request: Request) -> Response:
    """Answer with JSON."""
    return JSONResponse({"id": request.path_params["user_id"], "name": find_user(request)})


async def create_user(request: Request) -> Response:
    """Read JSON; answer 422 if it is no user."""
    try:
        name = name_in(await request.body())
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    return JSONResponse(add_user(request.state.users, request.state.feed, name), 201)


async def welcome_user(request: Request) -> Response:
    """Answer at once and work on in the background."""
    task = BackgroundTask(welcome, request.state.feed, find_user(request))
    return JSONResponse({"status": "queued"}, 202, background=task)


async def upload(request: Request) -> Response:
    """Take a file from a multipart form."""
    async with request.form() as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise HTTPException(422, "expected a file")
        return JSONResponse({"size": len(await file.read())})


async def stream(_: Request) -> Response:
    """Send a body piece by piece."""

    async def lines() -> AsyncIterator[str]:
        for number in range(5):
            yield f"line {number}\n"

    return StreamingResponse(lines(), media_type="text/plain")


async def events(_: Request) -> Response:
    """Send three Server-Sent Events."""

    async def counts() -> AsyncIterator[str]:
        for number in range(3):
            yield f"id: {number}\nevent: count\ndata: {json.dumps({'n': number})}\n\n"

    return StreamingResponse(counts(), media_type="text/event-stream")


async def changes(request: Request) -> Response:
    """Long polling: wait for news, and answer 204 if there is none in time."""
    lines = await request.state.feed.after(request.path_params["seen"])
    return JSONResponse(lines) if lines else Response(status_code=204)


async def slow(request: Request) -> Response:
    """Send a slow stream, from which a client may well walk away."""
    return StreamingResponse(ticks(request.state.feed), media_type="text/plain")


async def crash(_: Request) -> Response:
    """Raise what nobody handles: the client sees a 500."""
    raise RuntimeError("this handler always fails")


async def health(request: Request) -> Response:
    """Say where this sub-app is mounted."""
    return JSONResponse({"status": "ok", "root_path": request.scope["root_path"]})


async def echo(websocket: WebSocket) -> None:
    """Send every message back as it came, text or bytes."""
    await websocket.accept()
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        await websocket.send({**message, "type": "websocket.send"})


async def room(websocket: WebSocket) -> None:
    """Broadcast what each client says to all of them."""
    await websocket.accept()
    await websocket.state.room.talk(
        websocket.iter_text(), websocket.send_text, gone=WebSocketDisconnect
    )


admin = Starlette(routes=[Route("/health", health)])

app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/users/{user_id:int}", get_user),
        Route("/users", create_user, methods=["POST"]),
        Route("/users/{user_id:int}/welcome", welcome_user, methods=["POST"]),
        Route("/upload", upload, methods=["POST"]),
        Route("/stream", stream),
        Route("/events", events),
        Route("/changes/{seen:int}", changes),
        Route("/ticks", slow),
        Route("/crash", crash),
        Mount("/admin", admin),
        WebSocketRoute("/ws/echo", echo),
        WebSocketRoute("/ws/room", room),
    ],
)
