"""The hello app of FastAPI."""

from __future__ import annotations

from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse, StreamingResponse

from tests.matrix.apps import half, long, parts, watching

app = FastAPI()


@app.get("/hello")
@app.head("/hello")
async def hello() -> dict[str, str]:
    return {"said": "hello"}


@app.post("/echo")
async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse((await request.body()).decode())


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(parts(), media_type="text/plain")


@app.get("/long")
async def for_long() -> StreamingResponse:
    return StreamingResponse(long(), media_type="text/plain")


@app.get("/half")
async def for_half() -> StreamingResponse:
    return StreamingResponse(half(), media_type="text/plain")


@app.get("/watch")
async def watch(request: Request) -> StreamingResponse:
    return StreamingResponse(watching(request.is_disconnected), media_type="text/plain")


@app.get("/fail")
async def fail() -> None:
    raise RuntimeError("on purpose")


@app.websocket("/talk")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            message = await socket.receive()
            if message.get("text") == "bye":
                await socket.close(4000)
                return
            if message.get("text") is not None:
                await socket.send_text(message["text"])
            elif message.get("bytes") is not None:
                await socket.send_bytes(message["bytes"])
            else:
                return
    except WebSocketDisconnect:
        return


@app.websocket("/refuse")
async def refuse(socket: WebSocket) -> None:
    await socket.close(4003)
