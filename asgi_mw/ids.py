"""Make ids that sort by the time they were made and are unique across hosts (UUIDv7)."""

from __future__ import annotations

import os
import random
from time import time_ns

_random = random.Random()  # noqa: S311  # an id is no secret; it has to be unique
_last = 0
_VERSION_AND_VARIANT = 7 << 76 | 2 << 62


def new_id() -> str:
    """A UUIDv7 as 32 hex digits: ids of one process sort as they were made.

    The twelve bits after the milliseconds hold their fraction, raised by one where two ids fall
    into the same one (RFC 9562 6.2, methods 3 and 1), the other 62 are random.

    >>> first, second = new_id(), new_id()
    >>> len(first), first < second, first[12]
    (32, True, '7')
    """
    global _last  # noqa: PLW0603  # the last stamp is what makes two ids of one moment differ
    stamp = (time_ns() << 12) // 1_000_000
    if stamp <= _last:
        stamp = _last + 1
    _last = stamp
    return _written(stamp, _random.getrandbits(62))


def draw() -> int:
    """The random part of an id that :func:`id_at` may write later, or never."""
    return _random.getrandbits(62)


def id_at(moment: int, drawn: int) -> str:
    """The id of *moment*, in ns since the epoch, with the random part *drawn*.

    >>> id_at(1_700_000_000_123_456_789, 1)
    '018bcfe5687b774f8000000000000001'
    """
    return _written((moment << 12) // 1_000_000, drawn)


def _written(stamp: int, drawn: int) -> str:
    time = (stamp >> 12) << 80 | (stamp & 0xFFF) << 64
    return (time | _VERSION_AND_VARIANT | drawn).to_bytes(16, "big").hex()


# Two forks must not go on with the same numbers.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.seed)
