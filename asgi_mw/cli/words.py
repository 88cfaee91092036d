"""Moments as people read them; durations, sizes and moments as they write them."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_MOMENTS = "10m, 14:30, 2026-05-04 or 2026-05-04T14:30:00Z"
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)")


def clock(ns: int, now: int) -> str:
    """The local time of *ns* since the epoch: without the date on the day of *now*."""
    then, today = _local(ns), _local(now)
    if then.date() == today.date():
        return f"{then:%H:%M:%S}.{then.microsecond // 1000:03}"
    return f"{then:%Y-%m-%d %H:%M:%S}"


def moment(ns: int) -> str:
    """The local date and time of *ns* since the epoch, to the microsecond, with its offset."""
    return _local(ns).isoformat(sep=" ", timespec="microseconds")


def parse_moment(text: str, now: int) -> int:
    """The moment that *text* names, in ns since the epoch; *now* is one, too.

    So long ago, as ``10m``; a local time of day, which is the last one that is over, as
    ``14:30``; or a date, as ``2026-05-04`` or ``2026-05-04T14:30:00Z``, local without an offset.

    Raises:
        ValueError: It names none.
    """
    if _NUMBER.fullmatch(text.strip()):
        return now - round(_parse(text, _SECONDS, _MOMENTS) * 1e9)
    try:
        if re.match(r"[0-9]{2}:", text.strip()):
            today = _local(now)
            then = datetime.combine(today, time.fromisoformat(text.strip()))
            if then.astimezone() > today:
                then -= timedelta(days=1)
        else:
            then = datetime.fromisoformat(text.strip())
        return round(then.timestamp() * 1e6) * 1000
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is not like {_MOMENTS}") from None


def parse_duration(text: str) -> float:
    """Seconds in *text*.

    >>> [parse_duration(text) for text in ("7d", "1.5h", "200ms", "30")]
    [604800.0, 5400.0, 0.2, 30.0]

    Raises:
        ValueError: It is no duration.
    """
    return _parse(text, {"": 1, **_SECONDS}, "7d, 12h, 30m, 45s or 200ms")


def parse_size(text: str) -> int:
    """Bytes in *text*.

    >>> [parse_size(text) for text in ("100MB", "1.5 GiB", "2k", "512")]
    [100000000, 1610612736, 2000, 512]

    Raises:
        ValueError: It is no size.
    """
    units = {unit + end: factor for unit, factor in _BYTES.items() for end in ("", "b")}
    return round(_parse(text.lower(), units, "100MB, 1GiB or 500000"))


def _local(ns: int) -> datetime:
    try:
        return datetime.fromtimestamp(ns / 1e9).astimezone()
    except (OverflowError, OSError, ValueError):  # a recording may say anything
        return datetime.fromtimestamp(0).astimezone()


def _parse(text: str, units: Mapping[str, float], example: str) -> float:
    match = _NUMBER.fullmatch(text.strip())
    if match is None or match[2] not in units:
        raise ValueError(f"{text!r} is not like {example}")
    return float(match[1]) * units[match[2]]
