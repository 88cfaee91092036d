"""Put layers into a framework's app, outside its error handling; it stays the same object."""

from __future__ import annotations

import inspect
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from asgi_mw.calls import checked, mend_of
from asgi_mw.chains import INSTALLED, PART_OF, name_of, peek, walk, why_no_app
from asgi_mw.errors import ConfigError, Problems
from asgi_mw.layers import layers_first, stack
from asgi_mw.presets import production
from asgi_mw.wrapped import ANNOTATIONS, Wrapped, bare

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from asgi_mw.layers import Factory, Layer
    from asgi_mw.presets import Choice
    from asgi_mw.types import A, App, Receive, Scope, Send

    # Puts layers around the app inside a framework's object
    Wrap = Callable[[App], App]

_OUTSIDE = "put them around it: app = production(app), or stack(app, ...)"


class Options(TypedDict, total=False):
    """The options of :func:`~asgi_mw.production`."""

    allow_origins: Iterable[str]
    trusted_proxies: Iterable[str]
    skip: Callable[[Scope], bool] | Iterable[str]
    tracing: Choice
    request_id: Choice
    access_log: Choice
    timing: Choice
    cors: Choice
    compression: Choice
    decompression: Choice
    server_error: Choice


@checked
def install(app: A, *layers: Layer | Factory, **options: Unpack[Options]) -> A:
    """Put the recommended stack into *app*, and return that same *app*.

    It uses the same layers as :func:`~asgi_mw.production`, but puts them into the framework's app
    object, outside everything of the framework, its error handling included.  So a 500 of the
    framework has an id, CORS headers and a log line, too.  And everything that needs an app of
    the framework (``@app.get``, ``fastapi run``, ``litestar run``, a test client) still finds it.

    You can add routes and framework middleware afterwards.  Call it once, before the first
    request.  Frameworks that do not show the route (Nexios, Quart, Falcon, BlackSheep, Sanic) get
    a hook that does.  The same hook, and one for Django, reports exceptions that the framework
    answers itself.

    Where the layers go: for Starlette, FastAPI and Lilya into ``build_middleware_stack``, for
    Quart into ``asgi_app``, for Django into ``handle``, which only sees requests.  All other
    objects, such as Litestar's and Nexios', get their own subclass of the framework's class,
    which is called through the layers.

    Args:
        app: The object that the framework made.
        layers: What to use instead of the recommended stack, outermost first, as in
            :func:`~asgi_mw.stack`.
        options: Of :func:`~asgi_mw.production`, if no layers are given.

    Raises:
        ConfigError: *app* is not such an object, already has layers, or is an app of Starlette or
            its relatives that already serves; or an option cannot be right.

    >>> from asgi_mw import explain
    >>> from starlette.applications import Starlette
    >>> app = Starlette()
    >>> install(app, tracing=False, compression=False, decompression=False) is app
    True
    >>> print(explain(app))
    request_id()
    access_log()
    timing()
    server_error()
    Starlette
    """
    problems = Problems("install")
    if layers and options:
        mend = "give the layers their own, as layer(cors, allow_origins=[...]), or leave layers out"
        problems.add("options", sorted(options), "are those of the recommended stack", mend)
    layers_first(problems, app, layers, "install")
    problems.check()
    place = _place_of(app, problems)
    problems.check()

    def wrap(inside: App) -> App:
        try:
            return stack(inside, *layers) if layers else production(inside, **options)
        except ConfigError as error:
            if error.where not in {"stack", "production"}:
                raise
            meant = tuple(
                replace(one, mend=one.mend.replace("stack(app,", "install(app,"))
                for one in error.problems
            )
            raise ConfigError("install", meant) from None

    place(app, wrap)
    _hook(app)
    return app


def _place_of(app: object, problems: Problems) -> Callable[[Any, Wrap], None]:
    """The function that puts layers into *app*; if *app* takes none, *problems* gets the reason."""
    reason, advice = "", _OUTSIDE
    place: Callable[[Any, Wrap], None] = _into_class
    if isinstance(app, Wrapped):
        reason, advice = "has layers around it already", "install before, or use stack()"
    elif peek(app, INSTALLED) is not None:
        reason, advice = "has layers installed already", "give all of them in one call"
    elif reason := why_no_app(app):
        advice = mend_of(app, "give the object that the framework made")
    elif callable(peek(app, "build_middleware_stack")):
        place = _into_builder
        if peek(app, "middleware_stack") is not None:
            reason, advice = "has built its middleware already", f"install before, or {_OUTSIDE}"
    elif _is_of(app, "quart"):
        place = partial(_into_method, "asgi_app")  # as its documentation says
    elif peek(type(app).__call__, "__module__") == "django.core.handlers.asgi":
        place = partial(_into_method, "handle")  # all but requests were refused before
    elif not inspect.iscoroutinefunction(type(app).__call__):
        reason = "is no object of a framework, which could take layers"
    if reason:
        problems.add("app", app, reason, advice)
    return place


