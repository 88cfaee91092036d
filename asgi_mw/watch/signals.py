"""A signal asks for what is in flight: its handler raises a flag, and the thread does the rest."""

from __future__ import annotations

import signal
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class _Handler:
    """Raises the flag, and hands the signal on to the handler before it."""

    def __init__(self, ask: Callable[[], None], before: Any) -> None:
        self._ask = ask
        self._before = before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._ask()
        if callable(self._before):
            self._before(number, frame)


def install(number: int, ask: Callable[[], None]) -> bool:
    """Have *ask* called when the signal *number* comes; whether it is, from now on.

    Another thread than the main one can install nothing.  A server may have put its own handler in
    the place of ours: then ours goes before it, again.  One that an event loop of asyncio has is
    called by the loop itself.  No call to the system is restarted (``siginterrupt``), for the
    handler has to run while the main thread blocks in one.
    """
    before = signal.getsignal(number)
    if isinstance(before, _Handler):
        return True
    if current_thread() is not main_thread():
        return False
    signal.signal(number, _Handler(ask, before))
    return True
