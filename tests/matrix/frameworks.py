"""The frameworks of the matrix, and the route that each should show for a scenario."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOCKETS = frozenset({"talk", "bye", "vanish", "refused"})
_PATHS = {
    "json": "/users/{name}",
    "upload": "/echo",
    "compressed": "/echo",
    "mounted": "/mounted/items/{item}",
    "unhandled": "/fail",
    "unknown": None,
    "leave": "/long",
    "vanish": "/talk",
    "bye": "/talk",
    "refused": "/refuse",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """One framework.

    Attributes:
        title: As in the table.
        packages: What it needs; the first is the framework.
        parameter: How a parameter of the path is written.
        routes: The routes of scenarios whose route is not the path.
        shows: Whether there is a way to know its routes at all.
        sockets: Whether there is a way to know the routes of WebSockets.
        native: Whether `install` takes its app.
        hangs: The scenarios in which a client would wait for ever, so it waits less long.
    """

    title: str
    packages: tuple[str, ...] = ()
    parameter: str = "{name}"
    routes: Mapping[str, str | None] = field(default_factory=dict)
    shows: bool = True
    sockets: bool = True
    native: bool = True
    hangs: frozenset[str] = frozenset()

    @property
    def versions(self) -> str:
        """The installed versions of its packages."""
        return ", ".join(f"{name} {version(name)}" for name in self.packages)

    def route(self, case: str) -> str | None:
        """The template that log, span and recording should have for *case*."""
        if not self.shows or (case in _SOCKETS and not self.sockets):
            return None
        if case in self.routes:
            return self.routes[case]
        path = _PATHS.get(case, f"/{case}")
        if case.endswith("-publish"):
            path = "/publish"
        if path is None:
            return None
        return re.sub(r"\{(\w+)\}", lambda found: self.parameter.replace("name", found[1]), path)


_WSGI: dict[str, Any] = {"shows": False}
FRAMEWORKS: dict[str, Framework] = {
    "fastapi": Framework(title="FastAPI", packages=("fastapi", "starlette")),
    "starlette": Framework(title="Starlette", packages=("starlette",)),
    "nexios": Framework(title="Nexios", packages=("nexios",)),
    "litestar": Framework(title="Litestar", packages=("litestar",), routes={"mounted": None}),
    "django": Framework(
        title="Django", packages=("django",), parameter="<str:name>", sockets=False
    ),
    "channels": Framework(
        title="Channels", packages=("channels", "django"), parameter="<str:name>", sockets=False
    ),
    "quart": Framework(title="Quart", packages=("quart",), parameter="<name>"),
    "falcon": Framework(title="Falcon", packages=("falcon",), routes={"mounted": None}),
    "blacksheep": Framework(title="BlackSheep", packages=("blacksheep",)),
    "bareasgi": Framework(title="bareASGI", packages=("bareasgi",), shows=False),
    "sanic": Framework(title="Sanic", packages=("sanic",), parameter="<name:str>"),
    "lilya": Framework(title="Lilya", packages=("lilya",)),
    "ravyn": Framework(title="Ravyn", packages=("ravyn", "lilya"), native=False),
    "raw": Framework(title="raw ASGI", shows=False, native=False),
    "fastasgi": Framework(title="FastASGI's shape", shows=False, hangs=frozenset({"hold"})),
    "flask_asgiref": Framework(title="Flask, asgiref", packages=("flask", "asgiref"), **_WSGI),
    "flask_a2wsgi": Framework(title="Flask, a2wsgi", packages=("flask", "a2wsgi"), **_WSGI),
    "django_asgiref": Framework(
        title="Django WSGI, asgiref", packages=("django", "asgiref"), **_WSGI
    ),
    "django_a2wsgi": Framework(title="Django WSGI, a2wsgi", packages=("django", "a2wsgi"), **_WSGI),
}
"""By the module in ``apps``."""
