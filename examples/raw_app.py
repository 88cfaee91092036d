"""The example app without a framework: ``uvicorn examples.raw_app:app``."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio

from examples.shared import add_user, name_in, new_state, ticks, welcome

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from asgi_mw.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve every type of connection that ASGI 3 knows."""
    match scope["type"]:
        case "lifespan":
            await lifespan(scope, receive, send)
        case "http":
            await http(scope, receive, send)
        case "websocket":
            await websocket(scope, receive, send)
        case unknown:
            raise NotImplementedError(f"no idea what to do with a scope of type {unknown!r}")


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Make the state at start-up; the server hands it on in every ``scope["state"]``."""
    await receive()  # lifespan.startup
    scope["state"].update(new_state())
    scope["state"]["feed"].add("started")
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown
    scope["state"]["feed"].add("stopped")
    await send({"type": "lifespan.shutdown.complete"})


def segments(scope: Scope) -> list[str]:
    """Return the parts of the path below the place where this app is mounted."""
    return str(scope["path"]).removeprefix(scope.get("root_path", "")).strip("/").split("/")


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """Route by method and path."""
    state = scope["state"]
    match scope["method"], *segments(scope):
        case "GET", "users", user_id:
            if name := find_user(scope, user_id):
                await reply(send, 200, {"id": int(user_id), "name": name})
            else:
                await reply(send, 404, {"detail": "no such user"})
        case "POST", "users":
            try:
                name = name_in(b"".join([chunk async for chunk in body(receive)]))
            except ValueError as error:
                await reply(send, 422, {"detail": str(error)})
            else:
                await reply(send, 201, add_user(state["users"], state["feed"], name))
        case "POST", "users", user_id, "welcome":
            if name := find_user(scope, user_id):
                await reply(send, 202, {"status": "queued"})
                await welcome(state["feed"], name)  # the client has its answer already
            else:
                await reply(send, 404, {"detail": "no such user"})
        case "POST", "upload":
            # The form is not parsed: counting chunk by chunk needs no memory for the whole.
            await reply(send, 200, {"size": sum([len(chunk) async for chunk in body(receive)])})
        case "GET", "stream":
            await stream(receive, send, "text/plain", lines())
        case "GET", "events":
            await stream(receive, send, "text/event-stream", counts())
        case "GET", "changes", seen if seen.isdecimal():
            news = await state["feed"].after(int(seen))
            await (reply(send, 200, news) if news else reply(send, 204))
        case "GET", "ticks":
            await stream(receive, send, "text/plain", ticks(state["feed"]))
        case "GET", "crash":
            raise RuntimeError("this handler always fails")
        case _, "admin", *_:
            await admin({**scope, "root_path": scope.get("root_path", "") + "/admin"}, send)
        case _:
            await reply(send, 404, {"detail": "no such page"})


async def admin(scope: Scope, send: Send) -> None:
    """Serve what is mounted at ``/admin``, in a scope of its own."""
    match segments(scope):
        case ["health"]:
            await reply(send, 200, {"status": "ok", "root_path": scope["root_path"]})
        case _:
            await reply(send, 404, {"detail": "no such page"})


async def websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, then echo or broadcast; closing before accepting answers 403."""
    await receive()  # websocket.connect
    match segments(scope):
        case ["ws", "echo"]:
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] != "websocket.disconnect":
                await send({**message, "type": "websocket.send"})
        case ["ws", "room"]:
            await send({"type": "websocket.accept"})

            async def hear() -> AsyncIterator[str]:
                while (message := await receive())["type"] != "websocket.disconnect":
                    yield message.get("text") or ""

            async def tell(text: str) -> None:
                await send({"type": "websocket.send", "text": text})

            await scope["state"]["room"].talk(hear(), tell, gone=OSError)
        case _:
            await send({"type": "websocket.close"})


def find_user(scope: Scope, user_id: str) -> str | None:
    """Return the name of the user, if there is one."""
    users: dict[int, str] = scope["state"]["users"]
    return users.get(int(user_id)) if user_id.isdecimal() else None


async def body(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the request body as it arrives."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client left while sending its request")
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def reply(send: Send, status: int, content: object = None) -> None:
    """Answer with JSON, or with no body at all if there is no *content*."""
    headers, payload = [], b""
    if content is not None:
        payload = json.dumps(content).encode()
        length = str(len(payload)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": payload})


async def stream(
    receive: Receive, send: Send, media_type: str, chunks: AsyncGenerator[str, None]
) -> None:
    """Send *chunks* as they come, and stop as soon as the client leaves."""
    async with anyio.create_task_group() as tasks, aclosing(chunks):

        async def stop_when_client_leaves() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(stop_when_client_leaves)
        headers = [(b"content-type", media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for chunk in chunks:
            message = {"type": "http.response.body", "body": chunk.encode(), "more_body": True}
            await send(message)
        await send({"type": "http.response.body", "body": b""})
        tasks.cancel_scope.cancel()


async def lines() -> AsyncGenerator[str, None]:
    """Yield a body piece by piece."""
    for number in range(5):
        yield f"line {number}\n"


async def counts() -> AsyncGenerator[str, None]:
    """Yield three Server-Sent Events."""
    for number in range(3):
        yield f"id: {number}\nevent: count\ndata: {json.dumps({'n': number})}\n\n"
