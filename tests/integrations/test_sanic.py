"""The layers round a Sanic app learn its routes, and what it swallows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sanic import Blueprint, Sanic
from sanic.response import text

from asgi_mw import ConfigError, timing
from asgi_mw.integrations.sanic import route_hook
from asgi_mw.testing import lifespan
from examples.raw_app import app as raw_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sanic.response import HTTPResponse

    RouteOf = Callable[..., Awaitable[tuple[str | None, int | None]]]
    SwallowedBy = Callable[..., Awaitable[tuple[int | None, str | None]]]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


@pytest.fixture
async def shop() -> AsyncIterator[Sanic[Any, Any]]:
    """Make an app with a route, one that fails, a blueprint with a prefix, and a WebSocket."""
    app: Sanic[Any, Any] = Sanic("shop", configure_logging=False)
    outer = Blueprint("outer", url_prefix="/outer")

    @app.get("/users/<number:int>")
    @outer.get("/items/<name>")
    async def answer(request: Any, **values: object) -> HTTPResponse:
        return text("found")

    @app.get("/crash/<name>")
    async def crash(request: Any, name: str) -> HTTPResponse:
        raise KeyError(name)

    async def talk(request: Any, ws: Any, room: str) -> None:
        await ws.recv()

    @app.on_request
    async def answer_first(request: Any) -> HTTPResponse | None:
        return text("first") if request.args.get("first") else None

    app.websocket("/ws/<room>")(talk)
    app.blueprint(outer)
    route_hook(app)
    await lifespan(app)
    yield app
    Sanic.unregister_app(app)


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/users/7", ("/users/<number:int>", 200)),
        ("GET", "/users/7?first=1", ("/users/<number:int>", 200)),
        ("GET", "/outer/items/a%20b", ("/outer/items/<name:str>", 200)),
        ("GET", "/crash/x", ("/crash/<name:str>", 500)),
        ("GET", "/users/seven", (None, 404)),
        ("DELETE", "/users/7", (None, 405)),
    ],
)
async def test_the_route_is_the_template(
    route_of: RouteOf,
    shop: Sanic[Any, Any],
    method: str,
    target: str,
    expected: tuple[str | None, int],
) -> None:
    """Whole, with the prefix of a blueprint; none where no route matches."""
    assert expected == await route_of(shop, target, method)


async def test_a_websocket_has_its_template(route_of: RouteOf, shop: Sanic[Any, Any]) -> None:
    """As a request."""
    assert ("/ws/<room:str>", None) == await route_of(shop, "/ws/7", ws=True)


async def test_what_is_no_app_of_it_is_refused(anyio_backend: str) -> None:
    """The message says what to give."""
    with pytest.raises(ConfigError, match="is no app of Sanic"):
        route_hook(timing(raw_app))  # type: ignore[arg-type]  # the mistake


async def test_what_it_swallows_is_told(swallowed_by: SwallowedBy, shop: Sanic[Any, Any]) -> None:
    """A crash by its exception; nothing of an answer."""
    app = shop

    assert (500, "KeyError: 'x'") == await swallowed_by(app, "/crash/x")
    assert (404, None) == await swallowed_by(app, "/users/seven")
