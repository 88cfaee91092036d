"""The hello app of Falcon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import falcon.asgi
from falcon import WebSocketDisconnected

from tests.matrix.apps import half, long, parts

if TYPE_CHECKING:
    from falcon.asgi import Request, Response, WebSocket


class Hello:
    async def on_get(self, request: Request, response: Response) -> None:
        response.text = "hello"

    on_head = on_get


class Echo:
    async def on_post(self, request: Request, response: Response) -> None:
        response.data = await request.stream.read()


class Stream:
    async def on_get(self, request: Request, response: Response) -> None:
        response.stream = parts()


class Long:
    async def on_get(self, request: Request, response: Response) -> None:
        response.stream = long()


class Half:
    async def on_get(self, request: Request, response: Response) -> None:
        response.stream = half()


class Fail:
    async def on_get(self, request: Request, response: Response) -> None:
        raise RuntimeError("on purpose")


class Talk:
    async def on_websocket(self, request: Request, socket: WebSocket) -> None:
        await socket.accept()
        try:
            await socket.send_text(await socket.receive_text())
            await socket.send_data(await socket.receive_data())
            await socket.receive_text()
        except WebSocketDisconnected:
            return
        await socket.close(4000)


class Refuse:
    async def on_websocket(self, request: Request, socket: WebSocket) -> None:
        await socket.close(4003)


app = falcon.asgi.App()
app.add_route("/hello", Hello())
app.add_route("/echo", Echo())
app.add_route("/stream", Stream())
app.add_route("/long", Long())
app.add_route("/half", Half())
app.add_route("/fail", Fail())
app.add_route("/talk", Talk())
app.add_route("/refuse", Refuse())
