"""Show our layers what a Quart app keeps to itself: the route, and exceptions it swallows.

Call it once, before the first request::

    api = Quart(__name__)
    route_hook(api)
    app = tracing(api)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from asgi_mw.connection import note_error
from asgi_mw.integrations.hooks import check_app, set_mounted_route

if TYPE_CHECKING:
    from quart import Quart
    from quart.wrappers.base import BaseRequestWebsocket

    from asgi_mw.types import Scope


def route_hook(app: Quart) -> None:
    """Publish the rule of each request and WebSocket of *app*, blueprints with their prefix.

    A rule is like ``/users/<int:id>``.  If none matches, nothing is published.  Call this before
    you register your own ``before_request`` functions: after one that answers, Quart calls no
    others.  Unhandled exceptions are reported too, because Quart answers for them.

    Raises:
        ConfigError: *app* is no Quart app.
    """
    check_app(app, "Quart", "before_request", "before_websocket")
    from quart import (  # noqa: PLC0415  # only where there is a Quart app
        got_request_exception,
        got_websocket_exception,
        request,
        websocket,
    )

    async def before_request() -> None:
        _publish(request)

    async def before_websocket() -> None:
        _publish(websocket)

    async def request_failed(_: Quart, exception: Exception) -> None:
        note_error(cast("Scope", request.scope), exception)

    async def websocket_failed(_: Quart, exception: Exception) -> None:
        note_error(cast("Scope", websocket.scope), exception)

    got_request_exception.connect(request_failed, app, weak=False)
    got_websocket_exception.connect(websocket_failed, app, weak=False)
    app.before_request(before_request)
    app.before_websocket(before_websocket)


def _publish(connection: BaseRequestWebsocket) -> None:
    if connection.url_rule is not None:
        set_mounted_route(cast("Scope", connection.scope), connection.url_rule.rule)
