"""What can be called as an app is one, and what is none is said as far as it can be known."""

from __future__ import annotations

import abc
import functools
import unittest.mock
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Router

from asgi_mw import ConfigError, layer, production, record, stack, timing
from asgi_mw.chains import why_no_app
from asgi_mw.prometheus import metrics_app
from asgi_mw.testing import request, websocket

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from asgi_mw.types import App, Receive, Scope, Send


class Page(HTTPEndpoint):
    """A class that Starlette documents as an app."""

    async def get(self, asked: Any) -> PlainTextResponse:
        """Answer a GET."""
        return PlainTextResponse("page")


class Talk(WebSocketEndpoint):
    """The same for WebSockets."""

    encoding = "text"

    async def on_receive(self, websocket: Any, data: Any) -> None:
        """Say it again."""
        await websocket.send_text(data)


class Own:
    """An app of nobody's framework."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send = send

    def __await__(self) -> Generator[Any, None, None]:
        """Answer."""
        return self._answer().__await__()

    async def _answer(self) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": []})
        await self._send({"type": "http.response.body", "body": b"page"})


class Made(type):
    """Calls of its classes are anything."""

    def __call__(cls, *arguments: Any) -> Any:
        """Be an app."""
        return Own(*arguments)


class ByItsType(metaclass=Made):
    """An app, since its type says so."""


class ByNew:
    """An app, since it makes something else."""

    def __new__(cls, scope: Scope, receive: Receive, send: Send) -> Any:
        """Make it."""
        return Own(scope, receive, send)


class Bound:
    """Has a method that is an app."""

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an app."""
        await Own(scope, receive, send)


@pytest.mark.anyio
@pytest.mark.parametrize("app", [Page, Own, ByItsType, ByNew, Bound().app])
async def test_a_class_is_an_app_if_it_is_called_as_one(app: App) -> None:
    """By every layer."""
    layered = record(production(app))

    assert b"page" == (await request(layered)).body
    assert b"page" == (await request(metrics_app(stack(app, timing)))).body


@pytest.mark.anyio
async def test_a_class_is_an_app_of_websockets() -> None:
    """Through the same layers."""
    result = await websocket(record(production(Talk)), messages=["hello"])

    assert ["hello"] == result.texts


class Middleware:
    """Takes as many arguments as an app."""

    def __init__(self, app: App, first: int = 1, second: int = 2) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand it on."""
        await self.app(scope, receive, send)


class Abstract(Middleware, metaclass=abc.ABCMeta):
    """The same, of another type."""


class Consumer:
    """As those of Channels, of which ``as_asgi`` makes apps."""

    def __init__(self, *arguments: object) -> None:
        pass

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Consume."""


class OfBefore:
    """An app of ASGI 2."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Answer."""


def make_app() -> App:
    """Be a factory."""
    return Starlette()


def wrap(app: App, *, level: int = 1) -> App:
    """Be a middleware."""
    return app


_CLASS = "is a class whose instances cannot be awaited: it is no ASGI app"
_SHAPE = "does not take (scope, receive, send): it is no ASGI app"
_OURS = "is a middleware and no ASGI app"


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        (Middleware, _CLASS),
        (Abstract, _CLASS),
        (Consumer, _CLASS),
        (GZipMiddleware, _CLASS),
        (functools.partial(GZipMiddleware), _CLASS),
        (OfBefore, _SHAPE),
        (make_app, _SHAPE),
        (wrap, _SHAPE),
        (layer(timing), _SHAPE),
        (lambda: None, _SHAPE),
        (timing, _OURS),
        (production, _SHAPE),
        (functools.partial(timing, metric="web"), _OURS),
        ("app", "is no ASGI app"),
        (None, "is no ASGI app"),
    ],
)
@pytest.mark.parametrize("wraps", [stack, production, timing, record, metrics_app])
def test_what_is_no_app_is_said(thing: Any, reason: str, wraps: Callable[[Any], App]) -> None:
    """By whatever is put round it, before the first request."""
    if thing is None and wraps is metrics_app:
        return  # the page alone
    with pytest.raises(ConfigError) as caught:
        wraps(thing)

    assert reason == caught.value.problems[0].reason


def test_a_layer_that_makes_no_app_is_said() -> None:
    """It returned a class, and the app is lost."""

    def forgets(app: App) -> Any:
        return Middleware

    with pytest.raises(ConfigError, match="which is a class whose instances cannot be awaited"):
        stack(Own, forgets)


class Unknown:
    """Does not tell what it takes."""

    @property
    def __signature__(self) -> Any:
        raise RuntimeError("working outside of application context")

    async def __call__(self, *arguments: Any) -> None:
        """Be called."""


@pytest.mark.parametrize(
    "thing",
    [Unknown(), unittest.mock.Mock(), Starlette(), Router(), functools.partial(Own)],
    ids=["unknown", "mock", "app", "router", "partial"],
)
def test_what_may_be_an_app_is_let_be(thing: Any) -> None:
    """Nobody is refused on a suspicion."""
    assert not why_no_app(thing)
