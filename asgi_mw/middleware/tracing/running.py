"""What is being traced now: it is ended as the process ends, while an SDK still takes it."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.middleware.tracing.connection import Traced

# By the id of the object
RUNNING: dict[int, Traced] = {}
_watching = False


def watch() -> None:
    """End what runs at the exit of the interpreter, before an SDK that there is now ends.

    What is registered last runs first, and SDKs register as their providers are made.
    """
    global _watching  # noqa: PLW0603  # one exit for the process
    if not _watching:
        _watching = True
        atexit.register(end_running)


def end_running() -> None:
    """End the spans of all that runs, as ``lost``, and measure it."""
    for one in list(RUNNING):
        connection = RUNNING.pop(one, None)
        if connection is not None:
            connection.lose()


def _forked() -> None:
    """In a child: what runs is the parent's, and an SDK may be made anew."""
    global _watching  # noqa: PLW0603  # the same
    _watching = False
    RUNNING.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
