"""The route's template is found where each framework leaves it, through every layer that copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter, FastAPI
from lilya import routing as lilya_routing
from lilya.apps import ChildLilya, Lilya
from litestar import Litestar, Router, get, websocket
from litestar.params import FromPath  # noqa: TC002  # Litestar reads the annotations
from nexios import NexiosApp
from quart import Quart
from ravyn import ChildRavyn, Gateway, Include, Ravyn
from ravyn import get as ravyn_get
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute

from asgi_mw import request_id, set_route, stack
from asgi_mw.connection import KEY, Connection, joined
from asgi_mw.routes import find_route
from asgi_mw.testing import http_scope, play, request
from asgi_mw.testing import websocket as connect
from tests.naming import plain

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def route_of(app: Any, target: str, *, root_path: str = "", method: str = "GET") -> Any:
    """What a layer round *app* knows of the route of one request, when it starts and at its end."""
    scope = http_scope(method, target, root_path=root_path)
    inner, connection = joined(scope)
    await play(request_id(app), inner, [{"type": "http.request", "body": b"", "more_body": False}])
    return connection.route


async def answer(request: Any) -> PlainTextResponse:
    """Be Starlette's handler."""
    return PlainTextResponse("")


async def greet(websocket: Any) -> None:
    """Be Starlette's WebSocket handler."""
    await websocket.accept()
    await websocket.close()


def starlette() -> Starlette:
    """Parametric and nested mounts."""
    leaf = [Route("/", answer), Route("/items/{item:int}", answer)]
    return Starlette(
        routes=[
            Route("/", answer),
            Route("/users/{id}", answer),
            Route("/files/{path:path}", answer),
            Route("/posted", answer, methods=["POST"]),
            WebSocketRoute("/ws/{room}", greet),
            Mount("/api", routes=leaf),
            Mount("/t/{tenant}", routes=[Mount("/v/{version:int}", routes=leaf), *leaf]),
            Mount("/app", Starlette(routes=leaf)),
            Mount("/raw", no_framework),
        ]
    )


async def no_framework(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without a route."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("/", "/"),
        ("/users/7", "/users/{id}"),
        ("/users/7?x=/other", "/users/{id}"),
        ("/files/a/b/c", "/files/{path}"),
        ("/api/", "/api/"),
        ("/api/items/5", "/api/items/{item}"),
        ("/t/acme/items/5", "/t/{tenant}/items/{item}"),
        ("/t/acme/v/2/items/5", "/t/{tenant}/v/{version}/items/{item}"),
        ("/t/acme/v/2/", "/t/{tenant}/v/{version}/"),
        ("/app/items/5", "/app/items/{item}"),
        ("/raw/a/b", "/raw/{path}"),
        ("/api", None),
        ("/api/nowhere", None),
        ("/t/acme/v/2/nowhere", None),
        ("/app/nowhere", None),
        ("/nowhere", None),
        ("/%7Bid%7D", None),
    ],
)
@pytest.mark.parametrize("root_path", ["", "/behind/proxy"])
async def test_starlette(target: str, route: str | None, root_path: str) -> None:
    """Mounts by their templates, never by the values; the server's root path is no part of it."""
    target = root_path + target

    assert await route_of(starlette(), target, root_path=root_path) == route


async def test_starlettes_405_names_the_route() -> None:
    """The path matched, only the method did not."""
    assert await route_of(starlette(), "/posted") == "/posted"


