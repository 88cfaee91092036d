"""The ASGI specification as data, and the checks that find where a connection breaks it.

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

# Two hundred rules are made when they are first used, and not by `import asgi_mw`
_ROOMS = {
    "PROFILES": "checking",
    "REVISION": "rule",
    "RULES": "rules",
    "Finding": "rule",
    "Rule": "rule",
    "check": "recorded",
}


if not TYPE_CHECKING:  # with it, a type checker would accept any name

    def __getattr__(name: str) -> Any:
        """Get *name* from the module that has it."""
        if name not in _ROOMS:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        found = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
        globals()[name] = found
        return found
