"""The pages that mkdocstrings makes the reference of each public module from."""

from __future__ import annotations

import json
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

# What is public of a module that has more in it
_NAMES = {
    "asgi_mw.client": ["peer"],
    "asgi_mw.connection": ["joined", "note_error"],
    "asgi_mw.errors": ["ConfigError", "MissingExtraError", "Problems"],
    "asgi_mw.inspector.witness": ["Witnesses", "witness"],
    "asgi_mw.integrations.django": ["RouteMiddleware"],
    "asgi_mw.integrations.httpx": ["asend_request_id", "send_request_id"],
    "asgi_mw.layers": ["middleware"],
    "asgi_mw.middleware.cors": ["Policy"],
    "asgi_mw.middleware.request_id": ["RequestIdFilter", "add_request_id"],
    "asgi_mw.recorder.search": ["Search", "parse"],
    "asgi_mw.spent": ["Spent", "spent"],
    **{
        f"asgi_mw.integrations.{framework}": ["route_hook"]
        for framework in ("blacksheep", "falcon", "nexios", "quart", "sanic")
    },
}
_EXPORTED = re.compile(r"^ *from \S+ import (\w+) as \1$", re.MULTILINE)


def module_page(module: str) -> str:
    """The page of *module*; if all that it has is modules, each of them is a section."""
    names = public(module)
    hidden = [name for name in names if _is_hidden(module, name)]
    members = [name for name in names if name not in hidden]
    parts = [f"# `{module}`", _directive(module, 2, members)]
    parts += [_directive(f"{module}.{name}.{name}", 2) for name in hidden]
    if not names:
        for inner in sorted(name for name in _NAMES if name.startswith(f"{module}.")):
            parts += [f"## `{inner}`", _directive(inner, 3, public(inner))]
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


def _is_hidden(module: str, name: str) -> bool:
    """Whether a module of the same name hides it from who reads the source alone."""
    return hasattr(import_module(module), "__path__") and bool(find_spec(f"{module}.{name}"))


def _directive(name: str, level: int, members: list[str] | None = None) -> str:
    """What mkdocstrings takes; without *members* it is no module."""
    options = {"heading_level": level, "members": members or False}
    if members is None:
        options |= {"show_root_heading": True, "show_root_toc_entry": True}
    lines = [f"      {option}: {json.dumps(value)}\n" for option, value in options.items()]
    return f"::: {name}\n    options:\n{''.join(lines)}"
