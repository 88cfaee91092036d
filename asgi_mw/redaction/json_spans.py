"""Find secrets in JSON that may be truncated, joined from many documents, or broken.

No parser of the standard library does that: they stop at the first fault, hide where a value
stood, and recurse.  To mask, no tree is needed: a string before a colon is a name, and the value
of a secret name ends at the next separator outside brackets.  So the strings are read once, in
a loop without a stack, which is linear and indifferent to depth.
"""

from __future__ import annotations

import re
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.redaction.names import INNER, secret_within, squashed
from asgi_mw.redaction.siblings import sibling_spans
from asgi_mw.redaction.spans import MASK, Span, merged
from asgi_mw.redaction.text import text_spans
from asgi_mw.redaction.views import unescaped

if TYPE_CHECKING:
    from asgi_mw.redaction.names import IsSecret
    from asgi_mw.redaction.spans import Within

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
# ... or a number that is too long for a count, and may be longer where the text is cut
_NUMBER = re.compile(rf"{_SPACE}*+[-0-9]")
_LONG_NUMBER = re.compile(rf"{_SPACE}*+-?[0-9]{{4}}")
_CUT_NUMBER = re.compile(rf"{_SPACE}*+-?[0-9]*+\Z")

_LITERALS = frozenset({"true", "false", "null"})  # they tell nothing of a secret
_SUSPECT = re.compile(
    r"=|:|@|<|\\|'|%25|%3|&[#alq]|eyJ|-----|B[EeAa][AaSs][RrIi]|b[EeAa][AaSs][RrIi]"
)
_DATE = re.compile(r'"\d{4}-\d\d-\d\d[T ][\d:.,Z+-]*+"\Z', re.ASCII)  # the most common of suspects
_BRACKETS = re.compile(r"[\[\]{}]")
_NEAR = 16  # brackets that are looked at, from the innermost


class JsonSpans(NamedTuple):
    """The merged *spans* of a text, and whether it is *sound* JSON as far as it goes."""

    spans: list[Span]
    sound: bool


def json_spans(
    text: str, secret: IsSecret, *, cut: bool = False, within: Within | None = None
) -> JsonSpans:
    r"""Find the values of secret names in *text*, and secrets within its other strings.

    A text that is not sound is to be read as something else too.

    Args:
        text: UTF-8 as Latin-1: one JSON document, several, or the beginning of one.
        secret: Says which names are secret.
        cut: The text goes on beyond its end.
        within: Finds the secrets in a string, which is free text by default.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = '{"user": "me", "pass\\u0077ord": {"now": "x", "ol'
    >>> spans, sound = json_spans(text, compile_names(), cut=True)
    >>> masked(text, spans), sound
    ('{"user": "me", "pass\\u0077ord": "[redacted]"', True)
    """
    named = sibling_spans(text, secret, _value, cut=cut)
    if not named and _is_harmless(text, secret, within, cut=cut):
        return JsonSpans([], sound=True)
    spans, sound = _read(text, secret, within, cut=cut)
    return JsonSpans(merged([*named, *spans]) if named else spans, sound)


def _is_harmless(text: str, secret: IsSecret, within: Within | None = None, *, cut: bool) -> bool:
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
    if any(map(secret, names)) or "tokens" in names or _may_nest(names):
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
        and _within(string, secret, within, cut=False)
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
        or "%25" in text
        or "&" in text
        or "eyJ" in text
        or "-----" in text
        or "bearer" in lowered
        or "basic" in lowered
    )


def _may_nest(names: set[str]) -> bool:
    """Whether one of *names* may be secret within another of them."""
    inner = INNER.keys() & {name.lower() for name in names}
    if not inner:
        return False
    outer = squashed("".join(names))
    return any(INNER[name].search(outer) for name in inner)


def _read(text: str, secret: IsSecret, within: Within | None = None, *, cut: bool) -> JsonSpans:
    """Read *text* string by string."""
    found: list[Span] = []
    sound = True
    after_value = False
    outer: list[str] = []  # for each open bracket, the name before it
    name = ""
    prefix = _START.match(text)
    at = prefix.end() if prefix else 0
    while match := _NEXT.match(text, at):
        gap, string, colon = match.groups()
        if string is None:
            allowed = _LAST_GAP_AFTER_VALUE if after_value else _LAST_GAP
            sound = sound and allowed.match(gap) is not None
            break
        if not (after_value and gap in _USUAL_GAPS):
            if sound:
                sound = (_GAP_AFTER_VALUE if after_value else _GAP).match(gap) is not None
            for bracket in _BRACKETS.findall(gap):
                if bracket in "{[":
                    outer.append(name)
                elif outer:
                    outer.pop()
                name = ""
        at = match.end()
        after_value = colon is None
        name = _unescaped(string) if colon is not None else ""
        if colon is not None and _is_secret(name, outer, text, at, secret, cut=cut):
            start, at = _value(text, at)
            if start < at and (text[start:at] not in _LITERALS or (cut and at == len(text))):
                found.append(Span(start, at, f'"{MASK}"', name))
            after_value = start < at
        elif _SUSPECT.search(string) and not _DATE.match(string):
            start, end = match.span(2)
            found += _in_string(text, start, end, secret, within, cut=cut and end == len(text))
    return JsonSpans(merged(found), sound)


def _in_string(
    text: str, start: int, end: int, secret: IsSecret, within: Within | None, *, cut: bool
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


def _within(content: str, secret: IsSecret, within: Within | None, *, cut: bool) -> list[Span]:
    if within is None:
        return text_spans(content, secret, cut=cut)
    return within(content, cut=cut)


def _is_secret(  # all that makes a secret
    name: str, outer: list[str], text: str, at: int, secret: IsSecret, *, cut: bool
) -> bool:
    """Whether *name* and the kind of value that follows it at *at* make a secret."""
    if name == "tokens":  # what is counted has this name too
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
    return unescaped(content).text if "\\" in content else content
