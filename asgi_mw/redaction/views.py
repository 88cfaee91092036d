"""A text with one layer of its encodings undone, and the place that each character came from."""

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
_REFERENCE = re.compile(
    r"&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(quot|apos|amp|lt|gt|equals|colon));", _A
)
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})", _A)
_BACKSLASH = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([^\r\nux]))", _A)
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
        """*span* at its place in the text that this is a view of."""
        return span._replace(start=self.origin(span.start), end=self.origin(span.end), mask=mask)


def decoded(text: str) -> View | None:
    r"""Undo character references, else percent-encoding, else backslashes; ``None`` without any.

    So the last encoding of a text within a text is undone first, as far as that can be known.

    >>> decoded("a=1&amp;t%6Fken").text, decoded("a=1&t%6Fken").text
    ('a=1&t%6Fken', 'a=1&token')
    """
    return (
        ("&" in text and _view(text, _REFERENCE, _referred))
        or ("%" in text and _view(text, _PERCENT, lambda escape: chr(int(escape[1], 16))))
        or _view(text, _BACKSLASH, _escaped)
    )


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


def _referred(reference: re.Match[str]) -> str:
    decimal, hexadecimal, name = reference.groups()
    if name:
        return _NAMED[name]
    return chr(min(int(decimal) if decimal else int(hexadecimal, 16), _HIGHEST))


def _escaped(escape: re.Match[str]) -> str:
    unicode, byte, letter = escape.groups()
    return _LETTERS.get(letter, letter) if letter else chr(int(unicode or byte, 16))


def _json_character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _LETTERS.get(escape[2], escape[2])
