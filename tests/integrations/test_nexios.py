"""The layers round a Nexios app learn its routes, and what it swallows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nexios import NexiosApp
from nexios.routing import Group, Route, Router
from starlette.applications import Starlette
from starlette.routing import Mount

from asgi_mw import ConfigError, open_store, record, stack, timing
from asgi_mw.integrations.nexios import route_hook
from asgi_mw.testing import request
from examples.raw_app import app as raw_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw import Receive, Scope, Send

    RouteOf = Callable[..., Awaitable[tuple[str | None, int | None]]]
    SwallowedBy = Callable[..., Awaitable[tuple[int | None, str | None]]]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
    """Be an app of no framework."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


def shop() -> NexiosApp:
    """Make an app with a route, one that fails, nested routers, other apps, and a WebSocket."""
    app = NexiosApp()
    outer, inner = Router(prefix="/outer"), Router(prefix="/inner")
    other = NexiosApp()

    async def answer(request: Any, response: Any, **values: object) -> Any:
        return response.text("found")

    @app.get("/crash/{name}")
    async def crash(request: Any, response: Any, name: str) -> None:
        raise KeyError(name)

    async def talk(websocket: Any) -> None:
        await websocket.accept()

    app.ws_route("/ws/{room}")(talk)
    app.get("/users/{number:int}")(answer)
    app.get("/free/{path:path}")(answer)
    inner.get("/items/{name}")(answer)
    other.get("/leaf/{name}")(answer)
    outer.mount_router(inner)
    app.mount_router(outer)
    app.router.add_route(Group(path="/other", app=other))
    app.router.add_route(Group(path="/foreign", app=foreign))
    route_hook(app)
    app.router.add_route(Group(path="/group", routes=[Route("/late/{name}", answer)]))
    return app


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/users/7", ("/users/{number:int}", 200)),
        ("HEAD", "/users/7", ("/users/{number:int}", 200)),
        ("GET", "/free/a/b/c", ("/free/{path:path}", 200)),
        ("GET", "/outer/inner/items/a%20b", ("/outer/inner/items/{name}", 200)),
        ("GET", "/other/leaf/a", ("/other/leaf/{name}", 200)),
        ("GET", "/group/late/a", ("/group/late/{name}", 200)),
        ("GET", "/crash/x", ("/crash/{name}", 500)),
        ("DELETE", "/users/7", ("/users/{number:int}", 405)),
        ("GET", "/users/seven", (None, 404)),
        ("GET", "/outer/nothing", (None, 404)),
        ("GET", "/foreign/a", (None, 200)),
    ],
)
async def test_the_route_is_the_path_of_it(
    route_of: RouteOf, method: str, target: str, expected: tuple[str | None, int]
) -> None:
    """Whole, with the prefixes of routers; none where no route of Nexios matches."""
    assert expected == await route_of(shop(), target, method)


async def test_a_websocket_has_its_path(route_of: RouteOf) -> None:
    """As a request."""
    assert ("/ws/{room}", None) == await route_of(shop(), "/ws/7", ws=True)


async def test_the_template_of_a_mount_goes_before(route_of: RouteOf) -> None:
    """With its parameter, not with the value of it."""
    app = Starlette(routes=[Mount("/shops/{shop}", shop())])

    assert ("/shops/{shop}/users/{number:int}", 200) == await route_of(app, "/shops/a/users/7")


async def test_what_is_no_app_of_it_is_refused(anyio_backend: str) -> None:
    """The message says what to give."""
    with pytest.raises(ConfigError, match="is no app of Nexios"):
        route_hook(timing(raw_app))  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("target", ["/users/7", "/users/none"])
async def test_a_layer_in_wrap_asgi_learns_it(target: str, first: bool) -> None:  # noqa: FBT001  # a parameter
    """Whether it was put there before the hook or after."""
    store = open_store("memory:")
    app: Any = NexiosApp()

    @app.get("/users/{number:int}")  # type: ignore[untyped-decorator]  # of Any
    async def user(request: Any, response: Any, number: int) -> Any:
        return response.text("found")

    if first:
        app.wrap_asgi(record, store=store)
    route_hook(app)
    if not first:
        app.wrap_asgi(record, store=store)
    await request(app, target=target)
    (exchange,) = store.exchanges()

    assert ("/users/{number:int}" if target == "/users/7" else None) == exchange.route


async def test_what_stands_inside_the_hook_is_seen(anyio_backend: str) -> None:
    """A second one of a layer would not be noticed otherwise."""
    app: Any = NexiosApp()
    app.wrap_asgi(timing)
    route_hook(app)

    with pytest.raises(ConfigError, match="twice"):
        stack(app, timing)


async def test_what_it_swallows_is_told(swallowed_by: SwallowedBy) -> None:
    """A crash by its exception; nothing of an answer."""
    app = shop()

    assert (500, "KeyError: 'x'") == await swallowed_by(app, "/crash/x")
    assert (404, None) == await swallowed_by(app, "/users/seven")


@pytest.mark.parametrize("layered", [False, True], ids=["plain", "in layers"])
async def test_what_a_mounted_app_swallows_is_told(
    swallowed_by: SwallowedBy,
    layered: bool,  # noqa: FBT001  # a parameter
) -> None:
    """It has an error handler of its own; the second request finds it hooked."""
    app: Any = NexiosApp()
    mounted: Any = shop()
    mounted = stack(mounted, timing) if layered else mounted
    app.router.add_route(Group(path="/shops", app=mounted))
    route_hook(app)

    for _ in range(2):
        assert (500, "KeyError: 'x'") == await swallowed_by(app, "/shops/crash/x")
        assert (404, None) == await swallowed_by(app, "/shops/users/seven")


async def test_what_an_app_in_a_mounted_one_swallows_is_told(swallowed_by: SwallowedBy) -> None:
    """However deep it is, without a hook of its own."""
    outer, middle, inner = NexiosApp(), NexiosApp(), NexiosApp()

    @inner.get("/crash/{name}")
    async def crash(request: Any, response: Any, name: str) -> None:
        raise KeyError(name)

    middle.router.add_route(Group(path="/inner", app=inner))
    outer.router.add_route(Group(path="/middle", app=middle))
    route_hook(outer)

    assert (500, "KeyError: 'x'") == await swallowed_by(outer, "/middle/inner/crash/x")
