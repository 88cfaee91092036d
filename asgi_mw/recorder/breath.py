"""Let the event loop's thread have its turn, in the middle of long work on another."""

from __future__ import annotations

from time import monotonic, sleep

# How long to work, then how long to sleep, in seconds: sleep(0) would take the GIL back before
# the event loop's thread has woken up to take it
_WORK, _BREATH = 0.0002, 0.00005


class Breath:
    """A short pause that work on a thread beside the event loop makes between two small steps.

    The interpreter lets another thread in only every 5 ms (`sys.getswitchinterval`): requests
    would wait that long, and again after each time that they waited for a socket.

    >>> breath = Breath()
    >>> for _ in range(3):
    ...     breath()
    """

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = monotonic()

    def __call__(self) -> None:
        """Sleep for a moment, if the last sleep is long enough ago."""
        if monotonic() - self._since > _WORK:
            sleep(_BREATH)
            self._since = monotonic()


def hold() -> None:
    """Do nothing: work in an interpreter of its own needs no pause."""
