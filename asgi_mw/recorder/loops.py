"""The event loop that runs here, of asyncio or trio, as another thread may use it.

Neither is imported: which of them runs is imported already.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Loop(NamedTuple):
    """An event loop.

    Attributes:
        key: The loop itself, or what stands for it.
        post: Has a function called on it soon, from any thread; raises once it is over.
        runs: Whether it still runs.
    """

    key: object
    post: Callable[[Callable[[], None]], object]
    runs: Callable[[], bool]

    def call(self, function: Callable[[], None]) -> bool:
        """Have *function* called on the loop soon; whether it still runs."""
        try:
            if not self.runs():
                return False
            self.post(function)
        except RuntimeError:  # what both raise when the loop is over
            return False
        return True


def running_loop() -> Loop | None:
    """The event loop that runs in this thread; ``None`` if there is none, or one nobody knows.

    >>> running_loop() is None
    True
    """
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            token = trio.lowlevel.current_trio_token()
        except RuntimeError:
            pass
        else:
            return Loop(token, token.run_sync_soon, partial(_runs, token))
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return None
        return Loop(loop, loop.call_soon_threadsafe, loop.is_running)
    return None


def _runs(token: Any) -> bool:
    """Whether a loop of trio still runs: only who asks it for something is told."""
    try:
        token.run_sync_soon(_nothing, idempotent=True)
    except RuntimeError:
        return False
    return True


def _nothing() -> None:
    """Do nothing."""