async def test_starlettes_websocket() -> None:
    """It is known when the handshake is accepted."""
    known: list[str | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        inner, connection = joined(scope)

        async def noted(message: Message) -> None:
            known.append(connection.route)
            await send(message)

        await request_id(starlette())(inner, receive, noted)

    await connect(app, "/ws/lobby")

    assert known == ["/ws/{room}", "/ws/{room}"]


def fastapi() -> FastAPI:
    """Routers with prefixes, mounts, and a mounted FastAPI."""
    app, router, inner, sub = FastAPI(), APIRouter(prefix="/v1"), APIRouter(), FastAPI()
    for owner in (app, router, inner, sub):
        owner.get("/items/{item}")(lambda item: item)
    router.include_router(inner, prefix="/inner/{group}")
    app.include_router(router, prefix="/api")
    app.mount("/sub", sub)
    app.mount("/t/{tenant}", sub)
    app.add_route("/starlettes/{item}", answer)
    app.mount("/raw", no_framework)
    app.mount("/starlette", Starlette(routes=[Route("/items/{item}", answer)]))
    return app


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("/items/5", "/items/{item}"),
        ("/api/v1/items/5", "/api/v1/items/{item}"),
        ("/api/v1/inner/g/items/5", "/api/v1/inner/{group}/items/{item}"),
        ("/sub/items/5", "/sub/items/{item}"),
        ("/t/acme/items/5", "/t/{tenant}/items/{item}"),
        ("/starlette/items/5", "/starlette/items/{item}"),
        ("/openapi.json", "/openapi.json"),
        ("/starlettes/5", "/starlettes/{item}"),
        ("/t/acme/openapi.json", "/t/{tenant}/openapi.json"),
        ("/raw/a/b", "/raw/{path}"),
        ("/sub/nowhere", None),
        ("/api/v1/nowhere", None),
        ("/nowhere", None),
    ],
)
async def test_fastapi(target: str, route: str | None) -> None:
    """Prefixes of routers are part of the template."""
    assert await route_of(fastapi(), target) == route


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("/ws/7", "/ws/{room}"),
        ("/api/v1/ws/7", "/api/v1/ws/{room}"),
        ("/api/v1/inner/g/ws/7", "/api/v1/inner/{group}/ws/{room}"),
        ("/t/acme/ws/7", "/t/{tenant}/ws/{room}"),
        ("/nowhere", None),
    ],
)
async def test_fastapis_websockets(target: str, route: str | None) -> None:
    """Prefixes are part of their templates too, though FastAPI keeps them elsewhere."""
    app, router, inner, sub = FastAPI(), APIRouter(prefix="/v1"), APIRouter(), FastAPI()
    for owner in (app, router, inner, sub):
        owner.websocket("/ws/{room}")(greet)
    router.include_router(inner, prefix="/inner/{group}")
    app.include_router(router, prefix="/api")
    app.mount("/t/{tenant}", sub)
    known: list[str | None] = []

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        inner, connection = joined(scope)
        await request_id(app)(inner, receive, send)
        known.append(connection.route)

    await connect(outer, target)

    assert known == [route]


@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
async def test_fastapi_with_a_root_path_of_its_own() -> None:
    """It is set without a mount: the proxy strips it, the client sees it."""
    app = FastAPI(root_path="/api")
    app.get("/items/{item}")(lambda item: item)
    outer = FastAPI()
    outer.mount("/sub/{tenant}", app)

    assert await route_of(app, "/items/5") in {"/items/{item}", "/api/items/{item}"}
    # It overwrites what the mount left: then no route is better than a wrong one
    assert await route_of(outer, "/sub/acme/items/5") in {None, "/sub/{tenant}/items/{item}"}


@get("/items/{item:int}", sync_to_thread=False)
def item(item: FromPath[int]) -> str:
    """Answer."""
    return ""


@websocket("/ws/{room:str}")
async def room(socket: Any, room: FromPath[str]) -> None:
    """Accept and close."""
    await socket.accept()
    await socket.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("/items/5", "/items/{item}"),
        ("/api/items/5", "/api/items/{item}"),
        ("/nowhere", None),
    ],
)
async def test_litestar(target: str, route: str | None) -> None:
    """It leaves the template in the scope."""
    app = Litestar([item, Router("/api", route_handlers=[item])])

    assert await route_of(app, target) == route


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_nexios_and_quart_leave_none() -> None:
    """There ``set_route`` says it."""
    nexios, quart = NexiosApp(), Quart("quart")

    async def hello(request: Any, response: Any, user: str) -> Any:
        return response.text("hello")

    async def told(request: Any, response: Any, user: str) -> Any:
        set_route(request.scope, "/told/{id}")
        return response.text("hello")

    nexios.get("/users/{user}")(hello)
    nexios.get("/told/{user}")(told)

    assert await route_of(nexios, "/users/5") is None
    assert await route_of(nexios, "/told/5") == "/told/{id}"
    assert await route_of(quart, "/nowhere") is None


