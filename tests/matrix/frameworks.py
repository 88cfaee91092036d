"""The frameworks of the matrix, and the route that each of them should be known by."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        routes: The routes of scenarios in which they are not the path.
        shows: Whether there is a way to know its routes at all.
        native: Whether `install` takes its app.
    """

    title: str
    packages: tuple[str, ...] = ()
    parameter: str = "{name}"
    routes: Mapping[str, str | None] = field(default_factory=dict)
    shows: bool = True
    native: bool = True

    @property
    def versions(self) -> str:
        """Of its packages, as they are installed."""
        return ", ".join(f"{name} {version(name)}" for name in self.packages)

    def route(self, case: str) -> str | None:
        """The template by which log, span and recording know what *case* asks for."""
        if not self.shows:
            return None
        if case in self.routes:
            return self.routes[case]
        path = _PATHS.get(case, f"/{case}")
        if case.endswith("-publish"):
            path = "/publish"
        if path is None:
            return None
        return re.sub(r"\{(\w+)\}", lambda found: self.parameter.replace("name", found[1]), path)


FRAMEWORKS: dict[str, Framework] = {
    "fastapi": Framework(title="FastAPI", packages=("fastapi", "starlette")),
}
"""By the module in ``apps``."""
