"""The app of Falcon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import falcon.asgi
from falcon import WebSocketDisconnected

from tests.matrix import apps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from falcon.asgi import Request, Response, WebSocket

held: dict[str, str] = {}


class Lifespan:
    async def process_startup(self, scope: dict[str, Any], event: dict[str, Any]) -> None:
        apps.witness("startup")
        held["value"] = "started"

    async def process_shutdown(self, scope: dict[str, Any], event: dict[str, Any]) -> None:
        apps.witness("shutdown")


class Hello:
    async def on_get(self, request: Request, response: Response) -> None:
        response.text = "hello"

    on_head = on_get


class Users:
    async def on_get(self, request: Request, response: Response, name: str) -> None:
        response.media = {"name": name}


class Echo:
    async def on_post(self, request: Request, response: Response) -> None:
        response.data = await request.stream.read()


class Stream:
    def __init__(self, parts: Callable[[], AsyncIterator[bytes]], kind: str = "text/plain") -> None:
        self.parts, self.kind = parts, kind

    async def on_get(self, request: Request, response: Response) -> None:
        response.content_type = self.kind
        response.stream = self.parts()


class Poll:
    async def on_get(self, request: Request, response: Response) -> None:
        response.media = {"heard": await apps.heard()}


class Publish:
    async def on_post(self, request: Request, response: Response) -> None:
        apps.publish((await request.stream.read()).decode())


class Background:
    async def on_get(self, request: Request, response: Response) -> None:
        response.schedule(apps.later)
        response.media = {"later": True}


class State:
    async def on_get(self, request: Request, response: Response) -> None:
        response.media = {"state": held.get("value")}


class Handled:
    async def on_get(self, request: Request, response: Response) -> None:
        raise falcon.HTTPConflict(title="on purpose")


class Fail:
    async def on_get(self, request: Request, response: Response) -> None:
        raise RuntimeError("on purpose")


class Talk:
    async def on_websocket(self, request: Request, socket: WebSocket) -> None:
        await socket.accept()
        try:
            text = await socket.receive_text()
            if text != "bye":
                await socket.send_text(text)
                await socket.send_data(await socket.receive_data())
                await socket.receive_text()
        except WebSocketDisconnected:
            return
        await socket.close(4000)


class Refuse:
    async def on_websocket(self, request: Request, socket: WebSocket) -> None:
        await socket.close(4003)


app: Any = falcon.asgi.App(middleware=[Lifespan()])  # type: ignore[arg-type]  # its types know no lifespan alone
app.add_route("/hello", Hello())
app.add_route("/users/{name}", Users())
app.add_route("/echo", Echo())
app.add_route("/stream", Stream(apps.parts))
app.add_route("/events", Stream(apps.events, "text/event-stream"))
app.add_route("/poll", Poll())
app.add_route("/publish", Publish())
app.add_route("/background", Background())
app.add_route("/state", State())
app.add_route("/handled", Handled())
app.add_route("/fail", Fail())
app.add_route("/long", Stream(apps.long))
app.add_route("/hold", Stream(apps.hold))
app.add_route("/half", Stream(apps.half))
app.add_route("/talk", Talk())
app.add_route("/refuse", Refuse())
