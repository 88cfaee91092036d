"""Find secrets in JSON that may be truncated, joined from many documents, or broken.

No parser of the standard library does that: they stop at the first fault, hide where a value
stood, and recurse.  To mask, no tree is needed: a string before a colon is a name, and the value
of a secret name ends at the next separator outside brackets.  So the strings are read once, in
a loop without a stack, which is linear and indifferent to depth.
"""

from __future__ import annotations

import json
import re
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.redaction.names import squashed
from asgi_mw.redaction.siblings import sibling_spans
from asgi_mw.redaction.spans import MASK, Span, masked, merged
from asgi_mw.redaction.text import text_spans

if TYPE_CHECKING:
    from asgi_mw.redaction.names import IsSecret

# A byte order mark as Latin-1; the packet type that Socket.IO and SockJS write before JSON.
_START = re.compile(r"(?:\xef\xbb\xbf)?(?:(?:[0-9]{1,8}|[a-z])(?=[\[{]))?")

# RFC 8259 section 2, and U+001E before each text of a JSON text sequence (RFC 7464).
_BLANKS = " \t\r\n\x1e"
_SPACE = rf"[{_BLANKS}]"
_ANY_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_NEXT = re.compile(rf'([^"]*+)(?:({_ANY_STRING})({_SPACE}*+:)?)?', re.DOTALL)
_TOKEN = re.compile(
    rf"{_SPACE}*+(?:([{{\[])|([}}\]])|(,)|(?:{_ANY_STRING}|[^ \t\r\n\x1e\"{{}}\[\],]++))", re.DOTALL
)
_OPEN, _CLOSE, _COMMA = range(1, 4)

# What may stand between two strings.  A value is followed by a separator, and a bare word is one
# of JSON's: else a stray quote has turned what is a string into what is not.
_BARE = r"(?:-?[0-9][0-9.eE+-]*+|true|false|null)"
_CUT_BARE = r"(?:-|tr?u?|fa?l?s?|nu?l?)\Z"
_STEP = rf"(?:[,:\[{{\]}}]{_SPACE}*+|{_BARE}{_SPACE}*+(?=[,\]}}]))"
_GAP = re.compile(rf"{_SPACE}*+{_STEP}*+\Z")
_GAP_AFTER_VALUE = re.compile(rf"{_SPACE}*+[,\]}}]{_SPACE}*+{_STEP}*+\Z")
_LAST_GAP = re.compile(rf"{_SPACE}*+{_STEP}*+(?:{_BARE}{_SPACE}*+|{_CUT_BARE})?\Z")
_LAST_GAP_AFTER_VALUE = re.compile(
    rf"{_SPACE}*+(?:[,\]}}]{_SPACE}*+{_STEP}*+(?:{_BARE}{_SPACE}*+|{_CUT_BARE})?)?\Z"
)
_FIRST_GAP = re.compile(rf"{_START.pattern}{_SPACE}*+{_STEP}*+")
_INNER_GAP = rf"{_SPACE}*+[:,\]}}]{_SPACE}*+{_STEP}*+"
_LAST = re.compile(rf"{_SPACE}*+(?:[:,\]}}]{_SPACE}*+{_STEP}*+(?:{_BARE}{_SPACE}*+|{_CUT_BARE})?)?")
_INNER_GAPS = re.compile(rf'{_INNER_GAP}(?:"{_INNER_GAP})*+')
_USUAL_GAPS = frozenset({",", ", ", ",\n", "},{", "}, {"})

# What these name alone is often a thing, a count or a state; a secret of that name is a string.
_OFTEN_PLAIN = frozenset({"auth", "pan", "pass", "pin", "session", "sid", "signature"})
_STRING = re.compile(rf'{_SPACE}*+"')
_STRINGS = re.compile(rf'{_SPACE}*+\[{_SPACE}*+"')
_NUMBER = re.compile(rf"{_SPACE}*+[-0-9]")

_LITERALS = frozenset({"true", "false", "null"})  # they tell nothing of a secret
_SUSPECT = re.compile(r"=|:|@|<|\\|'|%3|eyJ|-----|B[EeAa][AaSs][RrIi]|b[EeAa][AaSs][RrIi]")
_DATE = re.compile(r'"\d{4}-\d\d-\d\d[T ][\d:.,Z+-]*+"\Z', re.ASCII)  # the most common of suspects
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class JsonSpans(NamedTuple):
    """The merged *spans* of a text, and whether it is *sound* JSON as far as it goes."""

    spans: list[Span]
    sound: bool


