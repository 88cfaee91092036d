"""Log why a layer refused something: in the line of the access log, or in a record of its own."""

from __future__ import annotations

import logging
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from asgi_mw.connection import KEY, Connection, current
from asgi_mw.context import refused
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import Scope

# Seconds in which a reason is logged once, and the most reasons in them: strangers choose these
_WINDOW = 60.0
_MOST = 20
_LONGEST = 400


class Refusals:
    """What one layer refused.

    The access log has a line for each connection anyway, which gets the field ``refused``.
    Without an access log around the layer, the logger ``asgi_mw.<owner>`` gets a record: the same
    reason once a minute, and at most 20 different ones; the next record says how many were left
    out.

    Args:
        owner: The layer.
        clock: Returns seconds.

    >>> refusals = Refusals("cors")
    >>> scope = {"type": "http", "path": "/"}
    >>> refusals.note(scope, "method PUT is not in allow_methods")  # doctest: +SKIP
    """

    def __init__(self, owner: str, clock: Callable[[], float] = monotonic) -> None:
        self._log = logging.getLogger(f"asgi_mw.{owner}")
        self._clock = clock
        self._began = clock()
        self._said: set[str] = set()
        self._left_out = 0

    def note(self, scope: Scope, reason: str, *, level: int = logging.INFO) -> None:
        """Say that the connection of *scope* was refused for *reason*; *level* is of the record."""
        reason = printable(reason, _LONGEST)
        if scope.get("type") == "websocket":
            refused.set(True)
        found = scope.get(KEY)
        connection = found if found.__class__ is Connection else current.get()
        if connection is not None:
            before = connection.refused
            connection.refused = f"{before}; {reason}" if before else reason
            if connection.fields is not None:
                return  # the access log says it
        left_out = self._turn(reason)
        if left_out is not None:
            more = f" ({left_out} more since)" if left_out else ""
            with suppress(Exception):  # a broken log handler is not the app's fault
                self._log.log(level, "refused: %s%s", reason, more)

    def _turn(self, reason: str) -> int | None:
        """How many were left out before, if *reason* may be logged now; else ``None``."""
        now = self._clock()
        if now - self._began >= _WINDOW:
            self._began = now
            self._said.clear()
        if reason in self._said or len(self._said) >= _MOST:
            self._left_out += 1
            return None
        self._said.add(reason)
        left_out, self._left_out = self._left_out, 0
        return left_out
