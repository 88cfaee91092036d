"""Layers in a framework's own app, which stays that app, outside of its error handling."""

# mypy: disable-error-code="import-untyped"
# Django has no types
from __future__ import annotations

import copy
import inspect
import pickle
import re
import types
from functools import partial
from typing import TYPE_CHECKING, Any

import django
import pytest
from blacksheep import Application, Router
from django import conf
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.handlers.asgi import ASGIHandler
from django.urls import path
from falcon.asgi import App as Falcon
from fastapi import FastAPI
from flask import Flask
from lilya.apps import Lilya
from litestar import Litestar, asgi, websocket
from litestar import WebSocket as LitestarSocket  # noqa: TC002  # Litestar asks for it
from litestar import get as litestar_get
from litestar.middleware import DefineMiddleware
from litestar.params import FromPath  # noqa: TC002  # Litestar asks for it
from nexios import NexiosApp
from nexios import Router as NexiosRouter
from quart import Quart
from quart import websocket as quart_websocket
from ravyn import Ravyn
from sanic import Sanic
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket  # noqa: TC002  # FastAPI asks for it

from asgi_mw import (
    ConfigError,
    access_log,
    explain,
    install,
    layer,
    open_store,
    production,
    record,
    request_id,
    stack,
    timing,
)
from asgi_mw.installing import Options, hook
from asgi_mw.testing import lifespan, request
from asgi_mw.testing import websocket as connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpResponse

    from asgi_mw import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio

ORIGIN = "https://shop.example.org"
asyncio_alone = pytest.mark.parametrize("anyio_backend", ["asyncio"])


def of_starlette() -> Any:
    """Make an app of Starlette."""

    async def crash(request: Any) -> None:
        raise KeyError(request.path_params["name"])

    async def talk(ws: Any) -> None:
        await ws.accept()
        await ws.close()

    return Starlette(routes=[Route("/crash/{name}", crash), WebSocketRoute("/ws", talk)])


def of_fastapi() -> Any:
    """Make an app of FastAPI."""
    app = FastAPI()

    @app.get("/crash/{name}")
    async def crash(name: str) -> None:
        raise KeyError(name)

    @app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    return app


def of_lilya() -> Any:
    """Make an app of Lilya."""
    app = Lilya()

    @app.get("/crash/{name}")
    async def crash(name: str) -> None:
        raise KeyError(name)

    return app


def of_nexios() -> Any:
    """Make an app of Nexios."""
    app: Any = NexiosApp()

    @app.get("/crash/{name}")  # type: ignore[untyped-decorator]  # of Any
    async def crash(request: Any, response: Any, name: str) -> None:
        raise KeyError(name)

    @app.ws_route("/ws")  # type: ignore[untyped-decorator]  # of Any
    async def talk(ws: Any) -> None:
        await ws.accept()
        await ws.close()

    return app


