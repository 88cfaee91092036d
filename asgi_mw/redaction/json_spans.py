"""Find secrets in JSON that may be truncated, joined from many documents, or broken.

No parser of the standard library does that: they stop at the first fault, hide where a value
stood, and recurse.  To mask, no tree is needed: a string before a colon is a name, and the value of
a secret name ends at the next separator outside brackets.  So the tokens are read once, in a
loop without a stack, which is linear and indifferent to depth.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.redaction.spans import MASK, Span, masked, merged
from asgi_mw.redaction.text import text_spans

if TYPE_CHECKING:
    from asgi_mw.redaction.names import IsSecret

# RFC 8259 section 2, and U+001E before each text of a JSON text sequence (RFC 7464).
_TOKEN = re.compile(
    r'[ \t\r\n\x1e]*+(?:("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))|([{\[])|([}\]])|([,:])'
    r'|([^ \t\r\n\x1e"{}\[\],:]++))',
    re.DOTALL,
)
_STRING, _OPEN, _CLOSE, _SEPARATOR, _BARE = range(1, 6)
_VALID_BARE = re.compile(r"(?:-?[0-9][0-9.eE+-]*|true|false|null)\Z", re.ASCII)
_LITERALS = frozenset({"true", "false", "null"})  # they tell nothing of a secret
_CUT_BARE = re.compile(r"(?:-|t|tr|tru|f|fa|fal|fals|n|nu|nul)\Z")
_SUSPECT = re.compile(r"[=:@<\\]|eyJ|-----|[Bb][EeAa][AaSs][RrIi]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_BYTE_ORDER_MARK = "\xef\xbb\xbf"  # as Latin-1


class JsonSpans(NamedTuple):
    """The merged *spans* of a text, and whether it is *sound* JSON as far as it goes."""

    spans: list[Span]
    sound: bool


def json_spans(text: str, secret: IsSecret, *, cut: bool = False) -> JsonSpans:
    r"""Find the values of secret names in *text*, and secrets within its other strings.

    A text that is not sound is searched as free text too, since a stray quote turns what is a
    string into what is not.

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
    found: list[Span] = []
    sound = True
    last = 0  # kind of the token before
    string = (0, 0)  # where the string before stood: a name, if a colon follows
    value = ""  # the secret name whose value is being read
    start = end = depth = 0  # of that value
    at = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    while match := _TOKEN.match(text, at):
        kind = match.lastindex or 0
        at = match.end()
        if kind == _SEPARATOR:
            colon = text[at - 1] == ":"
            if value and not depth and not colon:
                _close(found, text, start, end, value)
                value = ""
            elif colon and not value and last == _STRING:
                name = _unescaped(text, *string)
                if secret(name):
                    value, start, end = name, at, at
                else:
                    _within(found, text, *string, secret, cut=cut)
            elif last == _STRING and not value:
                _within(found, text, *string, secret, cut=cut)
            last = kind
            continue
        if last == _STRING and not value:
            _within(found, text, *string, secret, cut=cut)
        token = match.start(kind)
        if kind == _STRING:
            sound = sound and last not in {_STRING, _BARE}
            string = (token, at)
        elif kind == _BARE:
            sound = sound and last not in {_STRING, _BARE} and _is_bare(text, token, at)
        if value:
            if kind == _CLOSE and not depth:
                _close(found, text, start, end, value)
                value = ""
            else:
                start = token if start == end else start
                end = at
                depth += (kind == _OPEN) - (kind == _CLOSE)
        last = kind
    if value:
        # Whatever stands after a secret name is secret, to the end.
        _close(found, text, start, len(text) if depth else end, value)
    elif last == _STRING:
        _within(found, text, *string, secret, cut=cut)
    if not sound:
        found += text_spans(text, secret, cut=cut)
    return JsonSpans(merged(found), sound)


def _close(found: list[Span], text: str, start: int, end: int, name: str) -> None:
    if start < end and text[start:end] not in _LITERALS:
        found.append(Span(start, end, f'"{MASK}"', name))


def _within(
    found: list[Span], text: str, start: int, end: int, secret: IsSecret, *, cut: bool
) -> None:
    """Search the string from *start* to *end* as free text, without its escapes."""
    if _SUSPECT.search(text, start, end) is None:
        return
    content = _unescaped(text, start, end)
    spans = text_spans(content, secret, cut=cut and end == len(text))
    if spans:
        # As ASCII, so that one text serves both the bytes and their Latin-1.
        found.append(Span(start, end, json.dumps(masked(content, spans)), spans[0].name))


def _is_bare(text: str, start: int, end: int) -> bool:
    bare = text[start:end]
    at_cut = end == len(text)
    return _VALID_BARE.match(bare) is not None or (at_cut and _CUT_BARE.match(bare) is not None)


def _unescaped(text: str, start: int, end: int) -> str:
    closed = end - start > 1 and text[end - 1] == '"'
    content = text[start + 1 : end - 1 if closed else end]
    if not content.isascii():
        content = content.encode("latin-1").decode("utf-8", "replace")
    return _ESCAPE.sub(_character, content) if "\\" in content else content


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED.get(escape[2], escape[2])
