"""Find out whether a server was stopped or gave up, if it does not say so itself."""

from __future__ import annotations

import signal
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STOP = frozenset(
    int(getattr(signal, name))
    for name in ("SIGINT", "SIGTERM", "SIGBREAK")
    if hasattr(signal, name)
)


@contextmanager
def noting_signals() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether a signal to stop came, whoever handled it.

    It does not see signals that an event loop handles: the loop takes over the same wakeup fd.
    """
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)

        def stopped() -> bool:
            try:
                return not _STOP.isdisjoint(reading.recv(65_536))
            except BlockingIOError:
                return False

        try:
            yield stopped
        finally:
            signal.set_wakeup_fd(before)