def json_spans(text: str, secret: IsSecret, *, cut: bool = False) -> JsonSpans:
    r"""Find the values of secret names in *text*, and secrets within its other strings.

    A text that is not sound is searched as free text too.

    Args:
        text: UTF-8 as Latin-1: one JSON document, several, or the beginning of one.
        secret: Says which names are secret.
        cut: The text goes on beyond its end.

    >>> from asgi_mw.redaction.names import compile_names
    >>> text = '{"user": "me", "pass\\u0077ord": {"now": "x", "ol'
    >>> spans, sound = json_spans(text, compile_names(), cut=True)
    >>> masked(text, spans), sound
    ('{"user": "me", "pass\\u0077ord": "[redacted]"', True)
    """
    named = sibling_spans(text, secret, _value, cut=cut)
    if not named and _is_harmless(text, secret, cut=cut):
        return JsonSpans([], sound=True)
    spans, sound = _read(text, secret, cut=cut)
    return JsonSpans(merged([*named, *spans]) if named else spans, sound)


def _is_harmless(text: str, secret: IsSecret, *, cut: bool) -> bool:
    """Whether *text* is plainly sound and free of secrets; if not, it may be so nevertheless.

    Without escapes, quotes alone tell strings from what stands between, and :meth:`str.split`
    finds them in a tenth of the time that reading them one by one takes.
    """
    if "\\" in text:
        return False
    first, *parts = text.split('"')
    strings, gaps = parts[::2], parts[1::2]
    if not strings or len(strings) > len(gaps):
        return False
    *inner, last = gaps
    if cut and not last:
        return False
    kinds = set(inner)
    before_values = {
        gap for gap in (*kinds, last) if gap[:1] == ":" or gap.lstrip(_BLANKS)[:1] == ":"
    }
    names = set(compress(strings, map(before_values.__contains__, gaps)))
    if any(map(secret, names)) or "tokens" in names:
        return False
    if not (
        (not kinds or _INNER_GAPS.fullmatch('"'.join(kinds)))
        and _FIRST_GAP.fullmatch(first)
        and _LAST.fullmatch(last)
    ):
        return False
    joined = "\n".join(strings)
    return not _has_suspect(joined) or not any(
        _SUSPECT.search(string)
        and not _DATE.match(f'"{string}"')
        and text_spans(_unescaped(f'"{string}"'), secret)
        for string in set(strings)
    )


def _has_suspect(text: str) -> bool:
    """Whether *text*, without backslashes, has what a suspect has; faster than the expression."""
    lowered = text.lower()
    return (
        ":" in text
        or "=" in text
        or "@" in text
        or "<" in text
        or "'" in text
        or "%3" in text
        or "eyJ" in text
        or "-----" in text
        or "bearer" in lowered
        or "basic" in lowered
    )


def _read(text: str, secret: IsSecret, *, cut: bool) -> JsonSpans:
    """Read *text* string by string."""
    found: list[Span] = []
    sound = True
    after_value = False
    prefix = _START.match(text)
    at = prefix.end() if prefix else 0
    while match := _NEXT.match(text, at):
        gap, string, colon = match.groups()
        if string is None:
            allowed = _LAST_GAP_AFTER_VALUE if after_value else _LAST_GAP
            sound = sound and allowed.match(gap) is not None
            break
        if sound and not (after_value and gap in _USUAL_GAPS):
            sound = (_GAP_AFTER_VALUE if after_value else _GAP).match(gap) is not None
        at = match.end()
        after_value = colon is None
        if colon is not None and _is_secret(
            name := string[1:-1] if "\\" not in string else _unescaped(string), text, at, secret
        ):
            start, at = _value(text, at)
            if start < at and text[start:at] not in _LITERALS:
                found.append(Span(start, at, f'"{MASK}"', name))
            after_value = start < at
        elif _SUSPECT.search(string) and not _DATE.match(string):
            start, end = match.span(2)
            content = _unescaped(string)
            if spans := text_spans(content, secret, cut=cut and end == len(text)):
                # As ASCII, so that one text serves both the bytes and their Latin-1.
                shown = json.dumps(masked(content, spans))
                found.append(Span(start, end, shown, spans[0].name))
    if not sound:
        found += text_spans(text, secret, cut=cut)
    return JsonSpans(merged(found), sound)


def _is_secret(name: str, text: str, at: int, secret: IsSecret) -> bool:
    """Whether *name* and the kind of value that follows it at *at* make a secret."""
    if name == "tokens":  # what is counted has this name too
        return secret("token") and _STRINGS.match(text, at) is not None
    if not secret(name):
        return False
    joined = squashed(name)
    if joined == "token":
        return _NUMBER.match(text, at) is None
    return joined not in _OFTEN_PLAIN or _STRING.match(text, at) is not None


def _value(text: str, at: int) -> tuple[int, int]:
    """Where the value begins and ends that is to follow at *at*; it is cut if brackets are open."""
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
    if not content.isascii():
        content = content.encode("latin-1").decode("utf-8", "replace")
    return _ESCAPE.sub(_character, content) if "\\" in content else content


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED.get(escape[2], escape[2])
