"""What is being traced now: it is ended as the process ends, while an SDK still takes it."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.middleware.tracing.connection import Traced


class Running(dict["Traced", bool]):
    """What runs; *watched* says whether it is ended as the process ends."""

    watched = False


RUNNING = Running()


def watch() -> None:
    """End what runs at the exit of the interpreter, before an SDK that there is now ends.

    What is registered last runs first, and SDKs register as their providers are made.
    """
    RUNNING.watched = True
    atexit.register(end_running)


def end_running() -> None:
    """End the spans of all that runs, as ``lost``, and measure it."""
    for connection in list(RUNNING):
        if RUNNING.pop(connection, False):
            connection.lose()


def _forked() -> None:
    """In a child: what runs is the parent's, and an SDK may be made anew."""
    RUNNING.watched = False
    RUNNING.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