def _into_builder(app: Any, wrap: Wrap) -> None:
    """Put layers into an app such as Starlette's, which builds its chain at its first call."""
    build = app.build_middleware_stack
    chain: App

    def inside(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return chain(scope, receive, send)

    wrapped = wrap(_part_of(app, inside))

    def build_middleware_stack() -> App:
        nonlocal chain
        chain = vars(inside)["__wrapped__"] = build()
        return wrapped

    app.build_middleware_stack = build_middleware_stack
    setattr(app, INSTALLED, wrapped)


def _into_method(name: str, app: Any, wrap: Wrap) -> None:
    """Put layers into a method that is called on the object, as in Quart and Django."""
    method = getattr(app, name)

    def inside(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        called: Awaitable[None] = method(scope, receive, send)
        return called

    vars(inside)["__wrapped__"] = method
    wrapped = wrap(_part_of(app, inside))
    setattr(app, name, wrapped)
    setattr(app, INSTALLED, wrapped)


def _into_class(app: Any, wrap: Wrap) -> None:
    """Put layers into any other object: Python looks up ``__call__`` only on the class."""
    kind: Any = type(app)

    def inside(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        called: Awaitable[None] = kind.__call__(app, scope, receive, send)
        return called

    wrapped = wrap(_part_of(app, inside))
    outermost, _ = bare(wrapped)

    async def __call__(self: object, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: N807  # it becomes one
        # Another object of this class, such as a copy, is a separate app without layers
        called: App = outermost if self is app else partial(kind.__call__, self)
        await called(scope, receive, send)

    def __reduce_ex__(self: object, protocol: Any) -> Any:  # noqa: N807  # the same
        reduced = kind.__reduce_ex__(self, protocol)
        if isinstance(reduced, str):
            return reduced
        how, args, *rest = reduced
        return (_made, (how, *[kind if one is below else one for one in args]), *rest)

    __call__.__annotations__ = ANNOTATIONS
    names = {
        "__call__": __call__,
        "__reduce_ex__": __reduce_ex__,
        INSTALLED: wrapped,
        "__slots__": (),
    }
    like = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
    try:
        below = type(kind)(kind.__name__, (kind,), names | like)
    except TypeError as error:
        problems = Problems("install")
        problems.add("app", app, f"its class takes none below it ({error})", _OUTSIDE)
        raise ConfigError("install", tuple(problems.found)) from None
    # Past the class, which may refuse to set unknown attributes, as Sanic's does
    object.__setattr__(app, "__class__", below)


def _made(how: Callable[..., object], *args: object) -> object:
    """Copy an installed app by the framework's class, where pickle insists on the subclass."""
    return how(*args)


def _part_of(app: object, inside: App) -> App:
    """Let *inside* be shown as *app*, and what stands inside *app* as inside of it."""
    vars(inside)[PART_OF] = app
    inside.__name__ = name_of(app)
    return inside


def _is_of(app: object, framework: str) -> bool:
    return any(kind.__module__.partition(".")[0] == framework for kind in type(app).__mro__)


def hook(app: object) -> None:
    """Learn what frameworks in *app* do not show: the route, and exceptions that they answer.

    This is for layers that stand around an app, without :func:`install`.  It does nothing where
    ``install`` has set the hook already, or where there is no such framework.  A framework that
    refuses the hook goes without.
    """
    for one in walk(app):
        if peek(one, INSTALLED) is None:
            with suppress(Exception):  # somebody else's code: if it fails, the app is served anyway
                _hook(one)


def _hook(app: object) -> None:
    for framework in ("nexios", "quart", "falcon", "blacksheep", "sanic"):
        if _is_of(app, framework):
            import_module(f"asgi_mw.integrations.{framework}").route_hook(app)
    if "django.core.handlers.asgi" in sys.modules:  # inside another app, as with channels
        import_module("asgi_mw.integrations.django").error_hook()
