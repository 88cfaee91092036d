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
"""What an app takes, as objects: Litestar asks a function that it mounts."""


class Wrapped:
    """*app* with its layers, which hands attributes through to what it *inside* wraps.

    So ``app.state``, ``app.get`` and ``app.dependency_overrides`` of a framework keep working,
    read and set.  Names with two underscores are those of the outermost layer.  ``isinstance``
    says what is true: this is no app of the framework.

    A call costs what the call of a function costs: the slot ``__call__`` holds that function, and
    who asks for it, as servers do to tell a coroutine function, gets it as it is.

    >>> async def app(scope, receive, send): ...
    >>> app.state = {"db": 1}
    >>> async def layer(scope, receive, send): await app(scope, receive, send)
    >>> Wrapped(layer, app).state
    {'db': 1}
    """

    __slots__ = ("__call__", "__inside__", "__weakref__")

    if TYPE_CHECKING:  # else they would stand in the way of the slots, as an annotation would

        @property
        def __inside__(self) -> Any:
            """What all the layers are round."""

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
        """Look in the outermost layer for what belongs to layers, and else in the app inside."""
        if name in self.__slots__:  # not set yet, as where somebody makes one without __init__
            raise AttributeError(name)
        return getattr(self.__call__ if _of_layers(name) else self.__inside__, name)

    def __setattr__(self, name: str, value: object) -> None:
        """Set it where it is looked for."""
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
    """The outermost layer of *app* as the function that it is, and what all its layers are round.

    >>> async def app(scope, receive, send): ...
    >>> bare(app) == (app, app)
    True
    """
    return (app.__call__, app.__inside__) if isinstance(app, Wrapped) else (app, app)


def _of_layers(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
