"""Make ids that sort by the time they were made and are unique across hosts (UUIDv7)."""

from __future__ import annotations

import os
import random
from time import time_ns

_random = random.Random()  # noqa: S311  # an id is no secret; it has to be unique
_last = 0


def new_id(at: int | None = None) -> str:
    """A UUIDv7 as 32 hex digits: ids of one process sort as they were made.

    The twelve bits after the milliseconds hold their fraction, raised by one where two ids fall
    into the same one (RFC 9562 6.2, methods 3 and 1), the other 62 are random.

    Args:
        at: The moment it stands for, ns since the epoch, if that is not now.

    >>> first, second = new_id(), new_id()
    >>> len(first), first < second, first[12]
    (32, True, '7')
    """
    global _last  # noqa: PLW0603  # the last stamp is what makes two ids of one moment differ
    milliseconds, fraction = divmod(time_ns() if at is None else at, 1_000_000)
    stamp = (milliseconds << 12) | ((fraction << 12) // 1_000_000)
    if at is None:
        if stamp <= _last:
            stamp = _last + 1
        _last = stamp
    tail = _random.getrandbits(62) | 0x8000000000000000
    return f"{stamp >> 12:012x}7{stamp & 0xFFF:03x}{tail:016x}"


# Two forks must not go on with the same numbers.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.seed)
