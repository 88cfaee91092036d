"""Let requests go on while a batch is encoded."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
# To encode a span takes some 30 us; the event loop gets its turn after a few of them
_AT_ONCE, _NAP = 8, 5e-5


class Unhurried(list[T]):
    """A batch whose reader naps now and then.

    A batch of 512 spans is encoded by 16 ms of Python, during which the interpreter lets another
    thread in only every 5 ms (`sys.getswitchinterval`): requests would wait so long, and then
    once more after each time that they waited for a socket.

    >>> list(Unhurried(range(20))) == list(range(20))
    True
    """

    def __iter__(self) -> Iterator[T]:
        """Give them, and other threads the time between."""
        for number, one in enumerate(super().__iter__(), 1):
            yield one
            if not number % _AT_ONCE:
                sleep(_NAP)  # not 0: whoever waits for the lock must have the time to take it


def pace(exporter: Any) -> None:
    """Make *exporter*, of spans or log records, read its batches slowly."""
    export = exporter.export
    exporter.export = lambda batch: export(Unhurried(batch))
