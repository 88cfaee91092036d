"""The page in an app of each framework, for real servers: ``tests.inspector.apps:fastapi``."""

# mypy: disable-error-code="import-untyped"
# Django has no types
from __future__ import annotations

import os
from typing import Any

from asgi_mw.inspector import inspect

STORE = os.environ.get("PAGE_STORE", "memory:")


def _fastapi() -> Any:
    from fastapi import FastAPI  # noqa: PLC0415  # one framework for each server

    app = FastAPI()
    app.get("/hello")(lambda: "hello")
    return app


def _starlette() -> Any:
    from starlette.applications import Starlette  # noqa: PLC0415  # the same
    from starlette.responses import PlainTextResponse  # noqa: PLC0415  # the same
    from starlette.routing import Route  # noqa: PLC0415  # the same

    return Starlette(routes=[Route("/hello", lambda _: PlainTextResponse("hello"))])


def _nexios() -> Any:
    from nexios import NexiosApp  # noqa: PLC0415  # the same

    app = NexiosApp()

    @app.get("/hello")
    async def hello(request: Any, response: Any) -> Any:  # a handler
        return response.text("hello")

    return app


def _litestar() -> Any:
    from litestar import Litestar, get  # noqa: PLC0415  # the same

    @get("/hello", sync_to_thread=False)
    def hello() -> str:
        return "hello"

    return Litestar([hello])


def _django() -> Any:
    from django.conf import settings  # noqa: PLC0415  # the same
    from django.core.asgi import get_asgi_application  # noqa: PLC0415  # the same
    from django.http import HttpResponse  # noqa: PLC0415  # the same
    from django.urls import path  # noqa: PLC0415  # the same

    urls = [path("hello", lambda _: HttpResponse("hello"))]
    secret = "made-up"  # no secret
    settings.configure(ROOT_URLCONF=tuple(urls), ALLOWED_HOSTS=["*"], SECRET_KEY=secret)
    return get_asgi_application()


def _quart() -> Any:
    from quart import Quart  # noqa: PLC0415  # the same

    app = Quart(__name__)

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    return app


MAKERS = {
    "fastapi": _fastapi,
    "starlette": _starlette,
    "nexios": _nexios,
    "litestar": _litestar,
    "django": _django,
    "quart": _quart,
}


def __getattr__(name: str) -> Any:
    """Make the app that the server asks for."""
    if name not in MAKERS:
        raise AttributeError(name)
    # Servers ask more than once, and Django is set up once
    made = globals()[name] = inspect(MAKERS[name](), store=STORE)
    return made
