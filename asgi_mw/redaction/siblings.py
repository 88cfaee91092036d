"""Find secrets in JSON that another member names: ``{"name": "password", "value": "x"}``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.spans import MASK, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.redaction.names import IsSecret

_NAMING = frozenset({"name", "key", "field", "id", "header"})
NAMED = frozenset({"val", "value", "values"})
_HAS_VALUE = re.compile(r'"val(?:ues?)?"', re.IGNORECASE)
_NEXT = re.compile(
    r'([^"]*+)(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)(?:"|\\?\Z)([ \t\r\n\x1e]*+:)?)?', re.DOTALL
)
_NUMBER = re.compile(r"[ \t\r\n\x1e]*+(-?[0-9][0-9.eE+-]*+)")
_BRACES = re.compile(r"[{}]")
_LONGEST_NAME = 64
_MOST_WORDS = 2  # `API key`; more is prose
_LITERALS = frozenset({"true", "false", "null"})  # they reveal nothing of a secret


def sibling_spans(
    text: str, secret: IsSecret, value: Callable[[str, int], tuple[int, int]], *, cut: bool
) -> list[Span]:
    """Find the values that a member of the same object names, before or after them.

    Args:
        text: JSON, or what is left of it.
        secret: Says which names are secret.
        value: Gives the beginning and the end of the value that follows a position.
        cut: The text goes on, so a value that may yet be named counts.
    """
    if _HAS_VALUE.search(text) is None:
        return []
    found: list[Span] = []
    # Of each open object, by its depth: the secret name it holds, and its string value.
    names: dict[int, str] = {}
    values: dict[int, Span] = {}
    depth = at = 0
    member = ""
    while (match := _NEXT.match(text, at)) and match[2] is not None:
        at = match.end()
        gap, string, colon = match.groups()
        for brace in _BRACES.finditer(gap):
            depth += 1 if brace[0] == "{" else 0
            names.pop(depth, None)
            values.pop(depth, None)
            depth -= 1 if brace[0] == "}" else 0
        if colon is not None:
            member = string.lower()
            if member in NAMED and depth in names:
                start, at = value(text, at)
                if start < at and text[start:at] not in _LITERALS:
                    found.append(Span(start, at, f'"{MASK}"', names[depth]))
            elif member in NAMED and (number := _NUMBER.match(text, at)):
                values[depth] = Span(*number.span(1), f'"{MASK}"', member)
            continue
        of, member = member, ""
        if gap.strip(" \t\r\n\x1e"):
            continue  # an item of an array
        if of in NAMED and string:
            values[depth] = Span(match.start(2) - 1, at, f'"{MASK}"', of)
        elif of in _NAMING and _names_a_secret(string, secret):
            names[depth] = string
            if depth in values:
                found.append(values[depth]._replace(name=string))
    if cut:
        found += values.values()
    return found


def _names_a_secret(string: str, secret: IsSecret) -> bool:
    return len(string) <= _LONGEST_NAME and string.count(" ") < _MOST_WORDS and secret(string)
