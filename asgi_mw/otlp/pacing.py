"""Let requests go on while a batch is encoded."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
# Encoding a span takes some 30 us; the event loop gets its turn after a few of them
_AT_ONCE, _NAP = 8, 5e-5


class Unhurried(list[T]):
    """A batch whose reader naps now and then.

    It takes 16 ms of Python to encode a batch of 512 spans.  Meanwhile, the interpreter lets
    another thread run only every 5 ms (`sys.getswitchinterval`).  A request would wait that long,
    and again after each wait for a socket.

    >>> list(Unhurried(range(20))) == list(range(20))
    True
    """

    def __iter__(self) -> Iterator[T]:
        """Give the items, and give other threads time in between."""
        for number, one in enumerate(super().__iter__(), 1):
            yield one
            if not number % _AT_ONCE:
                sleep(_NAP)  # not 0: a thread that waits for the lock needs time to take it


def pace(exporter: Any) -> None:
    """Make *exporter*, of spans or log records, read its batches slowly."""
    export = exporter.export
    exporter.export = lambda batch: export(Unhurried(batch))
