"""Names for the cases of a test that are the same in every process."""

from __future__ import annotations

import re


def plain(value: object) -> str:
    """How *value* is shown, without where it lies in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
