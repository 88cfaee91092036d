"""Numbers as JSON has them: none that a reader whose numbers are doubles, as jq, would round."""

from __future__ import annotations

from typing import overload

EXACT = 2**53
"""Up to here a double is each integer."""


@overload
def ms(ns: int) -> float: ...
@overload
def ms(ns: None) -> None: ...
def ms(ns: int | None) -> float | None:
    """*ns* as ms: rounded times 10**6 they are *ns* again, of any time below 26 days.

    >>> ms(86_400_000_000_001), round(ms(86_400_000_000_001) * 1e6)
    (86400000.000001, 86400000000001)
    """
    return None if ns is None else ns / 1e6


def number(value: int | None) -> int | None:
    """*value*, which an app may have chosen; nothing if it is no number that all can read.

    >>> number(200), number(True), number(2**70)
    (200, 1, None)
    """
    return None if value is None or abs(value) > EXACT else int(value)
