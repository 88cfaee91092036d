"""Tell our layers what a Nexios app keeps to itself: the route, and exceptions it swallows.

Call it once, before the first request::

    api = NexiosApp()
    route_hook(api)
    app = tracing(api)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from asgi_mw.connection import KEY, joined, note_error
from asgi_mw.integrations.hooks import check_app, set_mounted_route

if TYPE_CHECKING:
    from nexios import NexiosApp

    from asgi_mw.types import App, Receive, Scope, Send


# Mounted apps: each answers for what its own handlers raise
_NOTED: WeakSet[NexiosApp] = WeakSet()


def route_hook(app: NexiosApp) -> None:
    """Publish the path of each request and WebSocket route of *app*, as ``/users/{id}``.

    Routers, groups and mounted Nexios apps come with their prefix.  Where no route matches, there
    is none.  What a handler raises is told too: Nexios answers for it, each app for its own.

    Nexios tells nobody which route it chose, so it is looked up by the ``match`` of the routes.
    Layers learn it whether they are round the app, or were given to ``wrap_asgi`` before or after.

    Raises:
        ConfigError: *app* is no Nexios app.
    """
    check_app(app, "Nexios", "wrap_asgi", "router")

    def publishing(inner: App) -> App:
        async def published(scope: Scope, receive: Receive, send: Send) -> None:
            if KEY not in scope:  # what wrap_asgi was given before is inside
                scope, _ = joined(scope)
            template = _template(app.router, scope)
            if template is not None:
                set_mounted_route(scope, template)
            await noted(scope, receive, send)

        noted = _noting(inner)
        vars(published)["__wrapped__"] = inner
        return published

    app.wrap_asgi(publishing)


def _noting(inner: App) -> App:
    """*inner*, inside the error handler of its app, so that what it raises becomes known."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await inner(scope, receive, send)
        except Exception as error:
            note_error(scope, error)
            raise

    vars(noted)["__wrapped__"] = inner
    return noted


def _template(router: Any, scope: Scope) -> str | None:
    """The template of the route that *router* will choose: the first whole match, else part."""
    partly = None
    for route in router.routes:
        name = route.match(scope)[0].name
        if name == "FULL":
            return _below(route, scope)
        if name == "PARTIAL" and partly is None:  # another method: 405
            partly = route.raw_path
    return partly


def _below(route: Any, scope: Scope) -> str | None:
    """The template of *route*, to its end in a mounted app, which is hooked as well."""
    inner = getattr(route, "_base_app", None)
    if inner is None:
        return str(route.raw_path)
    if hasattr(inner, "wrap_asgi") and inner not in _NOTED:
        _NOTED.add(inner)
        inner.wrap_asgi(_noting)
    inner = getattr(inner, "router", inner)
    if not hasattr(inner, "routes"):  # an app of another framework, which may leave its route
        return None
    prefix: str = route.path
    path: str = scope["path"]
    # As nexios.routing.grouping.Group.handle does
    if path.startswith(prefix):
        root_path = scope.get("root_path", "") + prefix
        scope = {**scope, "path": path[len(prefix) :] or "/", "root_path": root_path}
    leaf = _template(inner, scope)
    return None if leaf is None else prefix + leaf
