"""What a type checker knows of apps in layers: each stays the app that it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

from django.core.handlers.asgi import ASGIHandler  # type: ignore[import-untyped]  # it has no types
from fastapi import FastAPI
from litestar import Litestar
from nexios import NexiosApp
from quart import Quart
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware.cors import CORSMiddleware

from asgi_mw import (
    access_log,
    compression,
    cors,
    decompression,
    explain,
    gzip,
    install,
    layer,
    production,
    record,
    request_id,
    server_error,
    stack,
    timing,
    tracing,
    validate,
)
from asgi_mw.inspector import inspect
from asgi_mw.watch import watch

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable
    from asgiref.typing import Scope as AsgirefScope
    from starlette.types import ASGIApp
    from starlette.types import Receive as StarletteReceive
    from starlette.types import Scope as StarletteScope
    from starlette.types import Send as StarletteSend

    from asgi_mw import App, Message, Receive, Scope, Send


async def ours(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer; by our words."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def of_asgiref(
    scope: AsgirefScope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Do nothing; by the types of asgiref."""


async def of_starlette(
    scope: StarletteScope, receive: StarletteReceive, send: StarletteSend
) -> None:
    """Do nothing; by the types of Starlette."""


class Service:
    """An app with a state of its own."""

    served = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count."""
        self.served += 1
        await ours(scope, receive, send)


class Page(HTTPEndpoint):
    """A class that is an app."""


def frameworks() -> None:
    """Each stays what it is, in a stack, in the recommended one and with layers installed."""
    policy = layer(cors, allow_origins=["https://shop.example.org"])

    assert_type(stack(FastAPI(), request_id, policy, CORSMiddleware), FastAPI)
    assert_type(stack(Starlette(), layer(timing, metric="web")), Starlette)
    assert_type(stack(Litestar([]), access_log), Litestar)
    assert_type(stack(Quart(__name__), access_log), Quart)
    assert_type(stack(NexiosApp(), access_log), NexiosApp)
    assert_type(stack(Service(), server_error), Service)
    page: type[Page] = stack(Page, timing)
    explain(page)

    assert_type(production(FastAPI(), allow_origins=["https://shop.example.org"]), FastAPI)
    assert_type(production(Litestar([]), tracing=False, cors={"max_age": 60}), Litestar)
    assert_type(production(Quart(__name__)), Quart)
    assert_type(production(NexiosApp()), NexiosApp)

    assert_type(install(FastAPI()), FastAPI)
    assert_type(install(Starlette(), request_id, timing), Starlette)
    assert_type(install(Litestar([]), skip=["/health"]), Litestar)
    assert_type(install(Quart(__name__), trusted_proxies=["10.0.0.0/8"]), Quart)
    assert_type(install(NexiosApp()), NexiosApp)

    django = ASGIHandler.__new__(ASGIHandler)  # made without settings, as nobody else would
    assert_type(stack(django, access_log), ASGIHandler)


def layers() -> None:
    """So does each layer."""
    assert_type(access_log(FastAPI(), skip=["/health"], slow=0.5), FastAPI)
    assert_type(compression(FastAPI(), encodings=["gzip"]), FastAPI)
    assert_type(cors(FastAPI(), allow_origins=["https://shop.example.org"]), FastAPI)
    assert_type(decompression(FastAPI(), max_size=1_000_000), FastAPI)
    assert_type(gzip(FastAPI(), level=6), FastAPI)
    assert_type(inspect(FastAPI(), store="memory:", announce=False), FastAPI)
    assert_type(record(FastAPI(), store="memory:", keep=["5xx", "problems"]), FastAPI)
    assert_type(request_id(FastAPI(), header=["x-request-id", "x-amzn-trace-id"]), FastAPI)
    assert_type(server_error(FastAPI()), FastAPI)
    assert_type(timing(FastAPI(), metric="web"), FastAPI)
    assert_type(tracing(FastAPI()), FastAPI)
    assert_type(validate(FastAPI(), on_violation="raise"), FastAPI)
    assert_type(watch(FastAPI()), FastAPI)
    assert_type(layer(timing)(Litestar([])), Litestar)


def go_on() -> None:
    """So an app in layers takes routes, and is served, as before."""
    shop = stack(FastAPI(), request_id, timing)

    @shop.get("/users/{number}")
    async def user(number: int) -> dict[str, int]:
        return {"number": number}

    assert_type(stack(Service(), timing).served, int)
    assert_type(explain(shop), str)


def plain_functions() -> None:
    """And a function goes where it went."""
    theirs: ASGI3Application = stack(of_asgiref, production)
    again: ASGI3Application = record(theirs)
    starlettes: ASGIApp = production(of_starlette)
    our_own: App = stack(ours, layer(timing, metric="web"), layer(own, prefix="b"))
    apps: list[App] = [our_own, timing(ours), stack(FastAPI()), Starlette(), of_starlette]
    Starlette().mount("/starlettes", starlettes)
    for app in apps:
        explain(app)
    explain(again)


def own(app: App, *, prefix: str = "a") -> App:
    """A layer of one's own."""

    async def prefixed(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_prefixed(message: Message) -> None:
            if message["type"] == "http.response.start":
                pairs: list[Any] = [*message["headers"], (b"x-prefix", prefix.encode())]
                message = {**message, "headers": pairs}
            await send(message)

        await app(scope, receive, send_prefixed)

    return prefixed
