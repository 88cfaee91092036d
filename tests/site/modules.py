"""The pages that mkdocstrings makes the reference of each public module from."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

# What is public of a module that has more in it
_NAMES = {
    "asgi_mw.client": ["peer"],
    "asgi_mw.connection": ["joined", "note_error"],
    "asgi_mw.errors": ["ConfigError", "MissingExtraError", "Problems"],
    "asgi_mw.integrations.django": ["RouteMiddleware"],
    "asgi_mw.integrations.httpx": ["asend_request_id", "send_request_id"],
    "asgi_mw.layers": ["middleware"],
    "asgi_mw.middleware.cors": ["Policy"],
    "asgi_mw.middleware.request_id": ["RequestIdFilter", "add_request_id"],
    **{
        f"asgi_mw.integrations.{framework}": ["route_hook"]
        for framework in ("blacksheep", "falcon", "nexios", "quart", "sanic")
    },
}
_EXPORTED = re.compile(r"^ *from \S+ import (\w+) as \1$", re.MULTILINE)


def module_page(module: str) -> str:
    """The page of *module*; if all that it has is modules, each of them is a section."""
    parts = [f"# `{module}`", _directive(module, 2)]
    if not public(module):
        for inner in sorted(name for name in _NAMES if name.startswith(f"{module}.")):
            parts += [f"## `{inner}`", _directive(inner, 3)]
    return "\n\n".join(parts)


def public(module: str) -> list[str]:
    """The names of *module* that are for its users."""
    if module in _NAMES:
        return _NAMES[module]
    found = import_module(module)
    if hasattr(found, "__all__"):
        return sorted(found.__all__)
    return sorted(_EXPORTED.findall(Path(str(found.__file__)).read_text("utf-8")))


def purpose(module: str) -> str:
    """The first line of its docstring."""
    return str(import_module(module).__doc__).partition("\n")[0]


def _directive(module: str, level: int) -> str:
    members = json.dumps(public(module) or False)
    options = f"      members: {members}\n      heading_level: {level}\n"
    return f"::: {module}\n    options:\n{options}"
