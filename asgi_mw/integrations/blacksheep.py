"""Show our layers what a BlackSheep app keeps to itself: the route, and exceptions it swallows.

Call it once, before the app starts::

    api = Application()
    route_hook(api)
    app = tracing(api)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.connection import note_error
from asgi_mw.integrations.hooks import check_app, set_mounted_route

if TYPE_CHECKING:
    from blacksheep import Application
    from blacksheep.server.routing import Route


def route_hook(app: Application) -> None:
    """Publish the pattern of each request and WebSocket of *app*, as ``/users/{id}``.

    Patterns of routers include their prefix, and those of BlackSheep apps that are mounted in
    *app* include their path.  If no route matches, nothing is published.  Exceptions that a
    handler raises are reported too, because BlackSheep answers for them.

    Raises:
        ConfigError: *app* is no BlackSheep app.
    """
    check_app(app, "BlackSheep", "after_start", "router")
    done: list[Route] = []

    async def publish_routes(app: Application) -> None:
        # By now middleware wraps each handler; matching a second time would cost more
        for route in app.router:
            if route is not app.router.fallback and route not in done:
                done.append(route)
                route.handler = _publishing(route.handler, route.pattern.decode("utf-8"))
        for mount in app.mount_registry.mounted_apps:
            mounted = mount.handler
            if not hasattr(mounted, "mount_registry"):
                continue  # an app of another framework, which may publish its own route
            if mounted.started:
                await publish_routes(mounted)
            else:  # it is started later
                mounted.after_start += publish_routes

    app.after_start += publish_routes


def _publishing(handler: Any, template: str) -> Any:
    async def handle(connection: Any) -> Any:
        scope = connection.scope
        set_mounted_route(scope, template)
        try:
            return await handler(connection)
        except Exception as error:
            note_error(scope, error)
            raise

    return handle