def of_litestar() -> Any:
    """Make an app of Litestar."""

    @litestar_get("/crash/{name:str}")
    async def crash(name: FromPath[str]) -> None:
        raise KeyError(name)

    @websocket("/ws")
    async def talk(socket: LitestarSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.close()

    return Litestar([crash, talk], logging_config=None)


def of_quart() -> Any:
    """Make an app of Quart."""
    app = Quart(__name__)

    @app.get("/crash/<name>")
    async def crash(name: str) -> str:
        raise KeyError(name)

    @app.websocket("/ws")
    async def talk() -> None:
        await quart_websocket.accept()

    return app


async def crash_of_django(request: Any, name: str) -> HttpResponse:
    """Fail."""
    raise KeyError(name)


def of_django() -> Any:
    """Make the handler of a project of Django."""
    if not conf.settings.configured:
        conf.settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of no worth", LOGGING_CONFIG=None)
        django.setup()
    urls = types.ModuleType("urls")
    vars(urls)["urlpatterns"] = [path("crash/<name>", crash_of_django)]
    conf.settings.ROOT_URLCONF = urls
    conf.settings.MIDDLEWARE = ["asgi_mw.integrations.django.RouteMiddleware"]
    return ASGIHandler()


def of_falcon() -> Any:
    """Make an app of Falcon."""

    class Crash:
        async def on_get(self, request: Any, response: Any, name: str) -> None:
            raise KeyError(name)

    app: Any = Falcon()
    app.add_route("/crash/{name}", Crash())
    return app


def of_blacksheep() -> Any:
    """Make an app of BlackSheep."""
    app = Application(router=Router())

    @app.router.get("/crash/{name}")
    async def crash(name: str) -> None:
        raise KeyError(name)

    return app


def of_sanic() -> Any:
    """Make an app of Sanic."""
    app: Any = Sanic("installed", configure_logging=False)

    @app.get("/crash/<name>")  # type: ignore[untyped-decorator]  # of Any
    async def crash(request: Any, name: str) -> None:
        raise KeyError(name)

    return app


FRAMEWORKS: dict[str, tuple[Callable[[], Any], str | None, type]] = {
    "Starlette": (of_starlette, "/crash/{name}", Starlette),
    "FastAPI": (of_fastapi, "/crash/{name}", FastAPI),
    "Lilya": (of_lilya, "/crash/{name}", Lilya),
    "Nexios": (of_nexios, "/crash/{name}", NexiosApp),
    "Litestar": (of_litestar, "/crash/{name}", Litestar),
    "Quart": (of_quart, "/crash/<name>", Quart),
    "Django": (of_django, "/crash/<name>", ASGIHandler),
    "Falcon": (of_falcon, "/crash/{name}", Falcon),
    "BlackSheep": (of_blacksheep, "/crash/{name}", Application),
    "Sanic": (of_sanic, "/crash/<name:str>", Sanic),
}
WITH_WEBSOCKETS = ("Starlette", "FastAPI", "Nexios", "Litestar", "Quart")


@pytest.fixture(autouse=True)
def forget_sanic() -> Iterator[None]:
    """Sanic refuses two apps of one name."""
    yield
    for name in list(Sanic._app_registry):
        Sanic.unregister_app(Sanic._app_registry[name])


@asyncio_alone
@pytest.mark.parametrize(("make", "route", "kind"), FRAMEWORKS.values(), ids=FRAMEWORKS)
async def test_a_500_of_the_framework_has_passed_the_layers(
    make: Callable[[], Any], route: str, kind: type
) -> None:
    """Its id and its CORS headers are there, and the log and the recording know its route."""
    events: list[dict[str, Any]] = []
    store = open_store("memory:")

    class Logger:
        def info(self, event: str, **fields: Any) -> None:
            events.append(fields)

        warning = error = info

    inside = make()
    app = install(
        inside,
        request_id,
        layer(access_log, logger=Logger()),
        timing,
        layer(record, store=store),
        layer(_cors, allow_origins=[ORIGIN]),
    )

    if kind is Application:
        await app.start()
    elif kind is Sanic:
        await lifespan(app)
    events.clear()
    result = await request(app, "GET", "/crash/x", headers=[("origin", ORIGIN)])

    assert app is inside
    assert isinstance(app, kind)
    assert 500 == result.status
    headers = dict(result.headers)
    assert headers[b"access-control-allow-origin"] == ORIGIN.encode()
    assert b"server-timing" in headers
    [fields] = events
    assert (500, route) == (fields["status"], fields["route"])
    assert fields["request_id"] == headers[b"x-request-id"].decode()
    [newest, *_] = store.exchanges()
    assert (500, route, fields["request_id"]) == (newest.status, newest.route, newest.request_id)


@asyncio_alone
@pytest.mark.parametrize("installed", [False, True], ids=["plain", "installed"])
@pytest.mark.parametrize(("make", "route", "kind"), FRAMEWORKS.values(), ids=FRAMEWORKS)
async def test_what_frameworks_keep_to_themselves_is_heard_from_outside(
    make: Callable[[], Any],
    route: str,
    kind: type,
    installed: bool,  # noqa: FBT001  # a parameter
) -> None:
    """Also through a layer, by whoever is outside of it, and however often it is asked for."""
    store = open_store("memory:")
    inside = make()
    if installed:
        install(inside)
    app = inside if installed else timing(inside)
    hook(app)
    hook(app)
    recorded = record(app, store=store)

    if kind is Application:
        await inside.start()
    elif kind is Sanic:
        await lifespan(inside)
    await request(recorded, "GET", "/crash/x")

    [newest, *_] = store.exchanges()
    assert newest.error is not None
    assert (500, route, "KeyError") == (newest.status, newest.route, newest.error.type)


@asyncio_alone
async def test_what_a_framework_refuses_goes_unheard(anyio_backend: str) -> None:
    """As what is no app, though of a framework, and an app that has begun to serve."""
    quart = of_quart()
    await request(quart, "GET", "/crash/x")
    for one in (NexiosRouter(), quart, app_function):
        hook(one)

    assert 500 == (await request(quart, "GET", "/crash/x")).status


def _cors(app: App, *, allow_origins: list[str]) -> App:
    from asgi_mw import cors  # noqa: PLC0415  # a factory without rules may stand inside record

    return cors(app, allow_origins=allow_origins)


@asyncio_alone
@pytest.mark.parametrize("framework", WITH_WEBSOCKETS)
async def test_websockets_pass_the_layers(framework: str) -> None:
    """An acceptance has the id."""
    app = install(FRAMEWORKS[framework][0]())

    result = await connect(app, "/ws", messages=())

    [accepted, *_] = [one for one in result.sent if one["type"] == "websocket.accept"]
    assert b"x-request-id" in dict(accepted["headers"])


@asyncio_alone
@pytest.mark.parametrize(
    "framework", [name for name in FRAMEWORKS if name not in {"Django", "Falcon"}]
)
async def test_the_lifespan_passes_the_layers(framework: str) -> None:
    """What exports traces hears of the end."""
    heard = []

    def listening(app: App) -> App:
        async def listened(scope: Scope, receive: Receive, send: Send) -> None:
            heard.append(scope["type"])
            await app(scope, receive, send)

        return listened

    app = install(FRAMEWORKS[framework][0](), listening)
    await lifespan(app)

    assert ["lifespan"] == heard


@pytest.mark.parametrize("make", [of_starlette, of_fastapi], ids=["Starlette", "FastAPI"])
async def test_routes_and_middleware_can_be_added_afterwards(make: Callable[[], Any]) -> None:
    """Until the first request, as ever; they stand inside the layers."""
    app = install(make(), request_id)
    app.add_middleware(CORSMiddleware, allow_origins=[ORIGIN])
    app.add_route("/late", crash_late)

    result = await request(app, "GET", "/late", headers=[("origin", ORIGIN)])

    assert {b"x-request-id", b"access-control-allow-origin"} <= dict(result.headers).keys()
    assert explain(app).splitlines()[:3] == [
        "request_id()",
        type(app).__name__,
        "ServerErrorMiddleware",
    ]


async def crash_late(request: Any) -> Any:
    """Answer nothing that a client could use."""
    from starlette.responses import Response  # noqa: PLC0415  # here alone

    return Response("late")


async def test_what_the_framework_stacks_anew_stays_inside() -> None:
    """Instrumentations have the chain built a second time."""
    app = install(of_fastapi(), request_id)

    app.middleware_stack = app.build_middleware_stack()
    app.middleware_stack = app.build_middleware_stack()

    result = await request(app, "GET", "/none")
    assert 1 == [name for name, _ in result.headers].count(b"x-request-id")


class Named:
    """An app with a state of its own."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the name."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.name.encode()})


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda app: pickle.loads(pickle.dumps(app)), lambda app: app],
    ids=["copy", "deepcopy", "pickle", "the same"],
)
async def test_a_copy_of_an_installed_app_is_an_app_of_its_own(again: Callable[[Any], Any]) -> None:
    """Without layers, and with its own state."""
    app = install(Named("first"), request_id)
    other = again(app)
    is_same = other is app
    other.name = "second"

    result = await request(other)

    assert b"second" == result.body
    assert (b"x-request-id" in dict(result.headers)) is is_same
    assert isinstance(other, Named)


async def test_what_is_made_by_the_class_of_an_installed_app_is_one_of_its_own() -> None:
    """As frameworks make a child of themselves."""
    app: Any = install(Named("first"), request_id)

    assert b"third" == (await request(type(app)("third"))).body


def test_a_class_that_takes_none_below_it_is_refused() -> None:
    """As one that is final."""

    class Final(Own):
        def __init_subclass__(cls) -> None:
            raise TypeError("final")

    with pytest.raises(ConfigError, match=r"install: app=.* takes none below it \(final\)"):
        install(Final())


@asyncio_alone
async def test_pages_beside_static_files_of_django_have_passed_the_layers(
    anyio_backend: str,
) -> None:
    """The handler that ``runserver`` puts round another hands most of it on."""
    handler = of_django()
    conf.settings.STATIC_URL = "/static/"
    app = install(ASGIStaticFilesHandler(handler), request_id)

    assert b"x-request-id" in dict((await request(app, "GET", "/crash/x")).headers)


@asyncio_alone
async def test_litestar_mounts_an_app_in_layers(anyio_backend: str) -> None:
    """It asks for the types of what it calls."""
    wrapped: Any = asgi("/wrapped", is_mount=True, copy_scope=True)(production(Starlette()))
    app: Any = Litestar([wrapped], logging_config=None)

    assert 404 == (await request(app, "GET", "/wrapped/none")).status


def test_without_layers_it_is_the_recommended_stack_with_its_options() -> None:
    """The same as `production` puts round it."""
    app = install(Starlette(), allow_origins=[ORIGIN], timing={"metric": "web"})

    assert explain(app) == explain(
        production(Starlette(), allow_origins=[ORIGIN], timing={"metric": "web"})
    )


def test_its_options_are_those_of_production() -> None:
    """None is missing, and none is its own."""
    expected = list(inspect.signature(production).parameters)[1:]

    assert expected == list(Options.__annotations__)


def test_what_the_framework_will_put_on_is_explained_below_it() -> None:
    """In the order of one request's walk."""
    app = Starlette()
    app.add_middleware(CORSMiddleware)
    install(app, request_id)

    assert explain(app) == "request_id()\nStarlette\nCORSMiddleware() (once started)"


class Own:
    """An app of nobody's framework."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


async def test_an_object_of_a_class_of_your_own_takes_layers() -> None:
    """And its class stays what the traceback and a debugger say."""
    app = install(Own(), request_id)
    other = Own()

    assert b"x-request-id" in dict((await request(app)).headers)
    assert [] == (await request(other)).headers
    assert isinstance(app, Own)
    assert repr(type(app)) == repr(Own)
    assert inspect.iscoroutinefunction(app.__call__)


async def app_function(scope: Scope, receive: Receive, send: Send) -> None:
    """Be an app that is a function."""


def built() -> Starlette:
    """Make an app that has begun to serve."""
    app = Starlette()
    app.middleware_stack = app.build_middleware_stack()
    return app


def wrong(given: object) -> Any:
    """What no type checker would let pass."""
    return given


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a function": (
        lambda: app_function,
        r"is no object of a framework.*; put them around it: app = production\(app\)",
    ),
    "a partial function": (lambda: partial(app_function), "is no object of a framework"),
    "a class": (lambda: Own, r"no ASGI app; if that makes the app, call it: Own\(\)"),
    "nothing": (lambda: None, "is no ASGI app; give the object that the framework made"),
    "a name": (lambda: "shop:app", "is no ASGI app; give the app itself, not its name"),
    "a WSGI app": (
        lambda: Flask("x"),
        r"if it is a WSGI app, adapt it: a2wsgi.WSGIMiddleware\(app\)",
    ),
    "a layer": (lambda: timing, "is a middleware and no ASGI app"),
    "an app in layers": (lambda: production(Starlette()), "has layers around it already"),
    "twice": (lambda: install(Starlette()), "has layers installed already; give all of them"),
    "twice by class": (lambda: install(Own()), "has layers installed already"),
    "twice, Quart": (lambda: install(Quart("x")), "has layers installed already"),
    "after the first request": (
        built,
        "has built its middleware already; install before, or put them around it",
    ),
    "Ravyn, which builds at once": (Ravyn, "has built its middleware already"),
}


@pytest.mark.parametrize(("make", "says"), REFUSED.values(), ids=REFUSED)
def test_what_takes_no_layers_is_refused(make: Callable[[], Any], says: str) -> None:
    """With the reason, and what to write instead."""
    with pytest.raises(ConfigError, match=f"^install: app=.*{says}"):
        install(make())


@pytest.mark.parametrize(
    ("call", "says"),
    {
        "a list": (lambda: install(Starlette(), wrong([timing])), "write install(app, timing)"),
        "the app last": (
            lambda: install(wrong(timing), wrong(Starlette())),
            "the app comes first: write install(app, timing)",
        ),
        "no app": (wrong(install), "write install(app, ...)"),
    }.values(),
    ids=["a list", "the app last", "no app"],
)
def test_a_call_that_is_wrong_says_what_to_write(call: Callable[[], Any], says: str) -> None:
    """In its own words, not in those of a stack."""
    with pytest.raises(ConfigError, match=rf"{re.escape(says)}$"):
        call()


@pytest.mark.parametrize(
    "make", [Starlette, Own, lambda: Quart("x"), NexiosApp], ids=["builder", "class", "a", "n"]
)
async def test_a_refusal_leaves_the_app_as_it_was(make: Callable[[], Any]) -> None:
    """Right options can be given afterwards."""
    app = make()
    kind, before = type(app), dict(vars(app))

    with pytest.raises(ConfigError, match=r"^timing: metric='\?'"):
        install(app, timing={"metric": "?"})

    assert type(app) is kind
    assert before == vars(app)


def test_options_of_the_recommended_stack_do_not_go_with_layers() -> None:
    """Which of the layers they would be for, nobody could say."""
    with pytest.raises(ConfigError, match=r"install: options=\['allow_origins'\].*layer\(cors"):
        install(Starlette(), timing, allow_origins=[ORIGIN])


def test_a_layer_that_the_framework_has_already_is_refused() -> None:
    """As a stack round it refuses it."""
    app = Starlette()
    app.add_middleware(request_id)

    with pytest.raises(ConfigError, match="the same layer stands in the stack twice"):
        install(app)


def test_a_layer_that_litestar_makes_for_each_route_counts_once() -> None:
    """What serves in Litestar leads back to the app that has it."""
    given: Any = timing
    app = Litestar([], middleware=[DefineMiddleware(given)], logging_config=None)

    install(app, request_id)

    expected = ["request_id()", "Litestar", "timing() (on each route)"]
    assert expected == explain(app).splitlines()[:3]


@pytest.mark.parametrize(
    "make", [of_nexios, of_litestar, of_falcon, Own], ids=lambda one: one.__name__
)
def test_layers_can_be_put_round_an_installed_app(make: Callable[[], Any]) -> None:
    """As ``asgi-mw run`` puts its own."""
    app = install(make(), request_id)

    assert list(inspect.signature(app).parameters) == ["scope", "receive", "send"]
    assert explain(stack(app, timing)).startswith("timing()\nrequest_id()\n")


def test_a_stack_round_an_installed_app_knows_its_layers() -> None:
    """One id a request."""
    app = install(Starlette(), request_id)

    with pytest.raises(ConfigError, match="the same layer stands in the stack twice"):
        stack(app, request_id)
    assert explain(stack(app, timing)) == "timing()\nrequest_id()\nStarlette"
