"""Interrupt code that holds the event loop, so that a program that waits for an app goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from time import thread_time
from typing import TYPE_CHECKING, Any

from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import CodeType, FrameType

# The loop beats so often within that time; once it is late, it is checked again as often
_BEATS = 4
# How often code may catch what interrupts it, and hold the loop again
_MOST = 5
# The functions that run callbacks, and the one that a callback runs in; uvloop has no frames
_LOOP = {
    one.__code__
    for one in (
        asyncio.Runner.run,
        asyncio.BaseEventLoop.run_until_complete,
        asyncio.BaseEventLoop.run_forever,
        asyncio.BaseEventLoop._run_once,  # type: ignore[attr-defined]  # noqa: SLF001  # its frame
    )
}
_CALLBACK: CodeType = asyncio.Handle._run.__code__  # noqa: SLF001  # the same
_ASYNCIO = str(Path(asyncio.__file__).parent) + os.sep


class BlockedError(BaseException):
    """Raised in the code that held the event loop; no ``except Exception`` catches it."""


class Watchdog:
    """Watches the event loop of the main thread while :meth:`watching`.

    If code catches what is raised in it again and again, the watchdog ends the process.

    Where there is no timer that interrupts, as on Windows and in other threads, it does nothing.

    Args:
        seconds: For how long code may hold the event loop.

    Attributes:
        caught: Where code held it longer, as ``"shop.py:7 in totals"``, in order.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._in_vain = 0
        # The callback that ran when the loop was late, and the CPU time at the last beat
        self._suspect: FrameType | None = None
        self._worked = 0.0
        self.caught: list[str] = []

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch."""
        is_main = threading.current_thread() is threading.main_thread()
        if not (hasattr(signal, "setitimer") and is_main):
            yield
            return
        handler = signal.signal(signal.SIGALRM, self._bark)
        left, _ = signal.setitimer(signal.ITIMER_REAL, self._seconds, self._seconds / _BEATS)
        self._worked = thread_time()
        heart = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            heart.cancel()
            self._suspect = None
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
            # The timer that was set before, as a test's own timeout, goes on
            signal.setitimer(signal.ITIMER_REAL, left)

    def rest(self) -> None:
        """Watch no longer: for a caller that leaves behind what hangs, and the loop with it."""
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, 0)

    async def _beat(self) -> None:
        while True:
            self._in_vain, self._suspect, self._worked = 0, None, thread_time()
            # It also fires again and again: code may go on after what was raised
            signal.setitimer(signal.ITIMER_REAL, self._seconds, self._seconds / _BEATS)
            await asyncio.sleep(self._seconds / _BEATS)

    def _bark(self, _: int, frame: FrameType | None) -> Any:
        if not self._is_held(frame):
            return
        place = _place(frame)
        self.caught.append(place)
        self._in_vain += 1
        if self._in_vain > _MOST:
            said = f"the app holds the event loop, and catches what interrupts it, at {place}"
            print(f"Error: {printable(said)}", file=sys.__stderr__, flush=True)
            os._exit(1)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, self._seconds / _BEATS)
        raise BlockedError(place)

    def _is_held(self, frame: FrameType | None) -> bool:
        """Whether code in *frame* holds the loop, and the machine is not just busy.

        Code that computed for half of the time does; code that slept is looked at twice.
        """
        running = _callback(frame)
        before, self._suspect = self._suspect, running
        if running is None:
            return False
        return before is running or thread_time() - self._worked >= self._seconds / 2


def _callback(frame: FrameType | None) -> FrameType | None:
    """The callback of the event loop that *frame* is part of; ``None`` if the loop waits."""
    root = None
    for one in _outward(frame):
        if one.f_code in _LOOP:
            break
        root = one
    if root is None or root.f_code is _CALLBACK:
        return root
    # Selectors belong to asyncio's loop, and so does its own code between two callbacks
    file = root.f_code.co_filename
    return None if file.startswith(_ASYNCIO) or file.endswith("selectors.py") else root


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _place(frame: FrameType | None) -> str:
    """The innermost function that ran, with its file and line."""
    if frame is None:
        return "somewhere"
    code = frame.f_code
    return f"{Path(code.co_filename).name}:{frame.f_lineno} in {code.co_qualname}"
