"""Caches for keys that strangers choose, bounded in bytes."""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Key = TypeVar("_Key", str, bytes)
_Value = TypeVar("_Value")
_Anything = TypeVar("_Anything")


def keep(kept: dict[_Anything, _Value], key: _Anything, value: _Value, most: int) -> None:
    """Add *value* to *kept*, which is cleared first if it holds the *most* that it may.

    If strangers choose the keys, the caller has to bound the length of a *key* as well.

    >>> kept = {"a": 1, "b": 2}
    >>> keep(kept, "c", 3, most=2)
    >>> kept
    {'c': 3}
    """
    if len(kept) >= most:
        kept.clear()
    kept[key] = value


def remembered(
    most: int, *, longest: int
) -> Callable[[Callable[[_Key], _Value]], Callable[[_Key], _Value]]:
    """Keep the *most* latest results of a function of one text, but none of a text over *longest*.

    A client may send 60 KB each time: a bound on the number alone does not bound the memory.

    Args:
        most: Results that are kept.
        longest: Characters or bytes of a key that is kept.

    >>> @remembered(256, longest=4)
    ... def shown(name):
    ...     print("asked", name)
    ...     return name.upper()
    >>> shown("a"), shown("a"), shown("long name")
    asked a
    asked long name
    ('A', 'A', 'LONG NAME')
    """

    def decorate(function: Callable[[_Key], _Value]) -> Callable[[_Key], _Value]:
        kept = lru_cache(maxsize=most)(function)

        @wraps(function)
        def look_up(key: _Key) -> _Value:
            return kept(key) if len(key) <= longest else function(key)

        return look_up

    return decorate
