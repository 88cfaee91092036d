"""Recorded data as an agent may be shown it: plain, nothing hidden in it, and not too long."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from asgi_mw.printable import printable, printable_lines, unused
from asgi_mw.recorder.objects import plain

# A text is cut to so many characters, a list to so many items
TEXT, ITEMS = 2_000, 100
_SHORT = 200
# At most so many characters of JSON in all, or room for so many texts if longer ones are wanted
_ALL, _TEXTS = 60_000, 3
# How many of the cuts are listed
_SAID = 10
_DEEPEST, _KEY = 16, 200
# The longest escape of a character
_ESCAPE = 10
# The 256 variation selectors print as nothing, and can hide any bytes behind a letter
_HIDDEN = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Fields whose text may have several lines; in others, a newline is shown as an escape, too
_LINES = frozenset({"bad", "body", "bytes", "detail", "good", "said", "text", "traceback", "why"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")


class Bounded(NamedTuple):
    """Data that was cut to a bounded size.

    Attributes:
        value: Plain data for JSON.
        cut: What was cut: where, how much was kept, of how much, in which unit.
        more: How many more cuts are not listed.
    """

    value: Any
    cut: list[dict[str, Any]]
    more: int


def bounded(value: Any, longest: int = TEXT) -> Bounded:
    r"""As much of *value* as an answer may hold, safe to read.

    Args:
        value: Mappings, sequences, text, bytes and numbers.
        longest: How many characters of each text.

    >>> bounded({"path": "/\x1b[2J"}).value
    {'path': '/\\x1b[2J'}
    >>> bounded({"body": "abcdef"}, 3).value
    {'body': 'abc…'}
    >>> bounded({"body": "abcdef"}, 3).cut
    [{'at': 'body', 'kept': 3, 'of': 6, 'unit': 'characters'}]
    """
    room = max(_ALL, _TEXTS * longest)
    items = ITEMS
    while True:
        taker = _Taker(longest, items)
        taken = taker.take(value, "", 0)
        if len(json.dumps(taken, ensure_ascii=False)) <= room or longest == items == 1:
            return Bounded(taken, taker.cut[:_SAID], max(len(taker.cut) - _SAID, 0))
        # Shorter texts first, then fewer items
        if longest > _SHORT or items == 1:
            longest = max(longest // 2, _SHORT if items > 1 else 1)
        else:
            items //= 2


def safe(text: str, *, lines: bool = True) -> str:
    r"""*text* with hidden and control characters as escapes; newlines stay if *lines* is true.

    >>> safe("a\x1b[2J\u200bb\ufe01")
    'a\\x1b[2J\\u200bb\\ufe01'
    """
    longest = _ESCAPE * len(text) + 1
    shown = printable_lines(text, longest) if lines else printable(text, longest)
    return _HIDDEN.sub(lambda one: one[0].encode("unicode_escape").decode("ascii"), shown)


class _Taker:
    """Takes a bounded part of each value, and notes what it cut."""

    def __init__(self, longest: int, items: int) -> None:
        self._longest, self._items = longest, items
        self.cut: list[dict[str, Any]] = []

    def take(self, value: Any, at: str, depth: int) -> Any:
        if isinstance(value, str):
            return self._text(value, at)
        if isinstance(value, (Mapping, list, tuple)):
            if depth >= _DEEPEST:
                self._note(at, 0, len(value), "items")
                return "…"
            if isinstance(value, Mapping):
                return self._mapping(value, at, depth)
            few = value[: self._items]
            if len(few) < len(value):
                self._note(at, len(few), len(value), "items")
            return [self.take(one, f"{at}[{n}]", depth + 1) for n, one in enumerate(few)]
        found = plain(value)  # bytes become text, or an object
        if found is not value:
            return self.take(found, at, depth)
        return value if value is None or isinstance(value, (bool, int, float)) else repr(value)

    def _mapping(self, value: Mapping[Any, Any], at: str, depth: int) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        for name, one in value.items():
            if len(taken) >= self._items:
                self._note(at, len(taken), len(value), "items")
                break
            name = str(name)  # noqa: PLW2901  # the same, as JSON has it
            # A name may be recorded, too: places are text of ours, in which it must not appear
            place = name if _NAME.fullmatch(name) else "*"
            shown = unused(safe(name[:_KEY]), taken)
            taken[shown] = self.take(one, f"{at}.{place}".lstrip("."), depth + 1)
        return taken

    def _text(self, text: str, at: str) -> str:
        lines = at.rpartition(".")[2] in _LINES
        kept = min(len(text), self._longest)
        shown = safe(text[:kept], lines=lines)
        if len(shown) > max(self._longest, len(text)):  # escapes are longer
            kept = self._longest * kept // len(shown)
            shown = safe(text[:kept], lines=lines)
        if kept < len(text):
            self._note(at, kept, len(text), "characters")
            return f"{shown}…"
        return shown

    def _note(self, at: str, kept: int, of: int, unit: str) -> None:
        self.cut.append({"at": at, "kept": kept, "of": of, "unit": unit})
