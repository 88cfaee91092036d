"""Which values a message may hold besides those that the specification names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from asgi_mw.spec.kinds import is_one_shot, named

OPAQUE: Final = iter(())
"""Stands for a value of which a recording has only the type."""

_ATOMS = (str, bytes, bool, type(None))
# A larger value cannot have come over a network in good faith, and may contain itself
_MOST = 10_000
_TYPE = re.compile(r"<[^\W\d][\w.<>]*>")


def recorded(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded scope or message, with :data:`OPAQUE` where it has only the name of a type.

    >>> recorded({"path": "/", "server": "<Address>"})["server"] is OPAQUE
    True
    """
    return {key: _recorded(value) for key, value in mapping.items()}


def _recorded(value: Any) -> Any:
    if value.__class__ is dict:
        return recorded(value)
    return OPAQUE if value.__class__ is str and _TYPE.fullmatch(value) else value


def no_value(value: Any) -> str:
    """What in *value* could not be sent over a network; empty if nothing.

    >>> no_value({"tags": ["a", 1.5]}), no_value([float("nan")])
    ('', 'nan')
    """
    waiting = [value]
    for _ in range(_MOST):
        if not waiting:
            break
        one = waiting.pop()
        if isinstance(one, Mapping):
            odd = next((key for key in one if not isinstance(key, str)), "")
            if odd != "":
                return f"a dict with a key that is {named(odd)}"
            waiting += one.values()
        elif isinstance(one, (list, tuple)):
            waiting += one
        elif why := _no_atom(one):
            return why
    return ""


def _no_atom(value: Any) -> str:
    if isinstance(value, _ATOMS) or is_one_shot(value):
        return ""
    if isinstance(value, int):
        return "" if -(2**63) <= value < 2**63 else "an integer of more than 64 bits"
    if isinstance(value, float):
        return "" if isfinite(value) else str(value)
    return named(value)
