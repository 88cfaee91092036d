"""An app in layers: it is called as one, and every other attribute is that of the app inside."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from asgi_mw.chains import name_of, peek

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

ANNOTATIONS: dict[str, object] = {
    "scope": MutableMapping[str, Any],
    "receive": Callable[[], Awaitable[MutableMapping[str, Any]]],
    "send": Callable[[MutableMapping[str, Any]], Awaitable[None]],
    "return": None,
}
"""Annotations of an app as objects: Litestar reads those of a function that it mounts."""


class Wrapped:
    """*app* with its layers around *inside*, to which it hands attributes through.

    So ``app.state``, ``app.get`` and ``app.dependency_overrides`` of a framework keep working,
    read and set.  Names with two underscores are those of the outermost layer.  ``isinstance``
    says what is true: this is no app of the framework.

    A call costs what the call of a function costs: the slot ``__call__`` holds that function.
    Servers that read the slot, to see whether it is a coroutine function, get the function itself.

    >>> async def app(scope, receive, send): ...
    >>> app.state = {"db": 1}
    >>> async def layer(scope, receive, send): await app(scope, receive, send)
    >>> Wrapped(layer, app).state
    {'db': 1}
    """

    __slots__ = ("__call__", "__inside__", "__weakref__")

    if TYPE_CHECKING:  # at run time they would get in the way of the slots, as an annotation would

        @property
        def __inside__(self) -> Any:
            """What all the layers are around."""

        def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            """Serve a connection."""

    def __init__(self, app: App, inside: object) -> None:
        object.__setattr__(self, "__call__", app)
        object.__setattr__(self, "__inside__", inside)

    @property
    def __signature__(self) -> inspect.Signature:
        """Say what it takes."""
        return inspect.signature(self.__call__, follow_wrapped=False)

    def __copy__(self) -> Wrapped:
        """Be copied as a function is: not at all."""
        return self

    def __deepcopy__(self, memo: object) -> Wrapped:
        """The same."""
        return self

    def __getattr__(self, name: str) -> Any:
        """Look for what belongs to layers in the outermost layer, and for the rest in the app."""
        if name in self.__slots__:  # not set yet, as where somebody makes one without __init__
            raise AttributeError(name)
        return getattr(self.__call__ if _of_layers(name) else self.__inside__, name)

    def __setattr__(self, name: str, value: object) -> None:
        """Set it where :meth:`__getattr__` looks for it."""
        setattr(self.__call__ if _of_layers(name) else self.__inside__, name, value)

    def __delattr__(self, name: str) -> None:
        """Delete it there."""
        delattr(self.__call__ if _of_layers(name) else self.__inside__, name)

    def __dir__(self) -> list[str]:
        """Name the attributes of the app inside."""
        return dir(self.__inside__)

    def __repr__(self) -> str:
        """Say what wraps what."""
        made_by = peek(self.__call__, "__layer__") or name_of(self.__call__)
        return f"<{made_by} around {self.__inside__!r}>"


def bare(app: App) -> tuple[App, object]:
    """The outermost layer of *app* as a function, and what all its layers are around.

    >>> async def app(scope, receive, send): ...
    >>> bare(app) == (app, app)
    True
    """
    return (app.__call__, app.__inside__) if isinstance(app, Wrapped) else (app, app)


def _of_layers(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
