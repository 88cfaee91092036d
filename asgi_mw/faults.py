"""Count what went wrong inside us, and say it once: a fault of ours never reaches the app."""

from __future__ import annotations

import logging
from collections import Counter
from threading import Lock

from asgi_mw.printable import printable

_log = logging.getLogger("asgi_mw")


class Faults:
    """Faults of one layer or store, by place.

    >>> faults = Faults("record")
    >>> faults.note("store", OSError(28, "No space left on device"))  # doctest: +SKIP
    >>> faults.total
    0
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._lock = Lock()
        self.counts: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """How many faults there were."""
        return self.counts.total()

    def reset(self) -> None:
        """Begin anew, in a forked child: the parent may have held the lock at the fork."""
        self._lock = Lock()
        self.counts.clear()

    def note(self, place: str, error: BaseException) -> None:
        """Count *error*; the first one of its type at *place* is logged as a warning."""
        key = f"{place}: {type(error).__name__}"
        with self._lock:
            self.counts[key] += 1
            first = self.counts[key] == 1
        if first:
            try:
                _log.warning(
                    "asgi_mw.%s: %s failed with %s: %s; the app goes on, further ones are counted",
                    self._owner,
                    place,
                    type(error).__name__,
                    printable(str(error), 500),
                )
            except Exception:  # noqa: BLE001  # a broken log handler is not the app's fault
                self.counts["log"] += 1
