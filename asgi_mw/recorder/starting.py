"""Start a thread where one may still begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Thread


def starts(thread: Thread) -> bool:
    """Start *thread*; return whether it began: since Python 3.12 none may at interpreter exit."""
    try:
        thread.start()
    except RuntimeError as error:
        if "shutdown" not in str(error):
            raise
        return False
    return True
