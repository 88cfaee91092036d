"""The in-process clients: each calls its app through a watcher, but still holds the app itself."""

from __future__ import annotations

import sys
from functools import wraps
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from asgi_mw.pytest_plugin.watched import Watched
from asgi_mw.seen import see

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import App

# For each client, the method that calls the app in its attribute "app"
_METHODS = (
    ("httpx", "ASGITransport", "handle_async_request"),
    ("httpx2", "ASGITransport", "handle_async_request"),
    ("httpx2.websockets", "ASGIWebSocketTransport", "handle_async_request"),
    ("starlette.testclient", "TestClient", "lifespan"),
    ("starlette.testclient", "_TestClientTransport", "handle_request"),
)


class Clients:
    """The clients that are imported by now.

    Args:
        around: Wraps an app; the wrapped one is called in its place.
    """

    def __init__(self, around: Callable[[App], App]) -> None:
        self._around = around
        self._were: dict[tuple[type, str], Any] = {}

    def patch(self) -> None:
        """Watch their apps from now on, including those of clients imported since the last call."""
        see(self._around)
        for module, name, method in _METHODS:
            self._replace(module, name, method, _with_twin)
        self._replace("asgiref.testing", "ApplicationCommunicator", "future", _swapping)

    def _replace(self, module: str, name: str, attribute: str, made: Callable[..., Any]) -> None:
        kind = getattr(sys.modules.get(module), name, None)
        if not isinstance(kind, type) or (kind, attribute) in self._were:
            return
        if (found := vars(kind).get(attribute)) is not None:
            self._were[kind, attribute] = found
            setattr(kind, attribute, made(found, self._around))

    def restore(self) -> None:
        """Leave all as they were."""
        see(None)
        for (kind, attribute), found in self._were.items():
            setattr(kind, attribute, found)
        self._were.clear()


def _with_twin(method: Callable[..., Any], around: Callable[[App], App]) -> Callable[..., Any]:
    """*method*, called on a copy of the client: the client itself keeps the app as it is."""

    def twin(client: Any) -> Any:
        held, kind = vars(client), type(client)
        app = held.get("app")
        if not callable(app) or isinstance(app, Watched) or not _is_copied_by_its_dict(kind):
            return client
        copied = object.__new__(kind)
        vars(copied).update(held, app=around(app))
        return copied

    @wraps(method)
    def called(client: Any, *args: Any, **kwargs: Any) -> Any:
        return method(twin(client), *args, **kwargs)

    @wraps(method)
    async def awaited(client: Any, *args: Any, **kwargs: Any) -> Any:
        return await method(twin(client), *args, **kwargs)

    # A mock of the method checks whether it is a coroutine function
    return awaited if iscoroutinefunction(method) else called


def _is_copied_by_its_dict(kind: type) -> bool:
    """Whether ``__dict__`` holds all of its state, and deleting the copy runs no code."""
    return not hasattr(kind, "__del__") and not any(
        vars(one).get("__slots__") for one in kind.__mro__
    )


def _swapping(future: property, around: Callable[[App], App]) -> property:
    """Wrap the property *future*, which calls the app when it is first read."""

    def called(client: Any) -> Any:
        app = client.application
        client.application = around(app)
        try:
            return future.__get__(client)
        finally:
            client.application = app

    return property(called)
