"""Find the values of secret names in ``name=value``, ``name: value`` and ``"name": "value"``.

Scripts, settings, YAML, tracebacks and what Python prints hold such pairs; a value ends where the
most generous of their readers ends it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.names import INNER
from asgi_mw.redaction.outer import Outer
from asgi_mw.redaction.spans import MASK, Span

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
_IN_NAME = r"[\w%.$\x80-\U0010ffff-]"
_SEPARATOR = (
    r"[\]\"'\\]*+\s*+"
    r"(?:=++>?|:=|:(?!//)|(?<=[\"']),(?=\s*+[bB]?\\*[\"'])|(?<=[ \t])(?=[bB]?[\"']))\s*+"
)
_PAIR = re.compile(rf"(?<!{_IN_NAME})({_IN_NAME}++){_SEPARATOR}", _A)
_PAIR_CUT = re.compile(rf"({_IN_NAME}*+)(?:{_SEPARATOR})?", _A)  # what is left of a pair
_PREFIXES = "bBfFrRuU"
_QUOTED = re.compile(rf"[{_PREFIXES}]{{0,2}}(\\*)(\"\"\"|'''|[\"'`])", _A)
_LINE_OF_STRING = {
    quote: re.compile(rf"[^{quote}\\\r\n]*+(?:\\[^\r\n][^{quote}\\\r\n]*+)*+(?:({quote})|\\?)")
    for quote in "\"'`"
}
_STRING = {
    quote: re.compile(rf"[^{quote}\\]*+(?:\\.[^{quote}\\]*+)*+{quote}", re.DOTALL)
    for quote in "\"'`"
}
_QUOTE = {  # a quote, and no apostrophe
    quote: re.compile(rf"(?<![A-Za-z]){quote}|{quote}(?![A-Za-z])") for quote in "\"'`"
}
_TO_QUOTE = {quote: re.compile(rf"[^{quote}\r\n]*+") for quote in "\"'"}
_QUOTES = re.compile(r"(?<!\\)\\*+[\"'`]")
_BARE = re.compile(r"[^\s&\"'<>]++", _A)
_REST = re.compile(r"[^\s,;&<>)}\]]*+", _A)  # of a value whose quote or bracket closed too early
_LINE = re.compile(r"[^\r\n]*+")
_NEW_LINE = re.compile(r"\r\n?|\n")
_NEXT = re.compile(r"[ \t]*+[^\s&\"'<>]*+", _A)
_NEXT_PAIR = re.compile(rf"(?<![\s,;&?])[\s,;&?]++{_IN_NAME}++[\]\"']*+[ \t]*+=", _A)
_LOOK_BACK = 64  # without a bound, many pairs on one long line cost quadratic time
_BRACKETS = re.compile(r"[\[\]{}()]|[\"'`]")
_LITERALS = frozenset({"null", "none", "nil", "undefined", "true", "false"})
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_TAILS = frozenset({"key", "keys", "number", "id", "code"})  # of names in two words: `API key: x`
# YAML 1.2 sections 6.9 and 8.1: tag and anchor stand before the value; the indicators of a block
# scalar end their line.
_PROPERTIES = re.compile(r"(?:[!&][^\s,\[\]{}\"']*+\s++)++", _A)
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}[ \t]*+(?:#[^\r\n]*+)?(?:\r\n?|\n)", _A)
_FLOW = re.compile(r"[{,][\s\"']*+\Z", _A)  # before a pair of a mapping in braces
_IN_FLOW = re.compile(r"[^,}\]\r\n\"']*+")
_BLOCK_LINE = re.compile(r"([ \t]*+)([^\r\n]*+)(?:\r\n?|\n)?", _A)
_CONTINUED = re.compile(r"(?:[^\r\n]*+(?<=\\)(?:\r\n?|\n))++[^\r\n]*+")
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
_BEFORE_LEADING = re.compile(
    r"[ \t>*#;/-]*+(?:(?:export|set|setx|env|let|var|const)[ \t]++)?", re.IGNORECASE
)


def pair_spans(text: str, secret: IsSecret, *, cut: bool = False) -> Iterator[Span]:
    r"""Find the values of secret names in *text*.

    Args:
        text: Any text, or bytes as Latin-1.
        secret: Says which names are secret.
        cut: The text goes on beyond its end.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = "password = correct horse\nuser = ann"
    >>> masked(text, list(pair_spans(text, compile_names())))
    'password = [redacted]\nuser = ann'
    """
    outer = Outer(text)
    at = 0
    while match := _PAIR.search(text, at):
        at = match.end()
        name = match[1]
        lower = name.lower()
        if secret(name) or (
            lower in INNER
            and (
                (lower in _TAILS and secret(_two_words(text, match)))
                or outer.makes_secret(lower, match.start(), secret)
            )
        ):
            if _is_prose(text, match, cut=cut):
                continue
            span = _value(text, match, cut=cut)
            if span.start < span.end:
                yield span if "." not in name else span._replace(name=_without_path(name, secret))
            at = max(at, span.end)


def _without_path(name: str, secret: IsSecret) -> str:
    """The innermost part of a dotted *name* that is secret alone; without one, *name*.

    In a list of modules, each module with such a part is taken for the name of the next.
    """
    parts = reversed(name.split("."))
    return next((part for part in parts if secret(part)), name)


def cut_pair_end(text: str, *, cut: bool) -> int:
    """Where the first value in *text* ends, if *text* begins in the middle of its name."""
    pair = _PAIR_CUT.match(text)
    return _value(text, pair, cut=cut).end if pair else 0


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
    return (
        not (scheme and scheme[1].lower() in SCHEMES)
        and not _CREDENTIAL.match(text, pair.end())
        and not _PROPERTIES.match(text, pair.end())
    )


def _two_words(text: str, pair: re.Match[str]) -> str:
    before = _WORD_BEFORE.search(text[max(0, pair.start() - _LOOK_BACK) : pair.start()])
    return f"{before[1]} {pair[1]}" if before else pair[1]


def _value(text: str, pair: re.Match[str], *, cut: bool) -> Span:
    start, name = pair.end(), pair[1]
    separator = pair[0][len(name) :]
    colon = ":" in separator
    if name.lower() in _HEADERS and separator.startswith(":"):
        before = text[pair.start() - 1] if pair.start() else ""
        if before in {'"', "'"}:  # curl -H "Authorization: Bearer x"
            return _credentials(text, start, _end(_TO_QUOTE[before], text, start), name)
        return _credentials(text, start, _end(_LINE, text, start), name)
    if colon:
        start = _end(_PROPERTIES, text, start)
    if quoted := _QUOTED.match(text, start):
        return _quoted(text, pair, quoted, cut=cut)
    if colon and (block := _BLOCK.match(text, start)):
        first, end = _deeper(text, pair.start(), block.end())
        return Span(first, end, name=name)
    if text[start : start + 1] in {"{", "[", "("}:
        return Span(start, _end(_REST, text, _balanced(text, start, len(text))), name=name)
    leading = _leading(text, pair.start())
    if colon and leading:
        return _credentials(text, start, _continued(text, pair, _end(_LINE, text, start)), name)
    end = _end(_BARE, text, start)
    if text[start:end].endswith("("):  # password=SecretStr('x')
        # Of a call over several lines, a traceback shows only the first.
        return Span(start, _balanced(text, end - 1, _end(_LINE, text, end)), name=name)
    if text[start:end].rstrip(",;)]}").lower() in _LITERALS and not (cut and end == len(text)):
        return Span(start, start, name=name)
    if leading:  # a setting, whose value is the rest of the line unless other pairs follow
        line = _end(_LINE, text, start)
        following = _NEXT_PAIR.search(text, start, line)
        end = following.start() if following else _continued(text, pair, line)
    elif colon and _FLOW.search(text, max(0, pair.start() - _LOOK_BACK), pair.start()):
        end = max(end, _end(_IN_FLOW, text, start))
    elif text[end : end + 1] in {'"', "'"} and not _is_open(text, pair.start(), text[end]):
        end = _end(_REST, text, end)
    return _credentials(text, start, end, name)


def _quoted(text: str, pair: re.Match[str], opening: re.Match[str], *, cut: bool) -> Span:
    start, name = opening.end(), pair[1]
    quote = opening[2]
    if opening[1] or len(quote) > 1:
        # A string within a string ends at the same number of backslashes
        return Span(start, _to_quote(text, start, opening[1] + quote, cut=cut), name=name)
    line = _LINE_OF_STRING[quote].match(text, start)
    end = line.end() if line else start
    if not (line and line[1]) and not _is_open(text, pair.start(), quote):
        # It goes on over several lines, or is no string: then the next line of a traceback stays
        whole = _STRING[quote].match(text, start)
        end = whole.end() if whole else len(text) if cut else end
    end = _end(_REST, text, end)
    # The closing quote stays: what was well formed is so afterwards.
    return Span(start, end - text[start:end].endswith(quote), name=name)


def _is_open(text: str, at: int, quote: str) -> bool:
    """Whether *quote* was opened on this line before *at*: the next one closes it."""
    line = re.split(r"[\r\n]", text[max(0, at - _LOOK_BACK) : at])
    if len(line) == 1 and at > _LOOK_BACK:
        return False  # that cannot be known here: then the secret ends later
    return len(_QUOTE[quote].findall(line[-1])) % 2 == 1 and not line[-1].endswith(quote)


def _leading(text: str, start: int) -> bool:
    """Whether a line begins at *start*, apart from its indentation, quoting or bullet."""
    before = text[max(0, start - _LOOK_BACK) : start]
    indent = re.split(r"[\r\n]", before)[-1]
    return (start <= _LOOK_BACK or indent != before) and bool(_BEFORE_LEADING.fullmatch(indent))


def _continued(text: str, pair: re.Match[str], end: int) -> int:
    """Where the value of a line ends, which may go on in deeper lines or after a backslash."""
    if text[end - 1 : end] == "\\" and (match := _CONTINUED.match(text, end - 1)):
        end = match.end()
    after = _end(_NEW_LINE, text, end)
    deeper = _deeper(text, pair.start(), after)[1] if after > end else after
    return deeper if deeper > after else end


def _deeper(text: str, name_start: int, start: int) -> tuple[int, int]:
    """The lines from *start* that are indented deeper than the name before them."""
    before = re.split(r"[\r\n]", text[max(0, name_start - _LOOK_BACK) : name_start])[-1]
    first = end = start
    for line in _BLOCK_LINE.finditer(text, start):
        if line[2]:
            if len(line[1]) <= len(before):
                break
            first = first if end > start else line.start(2)
            end = line.end(2)
    return first, end


def _credentials(text: str, start: int, end: int, name: str) -> Span:
    scheme = text[start:end].partition(" ")[0]
    if scheme.lower() not in SCHEMES:
        return Span(start, end, name=name)
    mask = f"{scheme} {MASK}" if "auth" in name.lower() else MASK
    return Span(start, max(end, _end(_NEXT, text, start + len(scheme))), mask, name)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _to_quote(text: str, start: int, quote: str, *, cut: bool) -> int:
    """The end of the string that *quote*, with its backslashes, has opened."""
    if len(quote) == 3 and quote[0] == quote[2]:
        end = text.find(quote, start)
        return end if end >= 0 else len(text) if cut else _end(_LINE, text, start)
    for match in _QUOTES.finditer(text, start):
        # One with fewer backslashes ends the string that this one is in
        if match[0][-1] == quote[-1] and len(match[0]) <= len(quote):
            return match.start()
    return len(text) if cut else _end(_LINE, text, start)


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
            at = min(_end(_LINE_OF_STRING[match[0]], text, at), limit)
    return limit
