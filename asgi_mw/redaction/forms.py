"""Find secrets in queries and in ``application/x-www-form-urlencoded`` bodies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from asgi_mw.redaction.spans import Span, merged
from asgi_mw.redaction.text import text_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.redaction.names import IsSecret

# A value of these alone cannot hold a URL or a second pair.
_VALUE = r"[\w.~,/-]*+"
_PAIRS = re.compile(rf"{_VALUE}(?:={_VALUE})?+(?:&{_VALUE}(?:={_VALUE})?+)*+\Z", re.ASCII)
_ENCODED = re.compile(r"[%+]")
_DECODINGS = 2  # a URL within a URL is encoded twice


def form_spans(text: str, secret: IsSecret, *, cut: bool = False) -> list[Span]:
    """Find the values of secret names in *text*, and secrets within other values.

    The old separator ``;`` counts only before a secret name: whatever follows one up to the
    next ``&`` may belong to its value.

    Args:
        text: A query or a form, bytes as Latin-1.
        secret: Says which names are secret.
        cut: The text goes on beyond its end.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = "a=1;token=x;y&api%5Fkey=k&next=%2Fhome"
    >>> masked(text, form_spans(text, compile_names()))
    'a=1;token=[redacted]&api%5Fkey=[redacted]&next=%2Fhome'
    """
    found = []
    odd = _PAIRS.match(text) is None or "eyJ" in text
    start = 0
    for chunk in text.split("&"):
        name, equals, value = chunk.partition("=")
        end = start + len(chunk)
        if value and secret(name):
            found.append(Span(end - len(value), end, name=name))
        elif odd and ";" in chunk and (span := _after_semicolon(chunk, start, secret)):
            found += [*_within(text, start, start, span.start, secret, cut=False), span]
        elif odd:
            begin = end - len(value) if equals else start
            found += _within(text, start, begin, end, secret, cut=cut)
        start = end + 1
    return merged(found) if odd else found


def _after_semicolon(chunk: str, start: int, secret: IsSecret) -> Span | None:
    end = start + len(chunk)
    for pair in chunk.split(";"):
        name = pair.partition("=")[0]
        value = start + len(name) + 1
        if len(name) < len(pair) and value < end and secret(name):
            return Span(value, end, name=name)
        start += len(pair) + 1
    return None


def _within(
    text: str, start: int, begin: int, end: int, secret: IsSecret, *, cut: bool
) -> Iterator[Span]:
    """Search a pair, whose value begins at *begin*, as free text; if decoded, mask it whole."""
    cut = cut and end == len(text)
    for span in text_spans(text[start:end], secret, cut=cut):
        yield span._replace(start=start + span.start, end=start + span.end)
    value = text[begin:end]
    for _ in range(_DECODINGS):
        if not _ENCODED.search(value):
            return
        value = unquote_plus(value)
        if spans := text_spans(value, secret, cut=cut):
            yield Span(begin, end, name=spans[0].name)
            return
