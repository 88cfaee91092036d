"""Which values a message may hold beside those that the specification names."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from asgi_mw.spec.kinds import is_one_shot, named

if TYPE_CHECKING:
    from collections.abc import Iterable

_ATOMS = (str, bytes, bool, type(None))
_DEEPEST = 8


def is_opaque(value: object) -> bool:
    """Whether a recording has the name of a type in the place of *value*.

    >>> is_opaque("<Request>"), is_opaque("/items")
    (True, False)
    """
    return value.__class__ is str and value[:1] == "<" and value[-1:] == ">"


def no_value(value: Any, depth: int = 0) -> str:
    """What in *value* could not be sent over a network; empty if nothing.

    >>> no_value({"tags": ["a", 1.5]}), no_value([float("nan")])
    ('', 'nan')
    """
    if isinstance(value, _ATOMS):
        return ""
    if isinstance(value, int):
        return "" if -(2**63) <= value < 2**63 else "an integer of more than 64 bits"
    if isinstance(value, float):
        return "" if isfinite(value) else str(value)
    if depth == _DEEPEST or is_one_shot(value):
        return ""
    if isinstance(value, Mapping):
        odd = next((key for key in value if not isinstance(key, str)), "")
        if odd != "":
            return f"a dict with a key that is {named(odd)}"
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return named(value)
    return _first(value, depth + 1)


def _first(values: Iterable[Any], depth: int) -> str:
    return next(filter(None, (no_value(one, depth) for one in values)), "")
