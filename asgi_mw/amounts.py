"""Durations and sizes as people read them."""

from __future__ import annotations


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
