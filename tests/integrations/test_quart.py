"""The layers round a Quart app learn its routes, and what it swallows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from quart import Blueprint, Quart, websocket
from starlette.applications import Starlette
from starlette.routing import Mount

from asgi_mw import ConfigError, open_store, record, timing
from asgi_mw.integrations.quart import route_hook
from asgi_mw.testing import websocket as play
from examples.raw_app import app as raw_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    RouteOf = Callable[..., Awaitable[tuple[str | None, int | None]]]
    SwallowedBy = Callable[..., Awaitable[tuple[int | None, str | None]]]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


def shop() -> Any:
    """Make an app with a route, one that fails, nested blueprints and a WebSocket."""
    app = Quart(__name__)
    inner, outer = Blueprint("inner", __name__), Blueprint("outer", __name__)

    @app.get("/users/<int:number>")
    @inner.get("/items/<name>")
    async def answer(**values: object) -> str:
        return "found"

    @app.get("/crash/<name>")
    async def crash(name: str) -> str:
        raise KeyError(name)

    @app.websocket("/ws/<room>")
    async def talk(room: str) -> None:
        await websocket.accept()

    outer.register_blueprint(inner, url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/outer")
    route_hook(app)
    return app


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/users/7", ("/users/<int:number>", 200)),
        ("HEAD", "/users/7", ("/users/<int:number>", 200)),
        ("GET", "/outer/inner/items/a%20b", ("/outer/inner/items/<name>", 200)),
        ("GET", "/crash/x", ("/crash/<name>", 500)),
        ("GET", "/users/seven", (None, 404)),
        ("DELETE", "/users/7", (None, 405)),
    ],
)
async def test_the_route_is_the_rule(
    route_of: RouteOf, method: str, target: str, expected: tuple[str | None, int]
) -> None:
    """Whole, with the prefixes of blueprints; none where no rule matches."""
    assert expected == await route_of(shop(), target, method)


async def test_a_websocket_has_its_rule(route_of: RouteOf) -> None:
    """As a request."""
    assert ("/ws/<room>", None) == await route_of(shop(), "/ws/7", ws=True)


async def test_the_template_of_a_mount_goes_before(route_of: RouteOf) -> None:
    """With its parameter, not with the value of it."""
    app = Starlette(routes=[Mount("/shops/{shop}", shop())])

    assert ("/shops/{shop}/users/<int:number>", 200) == await route_of(app, "/shops/a/users/7")


async def test_the_root_path_of_the_server_is_no_part_of_it(route_of: RouteOf) -> None:
    """It is known to the server alone."""
    found = await route_of(shop(), "/public/users/7", root_path="/public")

    assert ("/users/<int:number>", 200) == found


async def test_what_is_no_app_of_it_is_refused(anyio_backend: str) -> None:
    """The message says what to give."""
    with pytest.raises(ConfigError, match=r"is no app of Quart.*give the framework's own app"):
        route_hook(timing(raw_app))  # type: ignore[arg-type]  # the mistake


async def test_what_it_swallows_is_told(swallowed_by: SwallowedBy) -> None:
    """A crash by its exception; nothing of an answer."""
    app = shop()

    assert (500, "KeyError: 'x'") == await swallowed_by(app, "/crash/x")
    assert (404, None) == await swallowed_by(app, "/users/seven")


async def test_what_a_websocket_swallows_is_told(anyio_backend: str) -> None:
    """Quart closes with 1011 for it."""
    app = Quart(__name__)

    @app.websocket("/ws")
    async def fail() -> None:
        await websocket.accept()
        raise KeyError("x")

    route_hook(app)
    store = open_store("memory:")
    await play(record(app, store=store), "/ws", messages=())

    [exchange] = store.exchanges()
    assert (exchange.outcome, exchange.error and exchange.error.type) == ("complete", "KeyError")
