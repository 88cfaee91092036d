"""Count our own faults, and log the first of each kind: a fault of ours never reaches the app."""

from __future__ import annotations

import logging
import os
from collections import Counter
from threading import RLock, local
from typing import TYPE_CHECKING

from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("asgi_mw")
# The garbage collector may end a request anywhere, within one of these locks too
_lock = RLock()
_ledger: Counter[tuple[str, str, str]] = Counter()
_watchers: list[Callable[[tuple[str, str, str], int], None]] = []
_watched = local()


def ledger() -> dict[tuple[str, str, str], int]:
    """All that failed or was dropped in this process since it began, for metrics.

    The keys are ``("fault", owner, "place: type")`` and ``("dropped", owner, reason)``; no count
    ever goes down.
    """
    with _lock:
        return dict(_ledger)


def watch(watcher: Callable[[tuple[str, str, str], int], None]) -> None:
    """Call *watcher* with each key of the ledger and its count, then with each new key and count.

    It must not raise.  What fails inside of it is booked, but no watcher is called for that.
    """
    with _lock:
        _watchers.append(watcher)
        known = dict(_ledger)
    for key, count in known.items():
        watcher(key, count)


def _book(kind: str, owner: str, what: str, count: int = 1) -> None:
    with _lock:
        _ledger[kind, owner, what] += count
        watchers = tuple(_watchers)  # whoever comes later gets this count with all others
    if watchers and not getattr(_watched, "now", False):
        _watched.now = True
        try:
            for watcher in watchers:
                watcher((kind, owner, what), count)
        finally:
            _watched.now = False


def _forked() -> None:
    """Start from zero in a child: the counts are the parent's, which may hold the lock."""
    global _lock  # noqa: PLW0603  # one lock for the process
    _lock = RLock()
    _ledger.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class Faults:
    """Faults of one layer or store, by place.

    >>> faults = Faults("record")
    >>> faults.note("store", OSError(28, "No space left on device"))  # doctest: +SKIP
    >>> faults.total
    0
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._lock = RLock()
        self.counts: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """How many faults there were."""
        return self.counts.total()

    def reset(self) -> None:
        """Start from zero in a forked child: the parent may have held the lock at the fork."""
        self._lock = RLock()
        self.counts.clear()

    def note(self, place: str, error: BaseException) -> None:
        """Count *error*; the first one of its type at *place* is logged as a warning."""
        key = f"{place}: {type(error).__name__}"
        with self._lock:
            self.counts[key] += 1
            first = self.counts[key] == 1
        _book("fault", self._owner, key)
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


class Drops(dict[str, int]):
    """How much of one owner was dropped, by reason.

    >>> drops = Drops("record")
    >>> drops.add("queue full")
    >>> drops
    {'queue full': 1}
    """

    def __init__(self, owner: str) -> None:
        super().__init__()
        self._owner = owner

    def add(self, reason: str, count: int = 1) -> None:
        """Count *count* more."""
        self[reason] = self.get(reason, 0) + count
        _book("dropped", self._owner, reason, count)
