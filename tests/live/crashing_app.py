"""Handlers of frameworks that raise, behind one access log that goes where ours is configured."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn, cast

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path
from fastapi import FastAPI
from litestar import Litestar, get
from litestar.logging import LoggingConfig
from nexios import NexiosApp
from quart import Quart

import asgi_mw.logs
from asgi_mw import access_log, request_id, server_error, stack

if TYPE_CHECKING:
    from asgi_mw import App, Receive, Scope, Send


def crash(name: str) -> NoReturn:
    """Raise, in code of the app's own."""
    raise KeyError(name)


by_fastapi = FastAPI()
by_nexios = NexiosApp()
by_quart = Quart("crashing")


@by_fastapi.get("/fastapi")
async def in_fastapi() -> None:
    """Crash."""
    crash("fastapi")


@by_nexios.get("/nexios")
async def in_nexios(request: Any, response: Any) -> None:
    """Crash."""
    crash("nexios")


@by_quart.get("/quart")
async def in_quart() -> str:
    """Crash."""
    crash("quart")


async def in_django(request: Any) -> None:
    """Crash."""
    crash("django")


@get("/litestar")
async def in_litestar() -> None:
    """Crash."""
    crash("litestar")


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    """Crash."""
    crash("plain")


asgi_mw.logs.configure(format=cast("Any", os.environ["ASGI_MW_FORMAT"]))
urlpatterns = [path("django", in_django)]
settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DEBUG=True, SECRET_KEY="of a test", USE_I18N=False
)
django.setup()
APPS: dict[str, Any] = {
    "/django": get_asgi_application(),
    "/fastapi": by_fastapi,
    # It says nothing by default
    "/litestar": Litestar([in_litestar], logging_config=LoggingConfig(log_exceptions="always")),
    "/nexios": by_nexios,
    "/plain": plain,
    "/quart": by_quart,
}


async def either(scope: Scope, receive: Receive, send: Send) -> None:
    """Choose by the path."""
    if scope["type"] == "http":
        await cast("App", APPS[scope["path"]])(scope, receive, send)


app = stack(either, request_id, access_log, server_error)
