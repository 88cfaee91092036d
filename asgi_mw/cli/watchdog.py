"""Interrupt code that holds the event loop, so that a program that waits for an app goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import FrameType

# How often in its time the loop says that it lives
_BEATS = 4
# So often code may catch what interrupts it, and hold the loop again
_MOST = 5


class BlockedError(BaseException):
    """Raised in the code that held the event loop; no ``except Exception`` takes it for its own."""


class Watchdog:
    """Watches the event loop of the main thread while :meth:`watching`.

    Code that catches what is raised in it, again and again, ends the process.

    Where there is no timer that interrupts, as on Windows and in other threads, it does nothing.

    Args:
        seconds: For how long code may hold the event loop.

    Attributes:
        caught: Where it did, as ``"shop.py:7 in totals"``, in order.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._in_vain = 0
        self.caught: list[str] = []

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch."""
        is_main = threading.current_thread() is threading.main_thread()
        if not (hasattr(signal, "setitimer") and is_main):
            yield
            return
        handler = signal.signal(signal.SIGALRM, self._bark)
        left, _ = signal.setitimer(signal.ITIMER_REAL, self._seconds)
        heart = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            heart.cancel()
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
            # Whoever had set it, as a test's own timeout, has it again
            signal.setitimer(signal.ITIMER_REAL, left)

    def rest(self) -> None:
        """Watch no longer: for who leaves behind what hangs, and the loop with it."""
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, 0)

    async def _beat(self) -> None:
        while True:
            self._in_vain = 0
            # Again and again: code may go on behind what was raised
            signal.setitimer(signal.ITIMER_REAL, self._seconds, self._seconds)
            await asyncio.sleep(self._seconds / _BEATS)

    def _bark(self, _: int, frame: FrameType | None) -> Any:
        if not _is_called_by_a_loop(frame):
            return  # the loop waits: what could not run is this process, as on a busy machine
        place = _place(frame)
        self.caught.append(place)
        self._in_vain += 1
        if self._in_vain > _MOST:
            said = f"the app holds the event loop, and catches what interrupts it, at {place}"
            print(f"Error: {printable(said)}", file=sys.__stderr__, flush=True)
            os._exit(1)
        raise BlockedError(place)


def _is_called_by_a_loop(frame: FrameType | None) -> bool:
    """Whether what runs is a task or a callback, and not the event loop itself."""
    while frame is not None:
        if frame.f_code is asyncio.Handle._run.__code__:  # noqa: SLF001  # nothing else says so
            return True
        frame = frame.f_back
    return False


def _place(frame: FrameType | None) -> str:
    """The innermost function that ran, where it stands."""
    if frame is None:
        return "somewhere"
    code = frame.f_code
    return f"{Path(code.co_filename).name}:{frame.f_lineno} in {code.co_qualname}"
