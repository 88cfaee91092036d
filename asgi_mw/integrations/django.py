"""Show our layers what a Django project keeps to itself: the route, and exceptions it swallows.

Put it first in the settings::

    MIDDLEWARE = ["asgi_mw.integrations.django.RouteMiddleware", ...]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from asgi_mw.connection import note_error
from asgi_mw.integrations.hooks import set_mounted_route

if TYPE_CHECKING:
    from collections.abc import Callable


def error_hook() -> None:
    """Report to layers the exceptions that Django answers for, anywhere in this process.

    :class:`RouteMiddleware` does this as well.  You can call it any number of times.
    """
    from django.core.signals import (  # type: ignore[import-untyped]  # noqa: PLC0415  # Django has no types
        got_request_exception,
    )

    # One receiver, however often it is connected
    got_request_exception.connect(_failed, weak=False, dispatch_uid=__name__)


class RouteMiddleware:
    """Publish the route of each request, as ``/users/<int:id>``, included ones with their prefix.

    If no route matches, nothing is published.  Unhandled exceptions are reported too, because
    Django answers for them.  Under WSGI it does nothing.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        error_hook()
        self._get_response = get_response
        asynchronous = iscoroutinefunction(get_response)
        # Django would run a plain function in a thread
        self.process_view = _aprocess_view if asynchronous else _process_view
        if asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """Hand *request* on."""
        return self._get_response(request)


def _process_view(request: Any, *_: object) -> None:
    """Note the route, now that it is known and before the view runs."""
    scope = getattr(request, "scope", None)
    if scope is not None:
        set_mounted_route(scope, "/" + request.resolver_match.route)


def _failed(request: Any, **_: object) -> None:
    """Note the exception that Django is about to answer for."""
    scope, error = getattr(request, "scope", None), sys.exception()
    if scope is not None and error is not None:
        note_error(scope, error)


async def _aprocess_view(request: Any, *view: object) -> None:
    _process_view(request, *view)
