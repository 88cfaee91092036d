"""The path of a connection: as routes see it, and as the client asked for it.

The specification lets ``path`` begin with ``root_path``, and uvicorn does that; other servers leave
it out.  Where a path is compared, both have to mean the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.types import Scope


def path_within(scope: Scope) -> str:
    """The path as routes see it, whether or not the server put ``root_path`` before it.

    Several slashes at its beginning count as one, as they do for many servers and frameworks.

    >>> path_within({"path": "/shop/users", "root_path": "/shop"}), path_within({"path": "/users"})
    ('/users', '/users')
    >>> path_within({"path": "/shopping", "root_path": "/shop"}), path_within({"path": "//users"})
    ('/shopping', '/users')
    """
    path = scope.get("path")
    if path.__class__ is not str:
        return "/"
    root = root_of(scope)
    if root and path.startswith(root) and path[len(root) : len(root) + 1] in {"", "/"}:
        path = path[len(root) :]
    if path.startswith("/") and not path.startswith("//"):
        return str(path)
    return "/" + path.lstrip("/")


def path_asked(scope: Scope) -> str:
    """The path as the client asked for it: ``root_path``, and the path within it.

    >>> path_asked({"path": "/users", "root_path": "/shop"}), path_asked({"path": "/users"})
    ('/shop/users', '/users')
    """
    return root_of(scope) + path_within(scope)


def root_of(scope: Scope) -> str:
    """``root_path`` without a slash at its end; some servers leave it out, or say ``None``.

    >>> root_of({"root_path": "/shop/"}), root_of({})
    ('/shop', '')
    """
    root = scope.get("root_path")
    return root.rstrip("/") if root else ""
