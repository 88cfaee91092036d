"""Numbers for JSON: none that a reader whose numbers are doubles, such as jq, would round."""

from __future__ import annotations

from typing import overload

EXACT = 2**53
"""A double can represent each integer up to this one."""


@overload
def ms(ns: int) -> float: ...
@overload
def ms(ns: None) -> None: ...
def ms(ns: int | None) -> float | None:
    """*ns* as ms: times 10**6 and rounded, that is *ns* again, for any time below 26 days.

    >>> ms(86_400_000_000_001), round(ms(86_400_000_000_001) * 1e6)
    (86400000.000001, 86400000000001)
    """
    return None if ns is None else ns / 1e6


def number(value: int | None) -> int | None:
    """*value*, which an app may have chosen; ``None`` if not every reader could read it exactly.

    >>> number(200), number(True), number(2**70)
    (200, 1, None)
    """
    return None if value is None or abs(value) > EXACT else int(value)
