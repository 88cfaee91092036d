"""What one value of a filter may be: a span of numbers, or a text; parsed, written, compared."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, NamedTuple

from asgi_mw.amounts import parse_ns, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGN = re.compile(r"(>=|<=|>|<|=)\s*(.*)", re.DOTALL)
_CLASS = re.compile(r"[1-5]xx", re.IGNORECASE)
_STATUS = re.compile(r"[1-5][0-9][0-9]")
_NUMBER = re.compile(r"[0-9]{1,9}")
_NO_STATUS = "{!r} is no status; write it as 404, 5xx or >=400"
_WILD = re.compile(r"[*?\[]")
_MOST = 2**63
_NS = (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1))
_BYTES = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3), ("", 1))


class Span(NamedTuple):
    """Numbers from *low* to *high*, both included; ``None`` where there is no end."""

    low: float | None
    high: float | None

    def has(self, number: float | None) -> bool:
        """Whether *number* is in it; an unknown one never is."""
        low, high = self
        return (
            number is not None
            and (low is None or number >= low)
            and (high is None or number <= high)
        )


class Named(NamedTuple):
    """A part of a path or route (``"in"``), all of it (``"is"``), or a pattern (``"like"``)."""

    how: Literal["in", "is", "like"]
    text: str

    def fits(self, text: str | None) -> bool:
        """Whether *text*, a path or a route, is meant."""
        if text is None:
            return False
        if self.how == "in":
            return self.text in text
        return text == self.text if self.how == "is" else fnmatchcase(text, self.text)


def parse_status(text: str) -> Span:
    """The statuses that *text* names.

    >>> parse_status("404"), parse_status("5XX"), parse_status(">=400")
    (Span(low=404, high=404), Span(low=500, high=599), Span(low=400, high=None))

    Raises:
        ValueError: It names none.
    """
    if _CLASS.fullmatch(text):
        return Span(int(text[0]) * 100, int(text[0]) * 100 + 99)
    if text[:1].isdigit() and ".." not in text and not _STATUS.fullmatch(text):
        raise ValueError(_NO_STATUS.format(text))
    return _span(text, _parse_status, "=")


def write_status(span: Span) -> str:
    """The text of which :func:`parse_status` makes *span*."""
    low, high = span
    if low is not None and high == low + 99 and low % 100 == 0:
        return f"{low // 100:.0f}xx"
    return _written(span, str).removeprefix("=")


def parse_span(text: str) -> Span:
    """The durations that *text* names, in ns; without a sign, those that are at least so long.

    >>> parse_span(">100ms"), parse_span("2us..1s")
    (Span(low=100000001, high=None), Span(low=2000, high=1000000000))

    Raises:
        ValueError: It names none.
    """
    return _span(text, parse_ns, ">=")


def write_span(span: Span) -> str:
    """The text of which :func:`parse_span` makes *span*."""
    return _written(span, lambda number: _with_unit(number, _NS))


def parse_sizes(text: str) -> Span:
    """The sizes that *text* names, in bytes; without a sign, those that are at least so large.

    >>> parse_sizes("<1kB")
    Span(low=None, high=999)

    Raises:
        ValueError: It names none.
    """
    return _span(text, parse_size, ">=")


def write_sizes(span: Span) -> str:
    """The text of which :func:`parse_sizes` makes *span*."""
    return _written(span, lambda number: _with_unit(number, _BYTES))


def parse_named(text: str) -> Named:
    """What *text* names: a part of a path; after ``=`` all of it; a pattern if it has a wildcard.

    >>> parse_named("/api"), parse_named("=/api"), parse_named("/users/*")
    (Named(how='in', text='/api'), Named(how='is', text='/api'), Named(how='like', text='/users/*'))
    """
    if text.startswith("="):
        return Named("is", text[1:])
    return Named("like" if is_pattern(text) else "in", text)


def write_named(named: Named) -> str:
    """The text of which :func:`parse_named` makes *named*."""
    return f"={named.text}" if named.how == "is" else named.text


def is_pattern(text: str) -> bool:
    """Whether *text* has a wildcard: ``*``, ``?`` or ``[``."""
    return _WILD.search(text) is not None


def _parse_status(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(_NO_STATUS.format(text))
    return int(text)


def _span(text: str, parse: Callable[[str], int], plain: str) -> Span:
    def read(text: str) -> int:
        return min(parse(text), _MOST)

    low, dots, high = text.partition("..")
    if dots:
        return Span(read(low), read(high))
    match = _SIGN.fullmatch(text)
    sign, number = (match[1], read(match[2])) if match else (plain, read(text))
    if sign == "<" and number == 0:
        raise ValueError(f"{text!r} can match nothing; write a number after <")
    if sign == "=":
        return Span(number, number)
    if sign[0] == ">":
        return Span(min(number + (sign == ">"), _MOST), None)
    return Span(None, number - (sign == "<"))


def _written(span: Span, write: Callable[[float], str]) -> str:
    low, high = span
    if low is None:
        return ">=0" if high is None else f"<={write(high)}"
    if high is None:
        return f">={write(low)}"
    return f"={write(low)}" if low == high else f"{write(low)}..{write(high)}"


def _with_unit(number: float, units: tuple[tuple[str, int], ...]) -> str:
    whole = int(min(number, _MOST))
    unit, factor = next(each for each in units if whole % each[1] == 0)
    return f"{whole // factor}{unit}"
