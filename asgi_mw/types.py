"""The five types that every module uses.

``Scope`` and ``Message`` are mutable mappings and not ``TypedDict``s, so that the app of
every framework fits without a cast.  The keys of each are listed in the `ASGI specification
<https://asgi.readthedocs.io/en/latest/specs/www.html>`_.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias, TypeVar

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

# Litestar, Quart and asgiref have scopes and messages of their own, which are unions of TypedDicts
AnyApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[Any]]
# A layer has the attributes of the app inside, so it returns what it was given
A = TypeVar("A", bound=AnyApp)