@pytest.mark.parametrize("copies", [0, 1, 3])
async def test_a_copying_layer_inside_hides_no_route(copies: int) -> None:
    """One of ours publishes what it finds in its own copy, before the response starts."""
    known: list[str | None] = []
    inner: App = starlette()
    for _ in range(copies):
        inner = copying(inner)
    connection = Connection({"type": "http"})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            known.append(connection.route)
            await send(message)

        # The outer copy never sees what the framework writes
        await copying(request_id(inner) if copies == 0 else stack(inner, request_id))(
            {**scope, KEY: connection}, receive, noted
        )

    await request(app, "GET", "/users/7")

    # A stranger's copy inside ours hides what the framework wrote; ours does not
    assert known == (["/users/{id}"] * 2 if copies == 0 else [None] * 2)


def copying(app: App) -> App:
    """A stranger's layer that copies the scope, as the specification asks of it."""

    async def copied(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope}, receive, send)

    return copied


async def test_a_layer_of_ours_inside_a_strangers_copy_publishes_for_all() -> None:
    """It is shared through every copy."""
    connection = Connection({"type": "http"})
    app = copying(request_id(starlette()))
    await play(app, {**http_scope("GET", "/users/7"), KEY: connection})

    assert connection.route == "/users/{id}"


async def test_set_route_reaches_through_copies_and_wins() -> None:
    """What the app says is better than what the framework left."""

    async def handler(request: Any) -> PlainTextResponse:
        set_route({**request.scope}, "/mine/{id}")
        return PlainTextResponse("")

    app = Starlette(routes=[Route("/users/{id}", handler)])

    assert await route_of(copying(copying(app)), "/users/7") == "/mine/{id}"


def test_a_known_route_is_not_replaced() -> None:
    """What the app said is not looked for."""
    inner, connection = joined({"type": "http"})
    connection.route = "/first"
    inner["path_template"] = "/second"

    assert connection.route == "/first"


