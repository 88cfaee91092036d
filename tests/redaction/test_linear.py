"""Hostile text and bodies cost linear time, at a cut as well."""

from __future__ import annotations

import time
from itertools import product
from typing import TYPE_CHECKING

import pytest

from asgi_mw.redaction import DEFAULT
from asgi_mw.redaction.text import text_spans

if TYPE_CHECKING:
    from collections.abc import Callable

_PART = b'--b\r\nContent-Disposition: form-data; name="a"'
_SMALL, _LARGE = 2**12, 2**14
_TRIFLE = 0.05  # seconds


def _body(kind: bytes, start: bytes = b"", end: bytes = b"") -> Callable[[str], object]:
    return lambda text: DEFAULT.body([start + text.encode() + end], content_type=kind, cut=True)


ENTRIES = {
    "text": lambda text: text_spans(text, DEFAULT.secret, cut=True),
    "text-body": _body(b"text/plain"),
    "json": _body(b"application/json"),
    "form": _body(b"application/x-www-form-urlencoded"),
    "part": _body(b"multipart/form-data; boundary=b", _PART + b"\r\n\r\n"),
    "part-headers": _body(b"multipart/form-data; boundary=b", _PART, b"\r\n\r\nx"),
    "events": _body(b"text/event-stream"),
    "untyped": _body(b""),
    "headless": lambda text: DEFAULT.text(text, headless=True),
    "query": lambda text: DEFAULT.query(text.encode(), cut=True),
}
STARTS = ["", "://", "eyJ", '"', "token=", "password='", '{"pin":', "<pin ", "a ", "password: |\n "]
UNITS = [
    *["a", ":", "/", "@", "%", "eyJ.", "<a", '"', "'", "\\", "(", "{", ",", ";", " ", "\n", "\r"],
    *["a ", "a=", "bearer ", "pin='", 'pin=\\"', '"cookie: ', "token=a(", "\n ", "name*=''", "é"],
]
NESTED = [
    *["%3D", "%22", "&lt;", "&amp;", '\\"', "key=", "card: {key: ", "[card]\nkey=a\n", "<card>"],
    *['{"', "[[", "data:{\n", "\ndata: \\n", "a=1&", 'Content-Disposition: name="pin"\n\n'],
]


def _spent(
    entry: Callable[[str], object], start: str, unit: str, size: int, *, tries: int
) -> float:
    """Measure the seconds of this thread that a text of *size* characters costs at best."""
    text = f"{start}{unit * (size // len(unit))} x"
    best = float("inf")
    for _ in range(tries):
        began = time.thread_time()
        entry(text)
        best = min(best, time.thread_time() - began)
    return best


def _grows(entry: Callable[[str], object], start: str, unit: str) -> bool:
    """Whether it costs too much; what else the machine does only ever adds, so ask again."""
    return all(_is_slow(entry, start, unit, tries) for tries in (1, 2, 10, 30))


def _is_slow(entry: Callable[[str], object], start: str, unit: str, tries: int) -> bool:
    large = _spent(entry, start, unit, _LARGE, tries=tries)
    return large > _TRIFLE and (
        large > 9 * _spent(entry, start, unit, _SMALL, tries=tries) + _TRIFLE
    )


@pytest.mark.slow
@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_four_times_the_text_costs_less_than_sixteen_times_the_time(
    entry: Callable[[str], object],
) -> None:
    """Linear growth would be four times, quadratic sixteen."""
    slow = [
        (start, unit)
        for start, unit in [*product(STARTS, UNITS), *(("", unit) for unit in NESTED)]
        if _grows(entry, start, unit)
    ]
    assert [] == slow
