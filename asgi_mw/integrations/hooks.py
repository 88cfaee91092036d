"""What the hooks of several frameworks share: the whole template of a route, the right app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.connection import KEY, Connection, set_route
from asgi_mw.errors import Problems
from asgi_mw.routes import find_route

if TYPE_CHECKING:
    from asgi_mw.types import Scope


def set_mounted_route(scope: Scope, template: str) -> None:
    """Like `asgi_mw.set_route`, for a framework that routes below ``root_path``.

    Where the app is mounted in another, the template of the mount goes before *template*.
    The ``root_path`` that the server gave is no part of it.

    >>> scope = {"type": "http", "root_path": "/api"}
    >>> scope[KEY] = Connection({"type": "http"})
    >>> set_mounted_route(scope, "/users/{id}")
    >>> scope[KEY].route
    '/api/users/{id}'
    """
    found = scope.get(KEY)
    if isinstance(found, Connection):
        mounted = (scope.get("root_path") or "").removeprefix(found.root_path)
        if mounted:
            # Starlette knows the template of its mount, which may have parameters
            outer = find_route(scope, found.root_path) or mounted
            template = outer.removesuffix("/{path}") + template
        set_route(scope, template)


def check_app(app: object, framework: str, *needed: str) -> None:
    """Check that *app* is one of *framework*, by the attributes that the hook needs.

    An app in layers has them as well, because layers hand attributes through.

    Raises:
        ConfigError: It is not.
    """
    missing = [name for name in needed if not hasattr(app, name)]
    if missing:
        problems = Problems("route_hook")
        mend = "give the framework's own app"
        problems.add("app", app, f"is no app of {framework}, it has no {missing[0]}", mend)
        problems.check()
