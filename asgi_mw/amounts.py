"""Write durations and sizes as people read them; read what people write, moments as well."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 604_800 * 10**9,
}
_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_MOMENTS = "10m, 14:30, 2026-05-04 or 2026-05-04T14:30:00Z"
_AGES = "7d, 12h, 30m or 45s"
_NUMBER = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([A-Za-zµ]*)")


def plural(count: int, noun: str) -> str:
    """*count* and the *noun*, in the plural unless *count* is one.

    >>> plural(1, "layer"), plural(2, "layer")
    ('1 layer', '2 layers')
    """
    return f"{count} {noun}" + ("" if count == 1 else "s")


def duration(ns: float) -> str:
    """*ns* with the unit that suits it.

    >>> [duration(ns) for ns in (0, 850_000, 3_400_000, 1_250_000_000, 125_000_000_000)]
    ['0 µs', '850 µs', '3.4 ms', '1.25 s', '2m 05s']
    """
    if ns < 999_500:
        return f"{ns / 1e3:.0f} µs"
    if ns < 999_500_000:
        return f"{ns / 1e6:.1f} ms" if ns < 99_950_000 else f"{ns / 1e6:.0f} ms"
    if ns < 59_995_000_000:
        return f"{ns / 1e9:.2f} s"
    minutes, seconds = divmod(round(ns / 1e9), 60)
    if minutes < 60:
        return f"{minutes}m {seconds:02}s"
    return f"{minutes // 60}h {minutes % 60:02}m"


def size(count: int) -> str:
    """*count* bytes with the unit that suits it.

    >>> [size(count) for count in (0, 999, 65_536, 100_000_000)]
    ['0 B', '999 B', '65.5 kB', '100 MB']
    """
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            break
    return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.1f} {unit}"


def parse_ns(text: str) -> int:
    """Nanoseconds in *text*, which is in seconds where it has no unit.

    >>> [parse_ns(text) for text in ("1.5h", "200ms", "30", "7us")]
    [5400000000000, 200000000, 30000000000, 7000]

    Raises:
        ValueError: It is no duration.
    """
    return _parse(text, {"": 10**9, **_NS}, "7d, 12h, 30m, 45s, 200ms or 1.5, in seconds")


def parse_duration(text: str) -> float:
    """Seconds in *text*.

    >>> [parse_duration(text) for text in ("7d", "1.5h", "200ms", "30")]
    [604800.0, 5400.0, 0.2, 30.0]

    Raises:
        ValueError: It is no duration.
    """
    return parse_ns(text) / 1e9


def parse_age(text: str) -> float:
    """Seconds in *text*, which has to name its unit: days are meant as often as seconds.

    >>> parse_age("7d")
    604800.0
    >>> parse_age("7")
    Traceback (most recent call last):
    ValueError: 7 of what? write 7d, 12h, 30m or 45s

    Raises:
        ValueError: It is no duration with a unit.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is not None and not match[2]:
        raise ValueError(f"{match[1]} of what? write {_AGES}")
    return _parse(text, _NS, _AGES) / 1e9


def parse_size(text: str) -> int:
    """Bytes in *text*.

    >>> [parse_size(text) for text in ("100MB", "1.5 GiB", "2k", "512")]
    [100000000, 1610612736, 2000, 512]

    Raises:
        ValueError: It is no size.
    """
    units = {unit + end: factor for unit, factor in _BYTES.items() for end in ("", "b")}
    return _parse(text.lower(), units, "100MB, 1GiB or 500000")


def parse_moment(text: str, now: int) -> int:
    """The moment that *text* names, in ns since the epoch, as *now* is.

    *text* is how long ago it was, as ``10m``; a local time of day, as ``14:30``, which means the
    last one that is over; or a date, as ``2026-05-04`` or ``2026-05-04T14:30:00Z``, local without
    an offset.

    Raises:
        ValueError: It names no moment.
    """
    text = text.strip()
    try:
        if _NUMBER.fullmatch(text):
            return now - _parse(text, _NS, _MOMENTS)
        if re.match(r"[0-9]{2}:", text):
            today = local(now)
            then = datetime.combine(today, time.fromisoformat(text))
            if then.astimezone() > today:
                then -= timedelta(days=1)
        else:
            then = datetime.fromisoformat(text)
        return round(then.timestamp() * 1e6) * 1000
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is not like {_MOMENTS}") from None


def local(ns: int) -> datetime:
    """The local time of *ns* since the epoch; the epoch, if no calendar has such a moment."""
    try:
        return datetime.fromtimestamp(ns / 1e9).astimezone()
    except (OverflowError, OSError, ValueError):  # a recording may say anything
        return datetime.fromtimestamp(0).astimezone()


def _parse(text: str, units: Mapping[str, int], example: str) -> int:
    match = _NUMBER.fullmatch(text.strip())
    if match is None or match[2] not in units:
        raise ValueError(f"{text!r} is not like {example}")
    return round(Decimal(match[1]) * units[match[2]])
