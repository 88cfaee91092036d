"""See a text as it is with one layer of its encodings undone, every character's place known."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.redaction.spans import MASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.redaction.spans import Span

_A = re.ASCII
# https://url.spec.whatwg.org/#percent-encoded-bytes, the references of XML and HTML, and what JSON,
# Python and JavaScript write for a character within a string.
_ESCAPE = re.compile(
    r"%([0-9A-Fa-f]{2})|&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(quot|apos|amp|lt|gt|equals|colon));"
    r"|\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([^\r\nux]))",
    _A,
)
_IN_JSON = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_NAMED = {
    "quot": '"',
    "apos": "'",
    "amp": "&",
    "lt": "<",
    "gt": ">",
    "equals": "=",
    "colon": ":",
}
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HIGHEST = 0x10FFFF


class View(NamedTuple):
    """A *text* without its escapes: ``shift[i]`` characters are gone before ``after[i]``."""

    text: str
    after: list[int]
    shift: list[int]

    def origin(self, at: int) -> int:
        """Where the character at *at* stands in the text that this is a view of."""
        index = bisect_right(self.after, at)
        return at + self.shift[index - 1] if index else at

    def original(self, span: Span, mask: str = MASK) -> Span:
        """*span* as the text has it that this is a view of."""
        return span._replace(start=self.origin(span.start), end=self.origin(span.end), mask=mask)


def decoded(text: str) -> View | None:
    r"""Undo percent-encoding, character references and backslashes once; ``None`` without any.

    >>> decoded("a=1&amp;t%6Fken=\\u0031").text
    'a=1&token=1'
    """
    return _view(text, _ESCAPE, _character)


def unescaped(content: str) -> View:
    r"""Undo the escapes of what stands between the quotes of a string of JSON.

    >>> view = unescaped(r"\"p\u0069n\": 1")
    >>> view.text, view.origin(3)
    ('"pin": 1', 9)
    """
    return _view(content, _IN_JSON, _json_character) or View(content, [], [])


def _view(
    text: str, escape: re.Pattern[str], character: Callable[[re.Match[str]], str]
) -> View | None:
    kept: list[str] = []
    after: list[int] = []
    shift: list[int] = []
    at = gone = length = 0
    for match in escape.finditer(text):
        start, end = match.span()
        one = character(match)
        kept += text[at:start], one
        length += start - at + len(one)
        gone += end - start - len(one)
        after.append(length)
        shift.append(gone)
        at = end
    if not kept:
        return None
    kept.append(text[at:])
    return View("".join(kept), after, shift)


def _character(escape: re.Match[str]) -> str:
    percent, decimal, hexadecimal, name, unicode, byte, letter = escape.groups()
    if letter:
        return _LETTERS.get(letter, letter)
    if name:
        return _NAMED[name]
    number = int(decimal) if decimal else int(percent or hexadecimal or unicode or byte, 16)
    return chr(min(number, _HIGHEST))


def _json_character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _LETTERS.get(escape[2], escape[2])
