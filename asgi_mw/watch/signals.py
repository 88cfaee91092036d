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
    """Call *ask* when the signal *number* comes; return whether that holds from now on.

    Only the main thread can install a handler.  If a server has put its own handler in the place
    of ours, ours goes before it again.  The handler of an asyncio event loop is called by that
    loop.  System calls are not restarted (``siginterrupt``), because the handler has to run while
    the main thread blocks in one.
    """
    before = signal.getsignal(number)
    if isinstance(before, _Handler):
        return True
    if current_thread() is not main_thread():
        return False
    signal.signal(number, _Handler(ask, before))
    return True
