"""What a pair in free text stands within: brackets, headings of deeper lines, sections."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from asgi_mw.redaction.names import secret_within

if TYPE_CHECKING:
    from asgi_mw.redaction.names import IsSecret

# In a text without these, no name becomes secret by what it stands within
_OUTER = re.compile(
    r"access|account|api|auth|card|credit|cc|encr|function|master|onetime|pass|private|saml|secur"
    r"|sess|shared|signing|storage|subscr|webhook",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"(?m)(?<![\w\])])\[[ \t\"']*+([^\[\]\r\n\"']{1,64})[\"' \t]*+\]{1,2}[ \t]*+\r?$"
)
_INDEXED = re.compile(r"([\w.-]{1,64})\[[\"']?\Z", re.ASCII)  # card[number]
_BRACES = re.compile(r"[{}]")
_BEFORE_BRACE = re.compile(r"([\w.$-]{1,64})[\"'\\\]]*+\s*+(?:=>?|:=?)?[\s\[(]*+\Z", re.ASCII)
_HEADING = re.compile(
    r"([ \t-]*+)(?:.*[^\w.$-])?([\w.$-]{1,64})[\"']?[ \t]*+[:=][ \t]*+(?:[!&][^\r\n]*+)?\Z"
)
_LOOK_BACK = 256
_NEAR = 80


class Outer:
    """Finds what stands around a pair of *text*, within a bounded distance."""

    def __init__(self, text: str) -> None:
        self._text = text

    def makes_secret(self, name: str, at: int, secret: IsSecret) -> bool:
        r"""Whether *name*, at *at*, is secret because of what it is a member of.

        >>> from asgi_mw.redaction.names import compile_names
        >>> text = "card:\n  exp: 1\n  number: 2"
        >>> Outer(text).makes_secret("number", text.index("number"), compile_names())
        True
        """
        if not self._has_outer:
            return False
        before = self._text[max(0, at - _LOOK_BACK) : at]
        return any(
            secret_within(name, outer, secret)
            for outer in (
                _INDEXED.findall(before[-_NEAR:]),
                _brackets(before),
                _headings(before),
                self._section(at),
            )
            if outer
        )

    @cached_property
    def _has_outer(self) -> bool:
        return _OUTER.search(self._text) is not None

    @cached_property
    def _sections(self) -> list[tuple[int, str]]:
        return [(match.end(), match[1]) for match in _SECTION.finditer(self._text)]

    def _section(self, at: int) -> list[str]:
        index = bisect_right(self._sections, (at, ""))
        return self._sections[index - 1][1].split(".") if index else []


def _brackets(before: str) -> list[str]:
    """The names of the objects that are still open at the end of *before*, outermost first."""
    opened: list[int] = []
    for brace in _BRACES.finditer(before):
        if brace[0] == "{":
            opened.append(brace.start())
        elif opened:
            opened.pop()
    names = [_BEFORE_BRACE.search(before[max(0, at - _NEAR) : at]) for at in opened[-3:]]
    return [name[1] for name in names if name]


def _headings(before: str) -> list[str]:
    """The headings of the lines at the end of *before* that are indented less, outermost first."""
    *lines, last = re.split(r"[\r\n]+", before)
    indent = len(last) - len(last.lstrip(" \t-"))
    names: list[str] = []
    for line in reversed(lines):
        match = _HEADING.match(line)
        if match and len(match[1]) < indent:
            names.insert(0, match[2])
            indent = len(match[1])
    return names
