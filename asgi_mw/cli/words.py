"""Moments as people read them."""

from __future__ import annotations

from asgi_mw.amounts import local


def clock(ns: int, now: int) -> str:
    """The local time of *ns* since the epoch: without the date on the day of *now*."""
    then, today = local(ns), local(now)
    if then.date() == today.date():
        return f"{then:%H:%M:%S}.{then.microsecond // 1000:03}"
    return f"{then:%Y-%m-%d %H:%M:%S}"


def moment(ns: int) -> str:
    """The local date and time of *ns* since the epoch, to the microsecond, with its offset."""
    return local(ns).isoformat(sep=" ", timespec="microseconds")
