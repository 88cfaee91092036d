"""Show our layers what a Falcon app keeps to itself: the route, and exceptions it swallows.

Call it once, before the first request::

    api = falcon.asgi.App()
    route_hook(api)
    app = tracing(api)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.chains import peek
from asgi_mw.connection import note_error, set_route
from asgi_mw.integrations.hooks import check_app

if TYPE_CHECKING:
    from falcon.asgi import App, Request


class _RouteMiddleware:
    """Falcon calls these once it found a resource; for a sink or a 404 it does not."""

    async def process_resource(self, request: Request, *_: object) -> None:
        """Note the route of a request."""
        self._publish(request)

    async def process_resource_ws(self, request: Request, *_: object) -> None:
        """Note the route of a WebSocket."""
        self._publish(request)

    def _publish(self, request: Request) -> None:
        # Falcon routes by the whole path, below a mount too
        if request.uri_template is not None:
            set_route(request.scope, request.uri_template)


def route_hook(app: App[Any, Any]) -> None:
    """Publish the template of each request and WebSocket of *app*, as ``/users/{id}``.

    Sinks, static routes and requests that no route matches have none.  From Falcon 4.4 on,
    exceptions are reported too, because Falcon answers for them.  A reporter that you gave to
    ``set_error_reporter`` before is still called; one that you give later replaces this one.

    Raises:
        ConfigError: *app* is no Falcon app.
    """
    check_app(app, "Falcon", "add_middleware", "add_route")
    app.add_middleware(_RouteMiddleware())
    if hasattr(app, "set_error_reporter"):
        before = peek(app, "_report_error")

        def report(req: Request, error: Exception, params: dict[str, Any], handled: bool) -> None:  # noqa: FBT001  # as Falcon calls it
            note_error(req.scope, error)
            if before is not None:
                before(req, error, params, handled)

        app.set_error_reporter(report)
