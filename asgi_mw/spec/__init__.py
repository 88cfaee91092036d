"""The ASGI specification as data, and what a connection does that it does not allow.

>>> from asgi_mw.spec import RULES
>>> print(RULES["http.start.twice"].sentence)
Response Start: sent by the application to start sending a response to the client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from asgi_mw.spec.validating import ViolationError as ViolationError
from asgi_mw.spec.validating import validate as validate

if TYPE_CHECKING:
    from asgi_mw.spec.checking import PROFILES as PROFILES
    from asgi_mw.spec.recorded import check as check
    from asgi_mw.spec.rule import REVISION as REVISION
    from asgi_mw.spec.rule import Finding as Finding
    from asgi_mw.spec.rule import Rule as Rule
    from asgi_mw.spec.rules import RULES as RULES

# Two hundred rules are made as somebody asks for them, and not with `import asgi_mw`
_ROOMS = {
    "PROFILES": "checking",
    "REVISION": "rule",
    "RULES": "rules",
    "Finding": "rule",
    "Rule": "rule",
    "check": "recorded",
}


if not TYPE_CHECKING:  # else a type checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        """Get what is asked for from its room."""
        if name not in _ROOMS:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        found = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
        globals()[name] = found
        return found
