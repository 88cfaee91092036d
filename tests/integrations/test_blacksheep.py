"""The layers round a BlackSheep app learn its routes, and what it swallows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from blacksheep import (
    Application,
    Request,  # noqa: TC002  # BlackSheep reads the annotations of handlers
    Response,  # noqa: TC002  # the same
    Router,
    WebSocket,  # noqa: TC002  # the same
    text,
)

from asgi_mw import ConfigError, timing
from asgi_mw.integrations.blacksheep import route_hook
from examples.raw_app import app as raw_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    RouteOf = Callable[..., Awaitable[tuple[str | None, int | None]]]
    SwallowedBy = Callable[..., Awaitable[tuple[int | None, str | None]]]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


def shop(*, hooked: bool = True) -> Any:
    """Make an app with a route, one that fails, a prefixed router, and a WebSocket."""
    sub = Router(prefix="/sub")
    app = Application(router=Router(sub_routers=[sub]))

    @app.router.get("/users/{int:number}")
    @sub.get("/items/{name}")
    async def answer(request: Request) -> Response:
        return text("found")

    @app.router.get("/crash/{name}")
    async def crash(name: str) -> Response:
        raise KeyError(name)

    @app.router.ws("/ws/{room}")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()

    if hooked:
        route_hook(app)
    return app


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/users/7", ("/users/{int:number}", 200)),
        ("GET", "/sub/items/a%20b", ("/sub/items/{name}", 200)),
        ("GET", "/crash/x", ("/crash/{name}", 500)),
        ("GET", "/users/seven", (None, 404)),
        ("DELETE", "/users/7", (None, 404)),
    ],
)
async def test_the_route_is_the_pattern(
    route_of: RouteOf, method: str, target: str, expected: tuple[str | None, int]
) -> None:
    """Whole, with the prefix of a router; none where no route matches."""
    assert expected == await route_of(shop(), target, method)


async def test_a_websocket_has_its_pattern(route_of: RouteOf) -> None:
    """As a request."""
    assert ("/ws/{room}", None) == await route_of(shop(), "/ws/7", ws=True)


@pytest.mark.parametrize("starts", ["by itself", "before", "after"])
@pytest.mark.parametrize("hooked", ["both", "outer"])
async def test_the_prefix_of_a_mount_goes_before(
    route_of: RouteOf, swallowed_by: SwallowedBy, starts: str, hooked: str
) -> None:
    """Whoever starts the mounted app and when, and whether it has a hook of its own."""
    app: Any = Application(router=Router())
    app.mount_registry.auto_events = starts == "by itself"
    mounted = shop(hooked=hooked == "both")
    app.mount("/shops", mounted)
    app.mount("/raw", raw_app)
    route_hook(app)
    if starts == "before":
        await mounted.start()
    await app.start()
    await mounted.start()

    assert ("/shops/users/{int:number}", 200) == await route_of(app, "/shops/users/7")
    assert (500, "KeyError: 'x'") == await swallowed_by(app, "/shops/crash/x")


async def test_a_restart_hooks_nothing_twice(route_of: RouteOf) -> None:
    """As behind a lifespan that is run again."""
    app = shop()
    await app.start()
    handlers = [route.handler for route in app.router]
    await app.after_start.fire()

    assert handlers == [route.handler for route in app.router]
    assert ("/users/{int:number}", 200) == await route_of(app, "/users/7")


async def test_what_is_no_app_of_it_is_refused(anyio_backend: str) -> None:
    """The message says what to give."""
    with pytest.raises(ConfigError, match="is no app of BlackSheep"):
        route_hook(timing(raw_app))  # type: ignore[arg-type]  # the mistake


async def test_what_it_swallows_is_told(swallowed_by: SwallowedBy) -> None:
    """A crash by its exception; nothing of an answer."""
    app = shop()

    assert (500, "KeyError: 'x'") == await swallowed_by(app, "/crash/x")
    assert (404, None) == await swallowed_by(app, "/users/seven")
