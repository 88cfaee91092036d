"""What a type checker knows of our layers as middleware of a framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from litestar import Litestar, get
from litestar.middleware import DefineMiddleware
from nexios import NexiosApp
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount

from asgi_mw import access_log, cors, layer, production, request_id, timing

if TYPE_CHECKING:
    from nexios.http import Request, Response
    from starlette.requests import Request as StarletteRequest


def starlette() -> Starlette:
    """In the constructor, in routes, and afterwards; options are checked."""
    app = Starlette(
        middleware=[
            Middleware(request_id, header="x-request-id"),
            Middleware(cors, allow_origins=["https://shop.example.org"]),
            Middleware(layer(timing, metric="web")),
        ],
        routes=[Mount("/admin", app=production(Starlette()), middleware=[Middleware(timing)])],
    )
    app.add_middleware(access_log, slow=0.5)
    app.add_route("/", starlette_home)
    return app


async def starlette_home(_: StarletteRequest) -> PlainTextResponse:
    """Answer."""
    return PlainTextResponse("home")


def fastapi() -> FastAPI:
    """The same."""
    app = FastAPI(middleware=[Middleware(request_id)])
    app.add_middleware(timing, metric="web", allow_origins=["*"])

    @app.get("/")
    async def home() -> str:
        return "home"

    return app


def litestar() -> Litestar:
    """By name with options, or as they are."""

    @get("/")
    async def home() -> str:
        return "home"

    return Litestar(
        [home], middleware=[DefineMiddleware(timing, metric="web"), request_id, layer(access_log)]
    )


def nexios() -> NexiosApp:
    """Options go into a layer: Nexios says of its own that they are dicts."""
    app = NexiosApp()
    app.wrap_asgi(request_id)
    app.wrap_asgi(layer(timing, metric="web"))

    @app.get("/")
    async def home(_: Request, response: Response) -> Any:
        return response.text("home")

    return app
