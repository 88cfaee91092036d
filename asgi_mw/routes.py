"""The route template: a holder in the scope that all layers share, and what frameworks leave.

A framework writes the route it chose into the scope that it was handed.  A layer that copies
the scope hides that from the layers outside it; so each copy carries the same :class:`Shared`,
and the layer that made the copy publishes the route it finds there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asgi_mw.types import Scope

KEY = "asgi_mw"
# Where frameworks leave the route
_KEYS = ("route", "endpoint", "path_template", "route_path_template")


class Shared:
    """What the layers of one connection tell each other.

    Attributes:
        route: The template of the route, once it is known.
        request_id: The id of the request, once there is one.
        root_path: The ``root_path`` that the server gave, before the app mounted anything.
        traced: A layer outside has a span or a measurement of this connection, or skips it.
        entered: A layer outside keeps other requests' context variables out.
    """

    route: str | None = None
    request_id: str | None = None
    root_path = ""
    traced = False
    entered = False


def holder(scope: Scope) -> Shared:
    """The holder in *scope*, or a new one for the copy that the caller is about to make.

    >>> shared = holder({"type": "http"})
    >>> holder({"type": "http", KEY: shared}) is shared
    True
    """
    shared = scope.get(KEY)
    if shared.__class__ is Shared:
        return shared
    shared = Shared()
    if root_path := scope.get("root_path"):
        shared.root_path = root_path
    return shared


def entered(scope: Scope) -> bool:
    """Whether a layer of ours outside keeps other requests' context variables out."""
    shared = scope.get(KEY)
    return shared.__class__ is Shared and shared.entered


def enter(scope: Scope) -> Scope:
    """*scope* as the outermost layer that does so goes on with it: see :func:`entered`.

    >>> entered(enter({"type": "http"}))
    True
    """
    shared = holder(scope)
    shared.entered = True
    return scope if KEY in scope else {**scope, KEY: shared}


def set_route(scope: Scope, template: str) -> None:
    """Tell our layers the route of this connection, where the framework leaves none in *scope*.

    Without a layer of ours round the app it does nothing.

    Args:
        scope: The scope that the app was called with, or any copy of it.
        template: As ``"/users/{id}"``; never the path itself.  An empty one is none.

    >>> scope = {"type": "http", KEY: Shared()}
    >>> set_route(scope, "/users/{id}")
    >>> scope[KEY].route
    '/users/{id}'
    """
    shared = scope.get(KEY)
    if isinstance(shared, Shared):
        shared.route = template or None


def publish(scope: Scope, shared: Shared) -> None:
    """Put the route found in *scope* into the holder, unless it is known by then."""
    if shared.route is None:
        for key in _KEYS:
            if key in scope:
                shared.route = find_route(scope, shared.root_path)
                return


def find_route(scope: Scope, root_path: str = "") -> str | None:
    """The template that the framework left in *scope*; ``None`` if it left none.

    Understands Starlette, FastAPI, Litestar, Lilya and Ravyn; never raises.

    Args:
        scope: The scope that the framework was called with, after it chose the route.
        root_path: What ``root_path`` was before.  Starlette adds the concrete prefix of a mount
            to it; here the template of the mount is found again.
    """
    try:
        route = scope.get("route")
        if route is None and "endpoint" in scope:
            return _by_endpoint(scope, root_path)
        if route is not None:
            if "route_path_template" in scope and getattr(route, "routes", None):
                # Below a mount of another framework, nobody knows the template of that
                mounted = (scope.get("root_path") or "").removeprefix(root_path)
                return None if mounted else _included(route, scope)
            included = scope.get("fastapi")
            template: Any = getattr(route, "path_format", None)
            if included is not None:
                # The prefixes of routers are in its context; not for WebSockets, where it is empty
                effective = included.get("effective_route_context")
                template = getattr(effective, "path_format", None) or template
            if isinstance(template, str) and template:
                if getattr(route, "routes", None):
                    return None  # a mount within which no route was found: a 404
                prefix = (scope.get("root_path") or "").removeprefix(root_path)
                if not prefix:
                    return template
                return _mounted(scope, prefix, template, hasattr(route, "routes"))
        template = scope.get("path_template") or scope.get("route_path_template")
    except Exception:  # noqa: BLE001  # objects of a framework, in a version we have not seen
        return None
    return template if isinstance(template, str) and template else None


def _included(include: Any, scope: Scope) -> str | None:
    """The template of the route that Lilya or Ravyn found within *include*.

    They write the outermost one into the scope, and the others into copies; so what is inside is
    matched again, as their routers do.
    """
    # A host is a part of no path
    template = str(getattr(include, "path_format", "")).removesuffix("/{path}").rstrip("/")
    routes = getattr(include, "routes", None)
    if not routes:
        return f"{template}/{{path}}"  # an app of somebody else
    inner = {**scope, **include.search(scope)[1]}
    partly = None
    for route in routes:
        match = route.search(inner)[0].name
        if match == "FULL" and hasattr(route, "routes"):
            found = _included(route, inner)
            if found is not None:  # else they go on to the next route
                return template + found
        elif match == "FULL":
            return template + str(route.path_format)
        elif match == "PARTIAL" and partly is None:  # another method: 405
            partly = template + str(route.path_format)
    return partly


def _by_endpoint(scope: Scope, root_path: str) -> str | None:
    """The template of the route that has the endpoint in *scope*.

    FastAPI names no route for a mounted app and for routes that are Starlette's own.
    """
    prefix = (scope.get("root_path") or "").removeprefix(root_path)
    inside = _inside(scope, prefix)
    if inside is None:
        return None
    template, mount, routes = inside
    endpoint = scope["endpoint"]
    if mount is not None and mount.app is endpoint:
        return None if mount.routes else f"{template}/{{path}}"
    for route in routes:
        if getattr(route, "endpoint", None) is endpoint and isinstance(route.path_format, str):
            return f"{template}{route.path_format}"
    return None


def _mounted(scope: Scope, prefix: str, leaf: str, leaf_is_mount: bool) -> str | None:  # noqa: FBT001  # private
    """Templates of the mounts that make up *prefix*, and the *leaf* behind them."""
    inside = _inside(scope, prefix)
    if inside is None:
        # FastAPI(root_path=...) sets it without a mount
        return f"{prefix}{leaf}" if prefix == getattr(scope.get("app"), "root_path", None) else None
    template, _, _ = inside
    return f"{template}/{{path}}" if leaf_is_mount else template + leaf


def _inside(scope: Scope, prefix: str) -> tuple[str, Any, Any] | None:
    """Templates of the mounts that make up *prefix*, the last one, and the routes within it."""
    template, mount = "", None
    routes = getattr(scope.get("router"), "routes", ())
    while prefix:
        found = _mount(routes, prefix)
        if found is None:
            return None
        mount, prefix = found
        template += str(mount.path_format).removesuffix("/{path}")
        routes = getattr(mount, "routes", ())
    return template, mount, routes


def _mount(routes: Any, prefix: str) -> tuple[Any, str] | None:
    for route in routes:
        if hasattr(route, "routes") and hasattr(route, "path_regex"):
            match = route.path_regex.match(prefix + "/")
            if match:
                rest = match.group("path").strip("/")
                return route, "/" + rest if rest else ""
    return None
