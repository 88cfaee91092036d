"""The route template, from what frameworks leave in the scope that they were handed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asgi_mw.types import Scope


def left(scope: Scope, server: Scope) -> str | None:
    """The template in *scope*, if a framework left any; *server* is the scope that it began as."""
    # The ways in which frameworks leave it, spelled out: this runs for each request
    if (
        "route" in scope
        or "endpoint" in scope
        or "path_template" in scope
        or "route_path_template" in scope
    ):
        return find_route(scope, server.get("root_path") or "")
    return None


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
                # Below a mount of another framework, the template of the mount is unknown
                mounted = (scope.get("root_path") or "").removeprefix(root_path)
                return None if mounted else _included(route, scope)
            included = scope.get("fastapi")
            template: Any = getattr(route, "path_format", None)
            if included is not None:
                # Its context has the prefixes of routers; for WebSockets the context is empty
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

    They write the outermost one into the scope, and the others into copies.  So the routes inside
    are matched again, as their routers do it.
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
