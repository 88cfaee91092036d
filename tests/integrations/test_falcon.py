"""The layers round a Falcon app learn its routes, and what it swallows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from falcon.asgi import App
from starlette.applications import Starlette
from starlette.routing import Mount

from asgi_mw import ConfigError, timing
from asgi_mw.integrations.falcon import route_hook
from examples.raw_app import app as raw_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    RouteOf = Callable[..., Awaitable[tuple[str | None, int | None]]]
    SwallowedBy = Callable[..., Awaitable[tuple[int | None, str | None]]]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


class Found:
    """Answers requests and WebSockets."""

    async def on_get(self, request: Any, response: Any, **values: object) -> None:
        """Be found."""
        response.text = "found"

    async def on_websocket(self, request: Any, websocket: Any, **values: object) -> None:
        """Be found."""
        await websocket.accept()


class Crash:
    """Fails."""

    async def on_get(self, request: Any, response: Any, name: str) -> None:
        """Fail."""
        raise KeyError(name)


def shop() -> Any:
    """Make an app with a route, one that fails, and a sink."""
    app: Any = App()
    app.add_route("/users/{number:int}", Found())
    app.add_route("/crash/{name}", Crash())
    app.add_route("/shops/a/users/{number:int}", Found())
    app.add_sink(Found().on_get, "/sink")
    route_hook(app)
    return app


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/users/7", ("/users/{number:int}", 200)),
        ("DELETE", "/users/7", ("/users/{number:int}", 405)),
        ("GET", "/crash/x", ("/crash/{name}", 500)),
        ("GET", "/users/seven", (None, 404)),
        ("GET", "/sink/a", (None, 200)),
    ],
)
async def test_the_route_is_the_template(
    route_of: RouteOf, method: str, target: str, expected: tuple[str | None, int]
) -> None:
    """None where no resource is found."""
    assert expected == await route_of(shop(), target, method)


async def test_a_websocket_has_its_template(route_of: RouteOf) -> None:
    """As a request."""
    assert ("/users/{number:int}", None) == await route_of(shop(), "/users/7", ws=True)


async def test_the_template_is_the_whole_one_below_a_mount(route_of: RouteOf) -> None:
    """Falcon's routes are of the whole path."""
    app = Starlette(routes=[Mount("/shops/a", shop())])

    assert ("/shops/a/users/{number:int}", 200) == await route_of(app, "/shops/a/users/7")


async def test_what_is_no_app_of_it_is_refused(anyio_backend: str) -> None:
    """The message says what to give."""
    with pytest.raises(ConfigError, match="is no app of Falcon"):
        route_hook(timing(raw_app))  # type: ignore[arg-type]  # the mistake


async def test_what_it_swallows_is_told(swallowed_by: SwallowedBy) -> None:
    """A crash by its exception; nothing of an answer."""
    app = shop()

    assert (500, "KeyError: 'x'") == await swallowed_by(app, "/crash/x")
    assert (404, None) == await swallowed_by(app, "/users/seven")


async def test_a_reporter_that_was_there_is_still_called(swallowed_by: SwallowedBy) -> None:
    """With all that Falcon tells it."""
    seen: list[tuple[object, ...]] = []
    app: Any = App()
    app.add_route("/crash/{name}", Crash())
    app.set_error_reporter(lambda _, *told: seen.append(told))
    route_hook(app)

    assert (500, "KeyError: 'x'") == await swallowed_by(app, "/crash/x")
    [(error, params, handled)] = seen
    assert (type(error), params, handled) == (KeyError, {"name": "x"}, True)
