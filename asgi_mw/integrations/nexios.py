"""Show our layers what a Nexios app keeps to itself: the route, and exceptions it swallows.

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


# Mounted apps that are wrapped: each answers for the exceptions of its own handlers
_NOTED: WeakSet[NexiosApp] = WeakSet()


def route_hook(app: NexiosApp) -> None:
    """Publish the path of each request and WebSocket route of *app*, as ``/users/{id}``.

    Paths in routers, groups and mounted Nexios apps include their prefix.  If no route matches,
    nothing is published.  Exceptions that a handler raises are reported too, because the Nexios
    app of that handler answers for them.

    Nexios does not show which route it chose, so the ``match`` of each route is asked.  Layers
    around the app learn the route, and so do those that ``wrap_asgi`` gets before or after this.

    Raises:
        ConfigError: *app* is no Nexios app.
    """
    check_app(app, "Nexios", "wrap_asgi", "router")

    def publishing(inner: App) -> App:
        async def published(scope: Scope, receive: Receive, send: Send) -> None:
            if KEY not in scope:  # layers that wrap_asgi got before are inside
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
    """Wrap *inner*, inside the error handler of its app, to note what it raises."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await inner(scope, receive, send)
        except Exception as error:
            note_error(scope, error)
            raise

    vars(noted)["__wrapped__"] = inner
    return noted


def _template(router: Any, scope: Scope) -> str | None:
    """The template of the route that *router* will choose: the first full match, else partial."""
    partly = None
    for route in router.routes:
        name = route.match(scope)[0].name
        if name == "FULL":
            return _below(route, scope)
        if name == "PARTIAL" and partly is None:  # another method: 405
            partly = route.raw_path
    return partly


def _below(route: Any, scope: Scope) -> str | None:
    """The template of *route*, with its rest inside a mounted app, which is hooked as well."""
    inner = getattr(route, "_base_app", None)
    if inner is None:
        return str(route.raw_path)
    if hasattr(inner, "wrap_asgi") and inner not in _NOTED:
        _NOTED.add(inner)
        inner.wrap_asgi(_noting)
    inner = getattr(inner, "router", inner)
    if not hasattr(inner, "routes"):  # of another framework, which may publish its own route
        return None
    prefix: str = route.path
    path: str = scope["path"]
    # As nexios.routing.grouping.Group.handle does
    if path.startswith(prefix):
        root_path = scope.get("root_path", "") + prefix
        scope = {**scope, "path": path[len(prefix) :] or "/", "root_path": root_path}
    leaf = _template(inner, scope)
    return None if leaf is None else prefix + leaf