class Broken:
    """An object of a framework in a version that nobody has seen."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"route": Broken()},
        {"route": 5},
        {"route": None, "fastapi": 5},
        {"route": 5, "fastapi": 5},
        {"path_template": 5},
        {"path_template": b"/x"},
        {"path_template": ""},
        {"route": type("R", (), {"path_format": ""})},
        {"root_path": 5, "route": type("R", (), {"path_format": "/x"})},
        {"root_path": "/a", "route": type("R", (), {"path_format": "/x"}), "router": Broken()},
    ],
    ids=plain,
)
def test_what_nobody_has_seen_gives_no_route(scope: Scope) -> None:
    """And never raises."""
    assert find_route(scope) is None


def lilya() -> App:
    """Includes in includes, of routes, apps and hosts; two that begin alike."""
    routes = [
        lilya_routing.Path("/direct/{id}", lilya_answer),
        lilya_routing.Include(
            "/api",
            routes=[
                lilya_routing.Path("/users/{id}", lilya_answer, methods=["POST"]),
                lilya_routing.Path("/users/{id}", lilya_answer),
                lilya_routing.Include("/v{n}", routes=[lilya_routing.Path("/deep/", lilya_answer)]),
                lilya_routing.WebSocketPath("/ws/{room}", lilya_talk),
            ],
        ),
        lilya_routing.Include("/api", routes=[lilya_routing.Path("/second", lilya_answer)]),
        lilya_routing.Include(
            "/tenants/{tenant}",
            app=ChildLilya(routes=[lilya_routing.Path("/leaf/{id:int}", lilya_answer)]),
        ),
        lilya_routing.Include("/outer", routes=[lilya_routing.Include("/in", app=foreign)]),
        lilya_routing.Include("/foreign", app=foreign),
        lilya_routing.Include(
            "/posted", routes=[lilya_routing.Path("/only", lilya_answer, methods=["POST"])]
        ),
    ]
    app: App = Lilya(routes=routes)
    return app


def hosts() -> App:
    """A host before all paths."""
    inner = Lilya(routes=[lilya_routing.Path("/hosted/{id}", lilya_answer)])
    app: App = Lilya(routes=[lilya_routing.Host("127.0.0.1", app=inner)])
    return app


def lilya_answer(request: Any) -> str:
    """Answer."""
    return "found"


async def lilya_talk(websocket: Any) -> None:
    """Accept, and close."""
    await websocket.accept()
    await websocket.close()


@ravyn_get("/")  # type: ignore[untyped-decorator]  # it has no types
async def ravyn_answer() -> str:
    """Answer."""
    return "found"


@ravyn_get("/own/{n}")  # type: ignore[untyped-decorator]  # the same
async def ravyn_own(n: str) -> str:
    """Answer below a path of its own."""
    return n


def ravyn() -> App:
    """The same in short."""
    routes: list[Any] = [
        Gateway("/direct/{id}", handler=ravyn_answer),
        Include(
            "/api",
            routes=[
                Gateway("/users/{id}", handler=ravyn_answer),
                Gateway(handler=ravyn_own),
                Include("/v{n}", routes=[Gateway("/deep/", handler=ravyn_answer)]),
            ],
        ),
        Include(
            "/tenants/{tenant}",
            app=ChildRavyn(routes=[Gateway("/leaf/{id:int}", handler=ravyn_answer)]),
        ),
    ]
    app: App = Ravyn(routes=routes)
    return app


async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
    """Be an app of no framework."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize("root_path", ["", "/shop"])
@pytest.mark.parametrize(
    ("make", "target", "expected"),
    [
        (lilya, "/direct/7", "/direct/{id}"),
        (lilya, "/api/users/7", "/api/users/{id}"),
        (lilya, "/posted/only", "/posted/only"),
        (lilya, "/api/v2/deep", "/api/v{n}/deep"),
        (lilya, "/api/second", "/api/second"),
        (lilya, "/api/none", None),
        (lilya, "/tenants/a/leaf/7", "/tenants/{tenant}/leaf/{id}"),
        (lilya, "/outer/in/anything", "/outer/in/{path}"),
        (lilya, "/foreign/anything", "/foreign/{path}"),
        (hosts, "/hosted/7", "/hosted/{id}"),
        (lilya, "/none", None),
        (ravyn, "/direct/7", "/direct/{id}"),
        (ravyn, "/api/users/7", "/api/users/{id}"),
        (ravyn, "/api/own/7", "/api/own/{n}"),
        (ravyn, "/api/v2/deep", "/api/v{n}/deep"),
        (ravyn, "/api/none", None),
        (ravyn, "/tenants/a/leaf/7", "/tenants/{tenant}/leaf/{id}"),
    ],
)
async def test_includes_of_lilya_and_ravyn_are_part_of_the_route(
    make: Any, target: str, root_path: str, expected: str | None
) -> None:
    """They leave the outermost one in the scope."""
    assert expected == await route_of(make(), root_path + target, root_path=root_path)


async def test_a_websocket_in_an_include_has_its_route() -> None:
    """By its own kind of route."""
    seen: list[str | None] = []
    app = lilya()

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        seen.append(find_route(scope))

    await connect(outer, "/api/ws/7")

    assert ["/api/ws/{room}"] == seen


@pytest.mark.parametrize("key", ["path_template", "route_path_template"])
def test_templates_in_the_scope(key: str) -> None:
    """Litestar; Lilya and Ravyn."""
    assert find_route({"type": "http", key: "/users/{id}"}) == "/users/{id}"
