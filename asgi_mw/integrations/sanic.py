"""Show our layers the route of a Sanic app that is served by ASGI; it leaves none in the scope.

Call it once, before the app starts::

    api = Sanic("shop")
    route_hook(api)
    app = tracing(api)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.connection import set_route
from asgi_mw.integrations.hooks import check_app

if TYPE_CHECKING:
    from sanic import Sanic

_FIRST = 1000  # Sanic runs a higher priority earlier; 0 is usual


def route_hook(app: Sanic[Any, Any]) -> None:
    """Publish the template of each request and WebSocket of *app*, as ``/users/<id:int>``.

    Templates of blueprints include their prefix.  If no route matches, nothing is published.
    Under Sanic's own server it does nothing.

    Raises:
        ConfigError: *app* is no Sanic app.
    """
    check_app(app, "Sanic", "on_request")

    async def publish(request: Any) -> None:
        scope = getattr(request.transport, "scope", None)
        template = request.uri_template
        if scope is not None and template is not None:
            set_route(scope, template)  # Sanic routes by the whole path, below a mount too

    app.on_request(publish, priority=_FIRST)
