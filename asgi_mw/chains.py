"""See what stands inside an app: our layers, a framework's, the framework itself."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgi_mw.types import App

# Where layers and frameworks keep the app inside them
_INSIDE = ("__wrapped__", "middleware_stack", "app", "asgi_app", "asgi_handler", "application")
_DEEPEST = 100


def walk(app: object) -> list[App]:
    """*app* and what is inside it, as far as it can be seen, from outside in."""
    seen: list[App] = []
    while callable(app) and all(app is not one for one in seen) and len(seen) < _DEEPEST:
        seen.append(cast("App", app))
        inside = next(filter(callable, (peek(app, name) for name in _INSIDE)), None)
        if inspect.ismethod(inside) and any(inside.__self__ is one for one in seen):
            break  # the way back into an object that was seen
        app = inside
    return seen


def planned(app: object) -> list[tuple[Callable[..., App], Mapping[str, object]]]:
    """What a framework will put round its routes where :func:`walk` does not see it: with options.

    Starlette builds its chain when it is first called, Litestar one for each route.
    """
    if peek(app, "middleware_stack", app) is None:
        given = peek(app, "user_middleware", ())
        return [(one.cls, one.kwargs) for one in given]
    given = peek(app, "middleware")
    if not isinstance(given, (list, tuple)):
        return []
    return [
        (peek(one, "middleware", one), peek(one, "kwargs", {})) for one in given if callable(one)
    ]


def peek(thing: object, name: str, default: Any = None) -> Any:
    """An attribute of somebody else's object, which may raise anything when it is asked."""
    try:
        return getattr(thing, name, default)
    except Exception:  # noqa: BLE001  # a proxy that is not bound yet, a property that fails
        return default


def name_of(thing: object) -> str:
    """What to call a layer, a factory or an app.

    >>> name_of(functools.partial(walk))
    'walk'
    """
    while isinstance(thing, functools.partial):
        thing = thing.func
    name = peek(thing, "__name__")
    return name if isinstance(name, str) else type(thing).__name__
