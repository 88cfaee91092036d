"""Name the middleware of frameworks that no tap can be put between, and say why."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from asgi_mw.chains import PART_OF, name_of, peek, planned
from asgi_mw.layers import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NO_ASGI = "it is no ASGI middleware, but one of {}'s own"
_EACH_ROUTE = "{} makes it for each route"
_EACH_REQUEST = "{} makes it anew for each request"


def unseen(apps: Iterable[Any]) -> Iterator[tuple[str, str, str]]:
    """Framework middleware that works inside *apps*, and is none of them: name, options, why."""
    known: list[Any] = []
    for app in apps:
        whole = peek(app, PART_OF, app)
        # Layers that were installed have the same object outside and inside of them
        framework = "" if any(whole is one for one in known) else _framework_of(whole)
        known.append(whole)
        if peek(whole, "middleware_stack") is None:
            for factory, options in planned(app):
                why = _EACH_ROUTE.format(type(whole).__name__)
                yield name_of(factory), str(Layer(factory, options)), why
        if framework == "django":
            settings = getattr(sys.modules.get("django.conf"), "settings", None)
            for path in peek(settings, "MIDDLEWARE", ()):
                yield str(path).rpartition(".")[2], str(path), _NO_ASGI.format("Django")
        elif framework == "falcon":
            for one in peek(whole, "_unprepared_middleware", ()):
                yield name_of(one), name_of(one), _NO_ASGI.format("Falcon")
        elif framework == "blacksheep":
            for one in peek(whole, "middlewares", ()):
                yield name_of(one), name_of(one), _NO_ASGI.format("BlackSheep")
        elif framework == "nexios":
            for one in peek(whole, "http_middleware", ()):
                name = name_of(peek(one, "kwargs", {}).get("dispatch", peek(one, "cls", one)))
                yield name, name, _EACH_REQUEST.format("Nexios")


def _framework_of(app: object) -> str:
    """Which of the frameworks that matter here made the class of *app*, or one above it."""
    roots = {kind.__module__.partition(".")[0] for kind in type(app).__mro__}
    return next((one for one in ("django", "falcon", "blacksheep", "nexios") if one in roots), "")
