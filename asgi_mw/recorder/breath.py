"""Let the event loop's thread have its turn, in the middle of long work on another."""

from __future__ import annotations

from time import monotonic, sleep

# After so much work, in seconds, a sleep of so long: sleep(0) would take the GIL back before the
# event loop's thread has woken up to take it
_WORK, _BREATH = 0.0002, 0.00005


class Breath:
    """What who works on a thread beside the event loop calls between two small things.

    The interpreter lets another thread in only every 5 ms (`sys.getswitchinterval`): requests
    would wait so long, and once more after each time that they waited for a socket.

    >>> breath = Breath()
    >>> for _ in range(3):
    ...     breath()
    """

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = monotonic()

    def __call__(self) -> None:
        """Sleep for a moment, if the last time is long enough ago."""
        if monotonic() - self._since > _WORK:
            sleep(_BREATH)
            self._since = monotonic()


def hold() -> None:
    """Be the breath of who has an interpreter of its own."""
