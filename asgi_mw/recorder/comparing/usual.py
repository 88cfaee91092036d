"""What differs between any two exchanges, and counts as equal: moments, ids, ports of clients."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["same", "usual", "changed", "added", "removed"]

_NAMES = frozenset(
    {"date", "age", "x-request-id", "x-correlation-id", "traceparent", "tracestate"}
    | {"server-timing", "x-process-time", "x-runtime"}
    | {"began", "request_id", "trace_id", "worker", "client"}
)
_VALUES = [
    (re.compile(pattern, re.ASCII | re.IGNORECASE), place)
    for pattern, place in [
        (r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b", "<id>"),
        (r"\b00-<id>-[0-9a-f]{16}-", "<trace>"),
        (
            r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?",
            "<moment>",
        ),
        (r"\b[a-z]{3}, \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d GMT", "<moment>"),
        (r"\b0x[0-9a-f]{6,16}\b", "<address>"),
        (r"\b(127\.0\.0\.1|localhost|\[::1\])([\":, ]{1,3})\d{4,5}\b", r"\1\2<port>"),
    ]
]


class Row(NamedTuple):
    """The values of one name in both exchanges.

    Attributes:
        kind: How the two differ.
        name: What it is called.
        left: Its text; ``None`` if there is none.
        right: The same in the other exchange.
    """

    kind: Kind
    name: str
    left: str | None
    right: str | None


def row(name: str, left: str | None, right: str | None) -> Row:
    """The two values of *name*."""
    return Row(kind_of(name, left, right), name, left, right)


def kind_of(name: str, left: str | None, right: str | None) -> Kind:
    """How two values of *name* differ."""
    if left == right:
        return "same"
    if name in _NAMES:
        return "usual"
    if left is None:
        return "added"
    if right is None:
        return "removed"
    return "usual" if calm(left) == calm(right) else "changed"


def stable(name: str, value: str) -> str:
    """*value* of the header *name* without what differs between any two exchanges.

    >>> stable("Server-Timing", "app;dur=3"), stable("location", "http://127.0.0.1:50001/x")
    ('<varies>', 'http://127.0.0.1:<port>/x')
    """
    return "<varies>" if name.lower() in _NAMES else calm(value)


def calm(text: str) -> str:
    """*text* without what usually differs; it has as many lines.

    >>> calm("at 2026-01-02T03:04:05Z from 127.0.0.1:50001")
    'at <moment> from 127.0.0.1:<port>'
    """
    for pattern, place in _VALUES:
        text = pattern.sub(place, text)
    return text
