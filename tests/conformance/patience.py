"""How long to wait once more for a server that may only have been late."""

from __future__ import annotations

from asgi_mw.conformance.clock import Clock
from tests.system import PATIENCE


def patient_clock() -> Clock:
    """A clock for what a busy machine did not bring in time."""
    return Clock(patience=30, quiet=6, limit=PATIENCE)
