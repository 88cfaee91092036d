"""Find where a value ends at the latest, if a text whose head is cut off begins in its middle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.names import INNER
from asgi_mw.redaction.pairs import cut_pair_end, pair_spans
from asgi_mw.redaction.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(r"[^\r\n]*+")
# What ends a string, an element, a key in PEM, a part; a quote may be the one that opens or closes
_ENDS = tuple(
    re.compile(end)
    for end in (r"(?<!\\)\"", r"(?<!\\)'", r"(?<!\\)`", r"</[^>]*+>?", r"-----END", r"\r?\n--")
)
_BRACKETS = re.compile(r"[\[\](){}]")
# The name of a value that follows may have been cut: `sword</key><value>x</value>`
_VALUE_AFTER = re.compile(
    r"\s*+<(?:value|string|data|param-value)\b[^>]*+>[^<]*+", re.IGNORECASE | re.ASCII
)
_DEEPER = re.compile(r"(?:(?:\r\n?|\n)(?!  File \"|  \|)(?:[ \t][^\r\n]*+|(?=[\r\n])))*+")


def head_spans(text: str, *, cut: bool) -> Iterator[Span]:
    r"""What may be part of a secret because the head of *text* is missing.

    >>> [span[:2] for span in head_spans("x\nkey = 1", cut=False)]
    [(0, 1), (8, 9)]
    """
    if end := head_end(text, cut=cut):
        yield Span(0, end, name="cut")
    # What these names stand within may be missing, such as the heading of a section of settings
    yield from pair_spans(text, lambda name: name.lower() in INNER, cut=cut)


def head_end(text: str, *, cut: bool) -> int:
    r"""The end of what may be the rest of a secret at the beginning of *text*.

    What is cut off may have opened a string, an element, brackets or a block of lines, or have been
    half a name.  The value goes on to where the most distant of them is closed.  If one is closed
    nowhere, it goes on to the end of the line, or of the text if that is *cut*, too.

    >>> head_end("rd='x y', id=3\nb", cut=False), head_end("x\ny</pin><a>", cut=False)
    (14, 9)
    """
    line = _LINE.match(text)
    end = line.end() if line else 0
    deeper = _DEEPER.match(text, end)
    end = max(end, deeper.end() if deeper else 0, cut_pair_end(text, cut=cut), _closed(text))
    for pattern in _ENDS:
        if match := pattern.search(text):
            end = max(end, match.end())
            if value := _VALUE_AFTER.match(text, match.end()):
                end = max(end, value.end())
        elif cut:
            return len(text)
    return end


def _closed(text: str) -> int:
    """The place after the first bracket that is closed and was not opened; 0 without one."""
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth += 1 if bracket[0] in "[({" else -1
        if depth < 0:
            return bracket.end()
    return 0
