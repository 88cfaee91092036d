"""One small service in four frameworks, traced and exported: ``TRACED_FRAMEWORK`` says which.

Each answers ``/api/users/{id}`` (with a span of its own inside), ``/api/events`` (50 events),
``/api/crash``, ``/api/slow`` (until the client leaves) and, but for Django, the WebSocket
``/api/ws/{room}``, which echoes.
"""

# mypy: disable-error-code="import-untyped"
# Django has no types
from __future__ import annotations

import asyncio
import os
import types
from functools import cache
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from asgi_mw import layer, stack, tracing
from asgi_mw.otlp import configure, exporting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asgi_mw import App

_tracer = trace.get_tracer("service")


class CrashError(Exception):
    """What the service fails with."""


async def look_up(number: str) -> str:
    """Do some work, in a span of the service's own."""
    with _tracer.start_as_current_span("look-up"):
        await asyncio.sleep(0)
    return f"user {number}"


async def events() -> AsyncIterator[bytes]:
    """Send 50 events, over a measurable time."""
    for number in range(50):
        await asyncio.sleep(0.002)
        yield b"data: %d\n\n" % number


async def slow() -> AsyncIterator[bytes]:
    """Send until nobody listens."""
    while True:
        yield b"data: again\n\n"
        await asyncio.sleep(0.01)


async def echo(websocket: Any) -> None:
    """Say what is heard, as Starlette's WebSocket; the client closes."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


def fastapi() -> App:
    """A router with a prefix, included under another."""
    from fastapi import APIRouter, FastAPI, WebSocket  # noqa: PLC0415  # the one that is asked for
    from starlette.responses import StreamingResponse  # noqa: PLC0415  # the same

    api, router = FastAPI(), APIRouter()

    @router.get("/users/{number}")
    async def user(number: str) -> str:
        return await look_up(number)

    @router.get("/events", response_class=StreamingResponse)
    async def stream() -> StreamingResponse:
        return StreamingResponse(events(), media_type="text/event-stream")

    @router.get("/slow", response_class=StreamingResponse)
    async def endless() -> StreamingResponse:
        return StreamingResponse(slow(), media_type="text/event-stream")

    @router.get("/crash")
    async def crash() -> None:
        raise CrashError("the till is stuck")

    async def talk(websocket: WebSocket, room: str) -> None:
        await echo(websocket)

    talk.__annotations__["websocket"] = WebSocket  # FastAPI looks for its name in this module
    router.add_api_websocket_route("/ws/{room}", talk)
    api.include_router(router, prefix="/api")
    return api


def starlette() -> App:
    """Routes in a mount."""
    from starlette.applications import Starlette  # noqa: PLC0415  # the one that is asked for
    from starlette.responses import PlainTextResponse, StreamingResponse  # noqa: PLC0415  # the same
    from starlette.routing import Mount, Route, WebSocketRoute  # noqa: PLC0415  # the same

    async def user(request: Any) -> PlainTextResponse:
        return PlainTextResponse(await look_up(request.path_params["number"]))

    async def stream(request: Any) -> StreamingResponse:
        return StreamingResponse(events(), media_type="text/event-stream")

    async def endless(request: Any) -> StreamingResponse:
        return StreamingResponse(slow(), media_type="text/event-stream")

    async def crash(request: Any) -> None:
        raise CrashError("the till is stuck")

    routes = [
        Route("/users/{number}", user),
        Route("/events", stream),
        Route("/slow", endless),
        Route("/crash", crash),
        WebSocketRoute("/ws/{room}", echo),
    ]
    return Starlette(routes=[Mount("/api", routes=routes)])


def nexios() -> App:
    """A router with a prefix, with the hook for its routes."""
    from nexios import NexiosApp  # noqa: PLC0415  # the one that is asked for
    from nexios.http.response import StreamingResponse  # noqa: PLC0415  # the same
    from nexios.routing import Router  # noqa: PLC0415  # the same

    from asgi_mw.integrations.nexios import route_hook  # noqa: PLC0415  # the same

    app, router = NexiosApp(), Router(prefix="/api")

    async def user(request: Any, response: Any, number: str) -> Any:
        return response.text(await look_up(number))

    async def stream(request: Any, response: Any) -> Any:
        return StreamingResponse(events(), content_type="text/event-stream")

    async def endless(request: Any, response: Any) -> Any:
        return StreamingResponse(slow(), content_type="text/event-stream")

    async def crash(request: Any, response: Any) -> None:
        raise CrashError("the till is stuck")

    async def talk(websocket: Any, room: str = "") -> None:
        await echo(websocket)

    router.get("/users/{number}")(user)
    router.get("/events")(stream)
    router.get("/slow")(endless)
    router.get("/crash")(crash)
    router.ws_route("/ws/{room}")(talk)
    app.mount_router(router)
    route_hook(app)
    return app


def django() -> App:
    """Included URLs, with the middleware for its routes."""
    from django.conf import settings  # noqa: PLC0415  # the one that is asked for
    from django.core.asgi import get_asgi_application  # noqa: PLC0415  # the same
    from django.http import HttpResponse, StreamingHttpResponse  # noqa: PLC0415  # the same
    from django.urls import include, path  # noqa: PLC0415  # the same

    async def user(request: Any, number: str) -> Any:
        return HttpResponse(await look_up(number))

    async def stream(request: Any) -> Any:
        return StreamingHttpResponse(events(), content_type="text/event-stream")

    async def endless(request: Any) -> Any:
        return StreamingHttpResponse(slow(), content_type="text/event-stream")

    async def crash(request: Any) -> None:
        raise CrashError("the till is stuck")

    urls = types.ModuleType("urls")
    routes = [
        path("users/<str:number>", user),
        path("events", stream),
        path("slow", endless),
        path("crash", crash),
    ]
    vars(urls)["urlpatterns"] = [path("api/", include(routes))]
    settings.configure(
        ALLOWED_HOSTS=["*"],
        LOGGING_CONFIG=None,
        MIDDLEWARE=["asgi_mw.integrations.django.RouteMiddleware"],
        ROOT_URLCONF=urls,
        SECRET_KEY="of no worth",
    )
    made: App = get_asgi_application()
    return made


def __getattr__(name: str) -> App:
    """Make ``app`` when the server imports it; nobody else shall configure anything."""
    if name != "app":
        raise AttributeError(name)
    return _app()


@cache
def _app() -> App:
    made = {"fastapi": fastapi, "starlette": starlette, "nexios": nexios, "django": django}
    telemetry = configure()
    app = made[os.environ["TRACED_FRAMEWORK"]]()
    return stack(app, layer(exporting, telemetry=telemetry), tracing)
