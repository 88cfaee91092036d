"""Say where JSON begins and ends in a text of another kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN = re.compile(r"[\[{][ \t\r\n]*+[\"\[{]")
_TOKEN = re.compile(
    r"[^\"\[\]{}]*+(?:([\[{])|([\]}])|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+(?:\"|\\?\Z))", re.DOTALL
)
_MOST_OPEN = 8


def json_regions(text: str) -> Iterator[tuple[int, int]]:
    """Find each text of JSON in *text*; what is never closed goes on to the end.

    >>> list(json_regions('see {"a": [1]} and [["b"'))
    [(4, 14), (19, 24), (20, 24)]
    """
    at = still_open = 0
    while begin := _BEGIN.search(text, at):
        end, depth = begin.start(), 0
        while token := _TOKEN.match(text, end):
            end = token.end()
            depth += (token.lastindex == 1) - (token.lastindex == 2)
            if depth == 0:
                break
        if not depth:
            at = end
            yield begin.start(), end
            continue
        yield begin.start(), len(text)
        # A stray quote may have hidden its end: what begins later is looked at, too
        still_open += 1
        if still_open == _MOST_OPEN:
            return
        at = begin.start() + 1
