"""Find the values of secret names in the pairs of queries and forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.redaction.names import IsSecret

_LINE = re.compile(r"[^\r\n]++")
_FORM = re.compile(r"[^\s=&<>\"'{}]{1,256}=[^&]*+&[^\s=&<>\"'{}]{1,256}=")


def field_spans(text: str, secret: IsSecret, start: int = 0) -> Iterator[Span]:
    """Find the values of secret names in *text*, which stands at *start*.

    The old separator ``;`` counts only before a secret name: whatever follows that name up to the
    next ``&`` may belong to its value.

    >>> from asgi_mw.redaction.names import compile_names
    >>> list(field_spans("a=1;pin=2;3&b=4", compile_names()))
    [Span(start=8, end=11, mask='[redacted]', name='pin')]
    """
    for chunk in text.split("&"):
        name, _, value = chunk.partition("=")
        end = start + len(chunk)
        if value and secret(name):
            yield Span(end - len(value), end, name=name)
        elif ";" in chunk and (span := _after_semicolon(chunk, start, secret)):
            yield span
        start = end + 1


def line_spans(text: str, secret: IsSecret) -> Iterator[Span]:
    r"""Find the same in the lines of *text* that begin as a form of several fields does.

    >>> from asgi_mw.redaction.names import compile_names
    >>> list(line_spans("POST\npin=1 2&a=3", compile_names()))
    [Span(start=9, end=12, mask='[redacted]', name='pin')]
    """
    for line in _LINE.finditer(text):
        if _FORM.match(line[0]):
            yield from field_spans(line[0], secret, line.start())


def _after_semicolon(chunk: str, start: int, secret: IsSecret) -> Span | None:
    end = start + len(chunk)
    for pair in chunk.split(";"):
        name = pair.partition("=")[0]
        value = start + len(name) + 1
        if len(name) < len(pair) and value < end and secret(name):
            return Span(value, end, name=name)
        start += len(pair) + 1
    return None
