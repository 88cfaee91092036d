"""See what stands inside an app: our layers, a framework's, the framework itself."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from asgi_mw.types import App

INSTALLED = "__installed__"
"""The attribute of a framework's app that holds the layers installed in it."""
PART_OF = "__part_of__"
"""The attribute of what these layers wrap that holds the framework's app."""
TAPPED = "__tapped__"
"""The attribute of a function that only looks between two layers: it holds the inner one."""
# Where layers and frameworks keep the app inside them
_INSIDE = (
    INSTALLED,
    "__wrapped__",
    "middleware_stack",
    "app",
    "asgi_app",
    "asgi_handler",
    "application",
)
_DEEPEST = 100


def walk(app: object) -> list[App]:
    """*app* and what is inside it, as far as it can be seen, from outside in."""
    seen: list[App] = []
    known: list[object] = []
    app = untapped(app)
    while callable(app) and all(app is not one for one in known) and len(seen) < _DEEPEST:
        seen.append(cast("App", app))
        known += app, peek(app, PART_OF)
        inside = next((untapped(one) for *_, one in kept(app) if callable(one)), None)
        if inspect.ismethod(inside) and any(inside.__self__ is one for one in seen):
            break  # the way back into an object that was seen
        app = inside
    return seen


def untapped(app: object) -> object:
    """*app* without what only looks at it."""
    while TAPPED in vars(type(app)):
        app = peek(app, TAPPED)
    return app


def kept(app: object) -> Iterator[tuple[object, str, object]]:
    """What may be the app inside *app*: the object that has it, its name there, and the app."""
    names: tuple[str, ...] = _INSIDE
    if (whole := peek(app, PART_OF)) is not None:
        yield app, "__wrapped__", peek(app, "__wrapped__")
        app, names = whole, _INSIDE[1:]
    yield from ((app, name, peek(app, name)) for name in names)


def planned(app: object) -> list[tuple[Callable[..., App], Mapping[str, object]]]:
    """What a framework will put around its routes, unseen by :func:`walk`, with its options.

    Starlette builds its chain when it is first called, Litestar one for each route.
    """
    whole = peek(app, PART_OF)
    if whole is not None:
        app = whole
    elif any(peek(app, name) is not None for name in (INSTALLED, "__wrapped__")):
        return []  # it shows attributes of the app inside, which is still to come
    if peek(app, "middleware_stack", app) is None:
        given = peek(app, "user_middleware", ())
        return [(one.cls, one.kwargs) for one in given]
    given = peek(app, "middleware")
    if not isinstance(given, (list, tuple)):
        return []
    return [
        (peek(one, "middleware", one), peek(one, "kwargs", {})) for one in given if callable(one)
    ]


def why_no_app(thing: object) -> str:
    """Why *thing* cannot be called as an ASGI app, as far as it can be known; empty if it may be.

    A class is an app if its instances are awaitable, as Starlette's ``HTTPEndpoint``.

    >>> why_no_app(walk), why_no_app("app")
    ('does not take (scope, receive, send): it is no ASGI app', 'is no ASGI app')
    """
    if not callable(thing):
        return "is no ASGI app"
    plain: Any = thing
    while isinstance(plain, functools.partial):
        plain = plain.func
    if peek(plain, "__rules__") is not None:
        return "is a middleware and no ASGI app"
    try:
        # Not the signature of what it wraps: a call reaches the outermost
        signature = inspect.signature(thing, follow_wrapped=False)
    except Exception:  # noqa: BLE001  # written in C, or a proxy of somebody else's: nobody knows
        return ""
    try:
        signature.bind("scope", "receive", "send")
    except TypeError:
        return "does not take (scope, receive, send): it is no ASGI app"
    usual = inspect.isclass(plain) and type(plain).__call__ is type.__call__
    if usual and plain.__new__ is object.__new__ and not hasattr(plain, "__await__"):
        return "is a class whose instances cannot be awaited: it is no ASGI app"
    return ""


def peek(thing: object, name: str, default: Any = None) -> Any:
    """An attribute of somebody else's object, which may raise anything when it is read."""
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
