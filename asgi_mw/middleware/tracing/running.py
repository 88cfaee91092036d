"""The connections that are traced now: they are ended at exit, while an SDK still takes spans."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.middleware.tracing.connection import Traced


class Running(dict["Traced", bool]):
    """Connections that are traced; *watched* says whether they are ended as the process ends."""

    watched = False


RUNNING = Running()


def watch() -> None:
    """End what is traced at the exit of the interpreter, before any SDK that is there now ends.

    What is registered last runs first, and SDKs register when their providers are made.
    """
    RUNNING.watched = True
    atexit.register(end_running)


def end_running() -> None:
    """End the spans of all connections that are traced, as ``lost``, and measure these."""
    for connection in list(RUNNING):
        if RUNNING.pop(connection, False):
            connection.lose()


def _forked() -> None:
    """Start from zero in a child: the connections are the parent's, and a new SDK may be made."""
    RUNNING.watched = False
    RUNNING.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
