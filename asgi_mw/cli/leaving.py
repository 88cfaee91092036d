"""End the process even if an app's threads run on, although Python would wait for them."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds in which threads may end with the program, as the idle threads of a pool do
_GRACE = 1.0


def leave(
    before: set[threading.Thread], status: int, *, stuck: bool = False, whose: str = "the app's"
) -> None:
    """Let the process end with *status* in time, whatever threads that are not in *before* do.

    Args:
        before: The threads that were there before the app.
        status: The exit status.
        stuck: A thread of the app is known not to end: then the process ends at once.
        whose: Whose threads they are, as the message says it.
    """
    if stuck:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    left = [one for one in threading.enumerate() if not (one.daemon or one in before)]
    if left:
        threading.Thread(target=_leave, args=(left, status, whose), daemon=True).start()


@contextmanager
def leaving(before: set[threading.Thread]) -> Iterator[None]:
    """Do the same, with status 1, if the block raises: an app may fail when it starts."""
    try:
        yield
    except BaseException:
        leave(before, 1)
        raise


def _leave(left: list[threading.Thread], status: int, whose: str) -> None:
    threading.main_thread().join()
    until = monotonic() + _GRACE
    for one in left:
        one.join(max(0.0, until - monotonic()))
    names = [one.name for one in left if one.is_alive()]
    if names:
        said = f"{whose} threads run on, and are left behind: {', '.join(names)}"
        print(printable(said), file=sys.__stderr__, flush=True)
        os._exit(status)
