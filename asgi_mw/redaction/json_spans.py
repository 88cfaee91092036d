"""Find secrets in JSON that may be truncated, joined from many documents, or broken.

No parser of the standard library does that: they stop at the first fault, hide where a value
stood, and recurse.  To mask, no tree is needed: a string before a colon is a name, and the value
of a secret name ends at the next separator outside brackets.  So the strings are read once, in
a loop without a stack, which is linear and indifferent to depth.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.redaction.json_gaps import (
    GAP,
    GAP_AFTER_VALUE,
    LAST_GAP,
    LAST_GAP_AFTER_VALUE,
    SPACE,
    START,
)
from asgi_mw.redaction.json_glance import SUSPECT, json_doubts
from asgi_mw.redaction.names import INNER, secret_within, squashed
from asgi_mw.redaction.siblings import sibling_spans
from asgi_mw.redaction.spans import MASK, Span, merged
from asgi_mw.redaction.text import text_spans
from asgi_mw.redaction.views import unescaped

if TYPE_CHECKING:
    from asgi_mw.redaction.names import Names
    from asgi_mw.redaction.spans import Within

_ANY_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_NEXT = re.compile(rf'([^"]*+)(?:({_ANY_STRING})({SPACE}*+:)?)?', re.DOTALL)
_TOKEN = re.compile(
    rf"{SPACE}*+(?:([{{\[])|([}}\]])|(,)|(?:{_ANY_STRING}|[^ \t\r\n\x1e\"{{}}\[\],]++))", re.DOTALL
)
_OPEN, _CLOSE, _COMMA = range(1, 4)
_USUAL_GAPS = frozenset({",", ", ", ",\n", "},{", "}, {"})

# Alone, these often name a thing, a count or a state; a secret with such a name is a string.
_OFTEN_PLAIN = frozenset({"auth", "pan", "pass", "pin", "session", "sid", "signature"})
_STRING = re.compile(rf'{SPACE}*+"')
_STRINGS = re.compile(rf'{SPACE}*+\[{SPACE}*+"')
# ... or a number that is too long for a count, and may be longer where the text is cut
_NUMBER = re.compile(rf"{SPACE}*+[-0-9]")
_LONG_NUMBER = re.compile(rf"{SPACE}*+-?[0-9]{{4}}")
_CUT_NUMBER = re.compile(rf"{SPACE}*+-?[0-9]*+\Z")

_LITERALS = frozenset({"true", "false", "null"})  # they reveal nothing of a secret
_DATE = re.compile(r'"\d{4}-\d\d-\d\d[T ][\d:.,Z+-]*+"\Z', re.ASCII)  # the most common of suspects
_BRACKETS = re.compile(r"[\[\]{}]")
_NEAR = 16  # brackets that are looked at, from the innermost


class JsonSpans(NamedTuple):
    """The merged *spans* of a text, and whether it is *sound* JSON as far as it goes."""

    spans: list[Span]
    sound: bool


def json_spans(
    text: str,
    secret: Names,
    *,
    cut: bool = False,
    within: Within | None = None,
    glance: bool = True,
) -> JsonSpans:
    r"""Find the values of secret names in *text*, and secrets within its other strings.

    A text that is not sound has to be read as something else, too.

    Args:
        text: UTF-8 as Latin-1: one JSON document, several, or the beginning of one.
        secret: Says which names are secret.
        cut: The text goes on beyond its end.
        within: Finds the secrets in a string, which is free text by default.
        glance: Strings that are plainly clean need not be given to *within*.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = '{"user": "me", "pass\\u0077ord": {"now": "x", "ol'
    >>> spans, sound = json_spans(text, compile_names(), cut=True)
    >>> masked(text, spans), sound
    ('{"user": "me", "pass\\u0077ord": "[redacted]"', True)
    """
    doubts = json_doubts(text, secret, cut=cut, glance=glance)
    if doubts is None:
        spans, sound = _read(text, secret, within, cut=cut)
    else:
        spans, sound = _read_some(text, doubts.places, secret, within, cut=cut), True
    if doubts is None or doubts.siblings:
        spans = merged([*sibling_spans(text, secret, _value, cut=cut), *spans])
    return JsonSpans(spans, sound)


def _read_some(
    text: str, places: list[int], secret: Names, within: Within | None, *, cut: bool
) -> list[Span]:
    """Read the strings at *places* of a sound text, in which no name is secret within another."""
    found: list[Span] = []
    at = 0
    for place in places:
        if place >= at and (match := _NEXT.match(text, place)):
            at, spans = _read_string(text, match, [], secret, within, cut=cut)
            found += spans
    return merged(found) if found else found


def _read(text: str, secret: Names, within: Within | None = None, *, cut: bool) -> JsonSpans:
    """Read *text* string by string."""
    found: list[Span] = []
    sound = True
    after_value = False
    outer: list[str] = []  # for each open bracket, the name before it
    name = ""
    prefix = START.match(text)
    at = prefix.end() if prefix else 0
    while match := _NEXT.match(text, at):
        gap, string, colon = match.groups()
        if string is None:
            allowed = LAST_GAP_AFTER_VALUE if after_value else LAST_GAP
            sound = sound and allowed.match(gap) is not None
            break
        if not (after_value and gap in _USUAL_GAPS):
            if sound:
                sound = (GAP_AFTER_VALUE if after_value else GAP).match(gap) is not None
            for bracket in _BRACKETS.findall(gap):
                if bracket in "{[":
                    outer.append(name)
                elif outer:
                    outer.pop()
                name = ""
        at, spans = _read_string(text, match, outer, secret, within, cut=cut)
        found += spans
        after_value = colon is None or at > match.end()
        name = "" if colon is None else _unescaped(string)
    return JsonSpans(merged(found), sound)


def _read_string(
    text: str,
    match: re.Match[str],
    outer: list[str],
    secret: Names,
    within: Within | None,
    *,
    cut: bool,
) -> tuple[int, list[Span]]:
    """The secrets that the string of *match* names or holds, and where reading goes on."""
    _, string, colon = match.groups()
    at = match.end()
    if colon is not None:
        name = _unescaped(string)
        if _is_secret(name, outer, text, at, secret, cut=cut):
            start, at = _value(text, at)
            plain = text[start:at] in _LITERALS and not (cut and at == len(text))
            return at, [] if start == at or plain else [Span(start, at, f'"{MASK}"', name)]
    if SUSPECT.search(string) and not _DATE.match(string):
        start, end = match.span(2)
        return at, _in_string(text, start, end, secret, within, cut=cut and end == len(text))
    return at, []


def _in_string(
    text: str, start: int, end: int, secret: Names, within: Within | None, *, cut: bool
) -> list[Span]:
    """The secrets in the string between two places, each where it stands in *text*."""
    start += 1
    content = text[start : max(end - text.endswith('"', start, end), start)]
    view = unescaped(content)
    return [
        # A mask of a string within a string has quotes, which are escaped there
        span._replace(
            start=start + view.origin(span.start),
            end=start + view.origin(span.end),
            mask=span.mask.replace("\\", "\\\\").replace('"', '\\"'),
        )
        for span in _within(view.text, secret, within, cut=cut)
    ]


def _within(content: str, secret: Names, within: Within | None, *, cut: bool) -> list[Span]:
    if within is None:
        return text_spans(content, secret, cut=cut)
    return within(content, cut=cut)


def _is_secret(  # all that makes a secret
    name: str, outer: list[str], text: str, at: int, secret: Names, *, cut: bool
) -> bool:
    """Whether *name* and the kind of value that follows it at *at* make a secret."""
    if name == "tokens":  # a count of tokens has this name, too
        return secret("token") and _STRINGS.match(text, at) is not None
    if secret(name):
        joined = squashed(name)
        if joined == "token":
            return _NUMBER.match(text, at) is None or _is_long(text, at, cut=cut)
        if joined not in _OFTEN_PLAIN:
            return True
    elif not (outer and name.lower() in INNER) or not secret_within(
        name, [one for one in outer[-_NEAR:] if one], secret
    ):
        return False
    return _STRING.match(text, at) is not None or _is_long(text, at, cut=cut)


def _is_long(text: str, at: int, *, cut: bool) -> bool:
    return _LONG_NUMBER.match(text, at) is not None or (
        cut and _CUT_NUMBER.match(text, at) is not None
    )


def _value(text: str, at: int) -> tuple[int, int]:
    """Where the value at or after *at* begins and ends; it is cut if brackets are still open."""
    start = end = at
    depth = 0
    while match := _TOKEN.match(text, end):
        kind = match.lastindex
        if not depth and kind in {_CLOSE, _COMMA}:
            return start, end
        if start == end:
            start = match.end() - len(match[0].lstrip(" \t\r\n\x1e"))
        end = match.end()
        depth += (kind == _OPEN) - (kind == _CLOSE)
    return start, len(text) if depth else end


def _unescaped(string: str) -> str:
    content = string[1:-1] if len(string) > 1 and string.endswith('"') else string[1:]
    return unescaped(content).text if "\\" in content else content
