"""The example app in FastAPI: ``uvicorn examples.fastapi_app:app``."""

# ruff: noqa: TC002, TC003 - FastAPI reads the annotations when the app starts

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import (
    BackgroundTasks,
    Depends,
    FastAPI,
    HTTPException,
    Request,
    Response,
    UploadFile,
    WebSocket,
    WebSocketDisconnect,
)
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from examples.shared import add_user, new_state, ticks, welcome

if TYPE_CHECKING:
    from examples.shared import State


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[State]:
    """Make the state at start-up; each request finds it in ``request.state``."""
    state = new_state()
    state["feed"].add("started")
    yield state
    state["feed"].add("stopped")


app = FastAPI(title="The example app", lifespan=lifespan)
admin = FastAPI(title="A mounted sub-app")
app.mount("/admin", admin)


class NewUser(BaseModel):
    """The JSON that makes a user; anything else is answered by 422."""

    name: str


class User(NewUser):
    """A user as JSON has it."""

    id: int


def find_user(user_id: int, request: Request) -> User:
    """Return the user in the path, or answer 404."""
    try:
        return User(id=user_id, name=request.state.users[user_id])
    except KeyError:
        raise HTTPException(404, "no such user") from None


@app.get("/users/{user_id}")
async def get_user(user: Annotated[User, Depends(find_user)]) -> User:
    """Answer with JSON."""
    return user


@app.post("/users", status_code=201)
async def create_user(user: NewUser, request: Request) -> User:
    """Read JSON."""
    state = request.state
    return User.model_validate(add_user(state.users, state.feed, user.name))


@app.post("/users/{user_id}/welcome", status_code=202)
async def welcome_user(
    user: Annotated[User, Depends(find_user)], request: Request, background: BackgroundTasks
) -> dict[str, str]:
    """Answer at once and work on in the background."""
    background.add_task(welcome, request.state.feed, user.name)
    return {"status": "queued"}


@app.post("/upload")
async def upload(file: UploadFile) -> dict[str, int]:
    """Take a file from a multipart form."""
    return {"size": len(await file.read())}


@app.get("/stream", response_class=StreamingResponse)
async def stream() -> Response:
    """Send a body piece by piece."""

    async def lines() -> AsyncIterator[str]:
        for number in range(5):
            yield f"line {number}\n"

    return StreamingResponse(lines(), media_type="text/plain")


@app.get("/events", response_class=EventSourceResponse)
async def events() -> AsyncIterator[ServerSentEvent]:
    """Send three Server-Sent Events."""
    for number in range(3):
        yield ServerSentEvent(id=str(number), event="count", data={"n": number})


@app.get("/changes/{seen}")
async def changes(seen: int, request: Request) -> Response:
    """Long polling: wait for news, and answer 204 if there is none in time."""
    lines = await request.state.feed.after(seen)
    return JSONResponse(lines) if lines else Response(status_code=204)


@app.get("/ticks", response_class=StreamingResponse)
async def slow(request: Request) -> Response:
    """Send a slow stream, from which a client may well walk away."""
    return StreamingResponse(ticks(request.state.feed), media_type="text/plain")


@app.get("/crash")
async def crash() -> None:
    """Raise what nobody handles: the client sees a 500."""
    raise RuntimeError("this handler always fails")


@admin.get("/health")
async def health(request: Request) -> dict[str, str]:
    """Tell where this sub-app is mounted."""
    return {"status": "ok", "root_path": request.scope["root_path"]}


@app.websocket("/ws/echo")
async def echo(websocket: WebSocket) -> None:
    """Send every message back as it came, text or bytes."""
    await websocket.accept()
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        await websocket.send({**message, "type": "websocket.send"})


@app.websocket("/ws/room")
async def room(websocket: WebSocket) -> None:
    """Broadcast what each client says to all of them."""
    await websocket.accept()
    await websocket.state.room.talk(
        websocket.iter_text(), websocket.send_text, gone=WebSocketDisconnect
    )
