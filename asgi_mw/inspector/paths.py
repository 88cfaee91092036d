"""Where the page is: its path, and the part of a request's path below it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.paths import path_within

if TYPE_CHECKING:
    from asgi_mw.errors import Problems
    from asgi_mw.types import Scope

_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


def checked_path(path: str, problems: Problems, option: str = "path") -> None:
    """Add to *problems* if the page cannot be at *path*.

    >>> from asgi_mw.errors import Problems
    >>> problems = Problems("inspect")
    >>> checked_path("/", problems)
    >>> print(problems.found[0])
    path='/': is no path that the page could have for itself; write it as '/__asgi__'
    """
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        reason = "is no path that the page could have for itself"
        problems.add(option, path, reason, "write it as '/__asgi__'")


def below_of(scope: Scope, path: str) -> str | None:
    """The part of the request's path below *path*; ``None`` if the request is for another path.

    Only ``scope["path"]`` decides, not a URL made of it and ``Host``, which a client can choose.

    >>> below_of({"path": "/__asgi__/main.js"}, "/__asgi__")
    '/main.js'
    >>> below_of({"path": "/__asgi__"}, "/__asgi__")
    ''
    >>> below_of({"path": "/__asgi__s"}, "/__asgi__")
    >>> below_of({"path": "/shop/__asgi__/", "root_path": "/shop"}, "/__asgi__")
    '/'
    """
    if path not in scope.get("path", ""):  # as for nearly all requests
        return None
    within = path_within(scope)
    if not within.startswith(path):
        return None
    below = within[len(path) :]
    return below if not below or below.startswith("/") else None
