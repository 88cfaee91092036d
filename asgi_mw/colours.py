"""Whether to use colours on a terminal."""

from __future__ import annotations

import os


def wants_colour() -> bool:
    """Whether colours are not switched off (https://no-color.org), and ``TERM`` is not ``dumb``."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
