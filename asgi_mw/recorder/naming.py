"""Names of types, outcomes, statuses and traces, and the nearest name to an unknown one."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from asgi_mw.events import FATES

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPES = ("http", "websocket", "ws", "lifespan")
OUTCOMES = FATES

_STATUS = re.compile(r"[1-5](?:xx|[0-9][0-9])", re.IGNORECASE)
# A trace id or its beginning, alone or in a ``traceparent``
_TRACE = re.compile(r"(?:[0-9a-f]{2}-)?([0-9a-f]{1,32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?")


def type_of(word: str) -> str:
    """The type of scope that *word* names; ``ws`` is short for ``websocket``."""
    return "websocket" if word == "ws" else word


def is_status_word(word: str) -> bool:
    """Whether *word* names a status or a class of them."""
    return isinstance(word, str) and _STATUS.fullmatch(word) is not None


def is_status(status: int | None, wanted: str) -> bool:
    """Whether *status* is the one wanted, or of the class wanted, as ``"5xx"``."""
    wanted = wanted.lower()
    return str(status)[: 1 if wanted.endswith("xx") else 3] == wanted.removesuffix("xx")


def trace_of(text: object) -> str | None:
    """The trace id, or its beginning, in *text*, which may be a ``traceparent``."""
    found = _TRACE.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    return found[1] if found else None


def nearest(word: object, known: Iterable[str]) -> str:
    """A question that offers the known word most like *word*; empty where none is like it.

    >>> nearest("webscoket", ["http", "websocket"]), nearest("x", ["http"])
    ('is it websocket? ', '')
    """
    near = get_close_matches(str(word).lower(), known, n=1)
    return f"is it {near[0]}? " if near else ""
