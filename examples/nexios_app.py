"""The example app in Nexios: ``uvicorn examples.nexios_app:app``."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from nexios import NexiosApp, Router
from nexios.exceptions import HTTPException, NotFoundException
from nexios.websockets.base import WebSocketDisconnect

from examples.shared import add_user, name_in, new_state, ticks, welcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nexios.http import Request, Response
    from nexios.websockets import WebSocket

    from examples.shared import Feed, State


@asynccontextmanager
async def lifespan(_: NexiosApp) -> AsyncIterator[State]:
    """Make the state at start-up; handlers find it in ``request.base_app.state``."""
    state = new_state()
    state["feed"].add("started")
    yield state
    state["feed"].add("stopped")


app = NexiosApp(debug=False, title="The example app", lifespan=lifespan)
admin = Router(prefix="/admin")

# Handlers return Any, as the methods of a Nexios response do: they are unannotated.


def find_user(request: Request, user_id: int) -> str:
    """Return the name of the user, or answer 404."""
    try:
        return str(request.base_app.state["users"][user_id])
    except KeyError:
        raise NotFoundException("no such user") from None


@app.get("/users/{user_id:int}")
async def get_user(request: Request, response: Response, user_id: int) -> Any:
    """Answer with JSON."""
    return response.json({"id": user_id, "name": find_user(request, user_id)})


@app.post("/users")
async def create_user(request: Request, response: Response) -> Any:
    """Read JSON; what is no user is answered by 422."""
    try:
        name = name_in(await request.body)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    state = request.base_app.state
    return response.json(add_user(state["users"], state["feed"], name), status_code=201)


@app.post("/users/{user_id:int}/welcome")
async def welcome_user(request: Request, response: Response, user_id: int) -> Any:
    """Answer at once; the listener of the event works on in the background."""
    app.events.emit("welcome", request.base_app.state["feed"], find_user(request, user_id))
    return response.json({"status": "queued"}, status_code=202)


@app.events.on("welcome")
async def send_welcome(feed: Feed, name: str) -> None:
    """Do the work that nobody waits for."""
    await welcome(feed, name)


@app.post("/upload")
async def upload(request: Request, response: Response) -> Any:
    """Take a file from a multipart form."""
    files = await request.files
    try:
        if "file" not in files:
            raise HTTPException(422, "expected a file")
        return response.json({"size": len(await files["file"].read())})
    finally:
        await request.close()  # deletes the temporary files


@app.get("/stream")
async def stream(request: Request, response: Response) -> Any:
    """Send a body piece by piece."""

    async def lines() -> AsyncIterator[str]:
        for number in range(5):
            yield f"line {number}\n"

    return response.stream(lines())


@app.get("/events")
async def events(request: Request, response: Response) -> Any:
    """Send three Server-Sent Events."""

    async def counts() -> AsyncIterator[str]:
        for number in range(3):
            yield f"id: {number}\nevent: count\ndata: {json.dumps({'n': number})}\n\n"

    return response.stream(counts(), content_type="text/event-stream")


@app.get("/changes/{seen:int}")
async def changes(request: Request, response: Response, seen: int) -> Any:
    """Long polling: wait for news, and answer 204 if there is none in time."""
    lines = await request.base_app.state["feed"].after(seen)
    return response.json(lines) if lines else response.empty(status_code=204)


@app.get("/ticks")
async def slow(request: Request, response: Response) -> Any:
    """Send a slow stream, from which a client may well walk away."""
    return response.stream(ticks(request.base_app.state["feed"]))


@app.get("/crash")
async def crash(request: Request, response: Response) -> Any:
    """Raise what nobody handles: the client sees a 500."""
    raise RuntimeError("this handler always fails")


@admin.get("/health")
async def health(request: Request, response: Response) -> Any:
    """Tell where this router is mounted."""
    return response.json({"status": "ok", "root_path": request.scope["root_path"]})


app.mount_router(admin)


@app.ws_route("/ws/echo")  # type: ignore[untyped-decorator]  # Nexios leaves it unannotated
async def echo(websocket: WebSocket) -> None:
    """Send every message back as it came, text or bytes."""
    await websocket.accept()
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        await websocket.send({**message, "type": "websocket.send"})


@app.ws_route("/ws/room")  # type: ignore[untyped-decorator]  # Nexios leaves it unannotated
async def room(websocket: WebSocket) -> None:
    """Broadcast what each client says to all of them."""
    await websocket.accept()
    await websocket.base_app.state["room"].talk(
        websocket.iter_text(), websocket.send_text, gone=WebSocketDisconnect
    )
