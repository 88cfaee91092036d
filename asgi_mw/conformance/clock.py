"""How long the kit waits, for what comes and for what should not."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from asgi_mw.conformance.check import OverdueError


@dataclass(slots=True)
class Clock:
    """The time of one check.

    Attributes:
        patience: Seconds to wait for what should come.
        quiet: Seconds of silence that count as "nothing comes".
        limit: Seconds that a check may take.
    """

    patience: float = 5.0
    quiet: float = 0.4
    limit: float = 60.0
    _allowed: float = 0.0
    _end: float = field(default=float("inf"))

    def begin(self, limit: float | None = None) -> None:
        """Start the time of a check, or of another step that may take *limit* seconds."""
        self._allowed = self.limit if limit is None else limit
        self._end = monotonic() + self._allowed

    def until(self, within: float | None = None) -> float:
        """The moment at which to stop waiting.

        Raises:
            OverdueError: The check took too long.
        """
        now = monotonic()
        if now > self._end:
            raise OverdueError(f"it took longer than {self._allowed:g} s")
        return min(now + (self.patience if within is None else within), self._end)


def left(until: float) -> float:
    """Seconds until then, and at least a little: a timeout of 0 makes a socket non-blocking."""
    return max(until - monotonic(), 0.001)
