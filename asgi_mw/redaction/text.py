"""Find secrets in free text: tracebacks, paths, close reasons, XML, scripts, broken JSON.

Every pattern starts at a border that the run before it cannot cross (a look-behind, or a run
that excludes the pattern's first character) and runs possessively: hostile text costs linear time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.markup import markup_spans
from asgi_mw.redaction.pairs import pair_spans
from asgi_mw.redaction.spans import Span, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.redaction.names import IsSecret

# Only ASCII counts as a word or a space: in UTF-8 read as Latin-1, `\s` would match half a letter.
_A = re.ASCII
# Each branch begins with a literal: `re` then skips to the first of them without trying each.
SUSPECT = re.compile(
    r"=|:|<|@|\"|'|eyJ|-----BEGIN"
    r"|B(?:[Ee][Aa][Rr][Ee][Rr]|[Aa][Ss][Ii][Cc])\s|b(?:[Ee][Aa][Rr][Ee][Rr]|[Aa][Ss][Ii][Cc])\s",
    _A,
)

# RFC 7519: a JWT is base64url of a JSON object, `{"` being `eyJ`, then dots and more base64url.
_JWT = re.compile(r"(?<![\w-])(?=[\w-]*eyJ)[\w-]*+(?:\.[\w-]*+)++", _A)
_JWT_CUT = re.compile(r"(?<![\w-])(?=[\w-]*eyJ)[\w-]*+\Z", _A)

# RFC 6750 section 3 and RFC 7617 section 2: a challenge names parameters where credentials stand.
_PARAMETER = r"(?!(?:realm|scope|error|error_description|error_uri|charset|resource_metadata)=)"
_SCHEME = re.compile(
    rf"([Bb](?:[Ee][Aa][Rr][Ee][Rr]|[Aa][Ss][Ii][Cc]))(\s++){_PARAMETER}[\"']?+([^\s\"',;<>\\]++)",
    _A,
)
_SHORTEST_BASIC = 8  # base64 of `a:b` has 8 characters; a shorter word is prose, unless it is cut

# A password may hold a slash, which should have been encoded; what looks like a port is a port.
USERINFO = re.compile(
    r"://(?:([^\s/?#\"'<>]*)|([^\s/?#\"'<>:@]{0,64}:(?![0-9]{0,5}(?:[/?#]|\Z))[^\s\"'<>@]{0,128}))@",
    _A,
)
_USERINFO_CUT = re.compile(r"://([^\s\"'<>@]*+)\Z", _A)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----", _A)


def text_spans(text: str, secret: IsSecret, *, cut: bool = False) -> list[Span]:
    """Find what must not be shown in *text*: merged spans, in linear time.

    Args:
        text: Any text, or bytes as Latin-1.
        secret: Says which names are secret.
        cut: The text goes on beyond its end, so what may be half a secret there counts as one.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = "GET https://me:pw@host/?api_key=k1&page=2 {'password': 'x y'}"
    >>> masked(text, text_spans(text, compile_names()))
    "GET https://[redacted]@host/?api_key=[redacted]&page=2 {'password': '[redacted]'}"
    """
    if SUSPECT.search(text) is None:
        return []
    found = [*_schemes(text, cut=cut), *pair_spans(text, secret, cut=cut)]
    if "eyJ" in text:
        found += [Span(*match.span(), name="jwt") for match in _JWT.finditer(text)]
        if cut and (match := _JWT_CUT.search(text)):
            found.append(Span(*match.span(), name="jwt"))
    if "://" in text:
        found += [
            Span(*m.span(1 if m[1] else 2), name="userinfo")
            for m in USERINFO.finditer(text)
            if m[1] or m[2]
        ]
        if cut and (match := _USERINFO_CUT.match(text, text.rindex("://"))) and match[1]:
            found.append(Span(*match.span(1), name="userinfo"))
    if "-----BEGIN" in text:
        found += _private_keys(text)
    if "<" in text:
        found += markup_spans(text, secret, cut=cut)
    return merged(found)


def _schemes(text: str, *, cut: bool) -> Iterator[Span]:
    for match in _SCHEME.finditer(text):
        start, end = match.span(3)
        at_cut = cut and end == len(text)
        if match[1].lower() == "bearer" or end - start >= _SHORTEST_BASIC or at_cut:
            yield Span(start, end, name=match[1])


def _private_keys(text: str) -> Iterator[Span]:
    at = 0
    while match := _PRIVATE_KEY.search(text, at):
        at = text.find("-----END", match.end())
        if at < 0:
            at = len(text)
        if match.end() < at:
            yield Span(match.end(), at, name="private_key")
