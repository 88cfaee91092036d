"""The five words fit the apps of every framework without a cast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.wsgi import WsgiToAsgi
from fastapi import FastAPI
from litestar import Litestar
from starlette.applications import Starlette

from asgi_mw import timing

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    """Do nothing."""


def test_an_app_of_each_framework_is_an_app() -> None:
    """A type checker accepts this list; at run time each of them can be wrapped."""
    apps: list[App] = [plain, Starlette(), FastAPI()]

    assert [callable(timing(app)) for app in apps] == [True] * len(apps)


def test_apps_with_narrower_types_can_be_wrapped_too() -> None:
    """Litestar and asgiref have scopes of their own: they are apps like any."""
    assert callable(timing(Litestar([])))
    assert callable(timing(WsgiToAsgi(lambda environ, start: [])))  # type: ignore[no-untyped-call]  # it has no types


def test_a_dict_is_a_scope_and_a_message() -> None:
    """What servers hand over is a dict."""
    scope: Scope = {"type": "http"}
    message: Message = {"type": "http.request"}

    assert (scope["type"], message["type"]) == ("http", "http.request")
