"""Whether somebody wants colours on a terminal."""

from __future__ import annotations

import os


def wants_colour() -> bool:
    """Whether nobody asked for none (https://no-color.org), and the terminal is no dumb one."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
