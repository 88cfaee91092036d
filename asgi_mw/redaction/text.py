"""Find secrets in free text: tracebacks, paths, close reasons, XML, scripts, broken JSON.

Every pattern starts at a border that the run before it cannot cross (a look-behind, or a run
that excludes the pattern's first character) and runs possessively: hostile text costs linear time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.markup import markup_spans
from asgi_mw.redaction.spans import MASK, Span, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.redaction.names import IsSecret

SCHEMES = frozenset(
    """apikey aws4-hmac-sha256 basic bearer digest dpop gnap hawk hoba mutual negotiate ntlm oauth
    privatetoken scram-sha-1 scram-sha-256 token vapid""".split()  # noqa: SIM905  # words read best as words
)
"""Words before the credentials of an ``Authorization`` header; they are no secret themselves."""

# Only ASCII counts as a word or a space: in UTF-8 read as Latin-1, `\s` would match half a letter.
_A = re.ASCII
# Each branch begins with a literal: `re` then skips to the first of them without trying each.
_SUSPECT = re.compile(
    r"=|:|<|@|\"|'|%3|eyJ|-----BEGIN"
    r"|B(?:[Ee][Aa][Rr][Ee][Rr]|[Aa][Ss][Ii][Cc])\s|b(?:[Ee][Aa][Rr][Ee][Rr]|[Aa][Ss][Ii][Cc])\s",
    _A,
)

# RFC 7519: a JWT is base64url of a JSON object, `{"` being `eyJ`, then dots and more base64url.
_JWT = re.compile(r"(?<![\w-])(?=[\w-]*eyJ)[\w-]*+(?:\.[\w-]*+)++", _A)
_JWT_CUT = re.compile(r"(?<![\w-])(?=[\w-]*eyJ)[\w-]*+\Z", _A)

# RFC 6750 section 3 and RFC 7617 section 2: a challenge names parameters where credentials stand.
_PARAMETER = r"(?!(?:realm|scope|error|error_description|error_uri|charset|resource_metadata)=)"
_SCHEME = re.compile(
    rf"([Bb](?:[Ee][Aa][Rr][Ee][Rr]|[Aa][Ss][Ii][Cc]))(\s++){_PARAMETER}([^\s\"',;<>\\]++)", _A
)
_SHORTEST_BASIC = 8  # base64 of `a:b` has 8 characters; a shorter word is prose, unless it is cut

_USERINFO = re.compile(r"://([^\s/?#\"'<>]*)@", _A)
_USERINFO_CUT = re.compile(r"://([^\s/?#\"'<>:]*+:[^\s/?#\"'<>]*+)\Z", _A)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----", _A)

_IN_NAME = r"[\w%.$\x80-\U0010ffff-]"
_PAIR = re.compile(
    rf"(?<!{_IN_NAME})({_IN_NAME}++)[\]\"'\\]*+\s*+"
    r"(?:=++>?|:=|:(?!//)|(?<=[\"']),(?=\s*+[bB]?\\*[\"'])|(?<=[ \t])(?=[bB]?[\"']))\s*+",
    _A,
)
_ENCODED_PAIR = re.compile(r"(?:%[0-9A-Fa-f]{2}|(?<![\w.-]))([\w.-]++)%3[Dd]([^\s&\"'<>]++)", _A)
_PREFIXES = "bBfFrRuU"
_QUOTED = re.compile(rf"[{_PREFIXES}]{{0,2}}(\\*)([\"'`])", _A)
# A string that is still open where its line ends is none: the next line of a traceback stays.
_STRING = {
    quote: re.compile(rf"[^{quote}\\\r\n]*+(?:\\[^\r\n][^{quote}\\\r\n]*+)*+(?:{quote}|\\?)")
    for quote in "\"'`"
}
_TO_QUOTE = {quote: re.compile(rf"[^{quote}\r\n]*+") for quote in "\"'"}
_QUOTE_OR_LINE = re.compile(r"(?<!\\)\\*+[\"'`]|[\r\n]")
_BARE = re.compile(r"[^\s&\"'<>]++", _A)
_REST = re.compile(r"[^\s,;&<>)}\]]*+", _A)  # of a value whose quote or bracket closed too early
_LINE = re.compile(r"[^\r\n]*+")
_NEXT = re.compile(r"[ \t]*+[^\s&\"'<>]*+", _A)
_LOOK_BACK = 64  # bounded, or many pairs on one long line cost quadratic time
_BRACKETS = re.compile(r"[\[\]{}()]|[\"'`]")
_LITERALS = frozenset({"null", "none", "nil", "undefined", "true", "false"})
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_TAILS = frozenset({"key", "keys", "number", "id", "code"})  # of names in two words: `API key: x`
# YAML 1.2 section 8.1: the indicators of a block scalar end their line.
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}[ \t]*+(?:#[^\r\n]*+)?(?:\r\n?|\n)", _A)
_BLOCK_LINE = re.compile(r"([ \t]*+)([^\r\n]*+)(?:\r\n?|\n)?", _A)
# Before a colon these words begin prose as well, and exceptions are named after them.
_PROSE = frozenset({"auth", "pass", "pin", "session", "token"})
_EXCEPTION = re.compile(r"[A-Z][A-Za-z0-9]+(?:Auth|Pass|Session|Signature|Token)", _A)
_IN_WORD = r"[^\s&\"'<>]"
_CREDENTIAL = re.compile(
    rf"(?={_IN_WORD}{{6}}){_IN_WORD}{{0,32}}?(?:[0-9]|[a-z][A-Z])|{_IN_WORD}{{32}}"
    r"|[0-9]{4,}(?![^\s,;.)])|[bBfFrRuU]{0,2}\\*[\"'`]|[{\[(|>]",
    _A,
)
_SCHEME_WORD = re.compile(r"([\w-]{1,32}) ", _A)
_WORD_BEFORE = re.compile(r"(?<![^\s(\[{,\"'])([A-Za-z]++) \Z", _A)


def text_spans(text: str, secret: IsSecret, *, cut: bool = False) -> list[Span]:
    """Find what must not be shown in *text*: merged spans, in linear time.

    Args:
        text: Any text, or bytes as Latin-1.
        secret: Says which names are secret.
        cut: The text goes on beyond its end, so what may be half a secret there is one.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = "GET https://me:pw@host/?api_key=k1&page=2 {'password': 'x y'}"
    >>> masked(text, text_spans(text, compile_names()))
    "GET https://[redacted]@host/?api_key=[redacted]&page=2 {'password': '[redacted]'}"
    """
    if _SUSPECT.search(text) is None:
        return []
    found = [*_schemes(text, cut=cut), *_pairs(text, secret, cut=cut)]
    if "eyJ" in text:
        found += [Span(*match.span(), name="jwt") for match in _JWT.finditer(text)]
        if cut and (match := _JWT_CUT.search(text)):
            found.append(Span(*match.span(), name="jwt"))
    if "://" in text:
        found += [Span(*m.span(1), name="userinfo") for m in _USERINFO.finditer(text) if m[1]]
        # Only the last can reach the end: the run excludes the slash.
        if cut and (match := _USERINFO_CUT.match(text, text.rindex("://"))):
            found.append(Span(*match.span(1), name="userinfo"))
    if "%3" in text:
        found += [Span(*m.span(2), name=m[1]) for m in _ENCODED_PAIR.finditer(text) if secret(m[1])]
    if "-----BEGIN" in text:
        found += _private_keys(text)
    if "<" in text:
        found += markup_spans(text, secret)
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


def _pairs(text: str, secret: IsSecret, *, cut: bool) -> Iterator[Span]:
    """Find the values of ``name=value``, ``name: value``, ``"name": "value"``."""
    at = 0
    while match := _PAIR.search(text, at):
        at = match.end()
        name = match[1]
        if secret(name) or (name.lower() in _TAILS and secret(_two_words(text, match))):
            if _is_prose(text, match, cut=cut):
                continue
            span = _value(text, match)
            if span.start < span.end:
                yield span
            at = max(at, span.end)


def _is_prose(text: str, pair: re.Match[str], *, cut: bool) -> bool:
    """Whether no pair but a sentence, an annotation or an exception begins here."""
    name, separator = pair[1], pair[0][len(pair[1]) :]
    if separator.strip() != ":" or separator.endswith(":"):
        return False
    if name.lower() not in _PROSE and not _EXCEPTION.fullmatch(name.rpartition(".")[2]):
        return False
    if cut and _end(_BARE, text, pair.end()) == len(text):
        return False
    scheme = _SCHEME_WORD.match(text, pair.end())
    return not (scheme and scheme[1].lower() in SCHEMES) and not _CREDENTIAL.match(text, pair.end())


def _two_words(text: str, pair: re.Match[str]) -> str:
    before = _WORD_BEFORE.search(text[max(0, pair.start() - _LOOK_BACK) : pair.start()])
    return f"{before[1]} {pair[1]}" if before else pair[1]


def _value(text: str, pair: re.Match[str]) -> Span:
    start, name = pair.end(), pair[1]
    separator = pair[0][len(name) :]
    if name.lower() in _HEADERS and separator.startswith(":"):
        before = text[pair.start() - 1] if pair.start() else ""
        if before in {'"', "'"}:  # curl -H "Authorization: Bearer x"
            return _credentials(text, start, _end(_TO_QUOTE[before], text, start), name)
        return _credentials(text, start, _end(_LINE, text, start), name)
    if quoted := _QUOTED.match(text, start):
        start = quoted.end()
        if quoted[1]:  # a string within a string: it ends at the same number of backslashes
            return Span(start, _escaped_end(text, start, quoted[0].lstrip(_PREFIXES)), name=name)
        end = _end(_REST, text, _end(_STRING[quoted[2]], text, start))
        # The closing quote stays: what was well formed is so afterwards.
        return Span(start, end - text[start:end].endswith(quoted[2]), name=name)
    if ":" in separator and (block := _BLOCK.match(text, start)):
        return _block(text, pair.start(), block.end(), name)
    if text[start : start + 1] in {"{", "[", "("}:
        return Span(start, _end(_REST, text, _balanced(text, start, len(text))), name=name)
    if ":" in separator and _leading(text, pair.start()):
        return _credentials(text, start, _end(_LINE, text, start), name)
    end = _end(_BARE, text, start)
    if text[start:end].endswith("("):  # password=SecretStr('x')
        # Of a call over several lines, a traceback shows only the first.
        return Span(start, _balanced(text, end - 1, _end(_LINE, text, end)), name=name)
    if text[start:end].rstrip(",;)]}").lower() in _LITERALS:
        return Span(start, start, name=name)
    return _credentials(text, start, end, name)


def _leading(text: str, start: int) -> bool:
    """Whether a line begins at *start*, but for its indentation, quoting or bullet."""
    before = text[max(0, start - _LOOK_BACK) : start]
    indent = re.split(r"[\r\n]", before)[-1]
    return (start <= _LOOK_BACK or indent != before) and not indent.strip(" \t>*-")


def _block(text: str, name_start: int, start: int, name: str) -> Span:
    """The lines from *start* that are indented deeper than the name before them."""
    before = re.split(r"[\r\n]", text[max(0, name_start - _LOOK_BACK) : name_start])[-1]
    first = end = start
    for line in _BLOCK_LINE.finditer(text, start):
        if line[2]:
            if len(line[1]) <= len(before):
                break
            first = first if end > start else line.start(2)
            end = line.end(2)
    return Span(first, end, name=name)


def _credentials(text: str, start: int, end: int, name: str) -> Span:
    scheme = text[start:end].partition(" ")[0]
    if scheme.lower() not in SCHEMES:
        return Span(start, end, name=name)
    mask = f"{scheme} {MASK}" if "auth" in name.lower() else MASK
    return Span(start, max(end, _end(_NEXT, text, start + len(scheme))), mask, name)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _escaped_end(text: str, start: int, quote: str) -> int:
    for match in _QUOTE_OR_LINE.finditer(text, start):
        if match[0].endswith(quote):
            return match.end() - len(quote)
        if match[0] in "\r\n":
            return match.start()
    return len(text)


def _balanced(text: str, start: int, limit: int) -> int:
    """Where the bracket at *start* is closed, at most *limit*."""
    depth = 0
    at = start
    while match := _BRACKETS.search(text, at, limit):
        at = match.end()
        if match[0] in "[{(":
            depth += 1
        elif match[0] in ")}]":
            depth -= 1
            if depth == 0:
                return at
        else:
            at = _end(_STRING[match[0]], text, at)
    return limit
