"""Find secrets in XML and HTML: elements, attributes, fields, and pairs of name and value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.names import secret_within
from asgi_mw.redaction.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.redaction.names import IsSecret

_TAG = re.compile(r"<(/?)([\w:.-]++)([^<>]*+)(>?)", re.ASCII)
_ATTRIBUTE = re.compile(
    r"(?<![\w-])([\w-]++)\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s\"'>]++))", re.ASCII
)
_NAMING = ("name", "id", "property", "key", "field", "header")
_NAMED = ("value", "content")
_NAME_TAGS = frozenset({"name", "key", "field", "header", "param-name"})
_VALUE_TAGS = frozenset({"value", "string", "data", "param-value"})
_SHORT_CONTENT = re.compile(r"\s*+([^<>\s]{1,64})\s*+</")
_MOST_OPEN = 64


def markup_spans(text: str, secret: IsSecret, *, cut: bool = False) -> Iterator[Span]:
    """Find the content of secret elements, and the values that attributes or elements name.

    >>> from asgi_mw.redaction.names import compile_names
    >>> from asgi_mw.redaction.spans import masked
    >>> text = '<pin>1</pin><add key="password" value="x"/><key>pin</key><value>1</value>'
    >>> masked(text, list(markup_spans(text, compile_names())))
    '<pin>[redacted]</pin><add key="password" value="[redacted]"/>\
<key>pin</key><value>[redacted]</value>'
    """
    at = 0
    before = ""  # the secret name that the last name element held
    opened: list[str] = []
    while match := _TAG.search(text, at):
        at = match.end()
        closing, tag, rest, end_of_tag = match.groups()
        bare = tag.rpartition(":")[2]
        if closing:
            if bare in opened:  # what HTML leaves open is closed with it
                del opened[len(opened) - 1 - opened[::-1].index(bare) :]
            continue
        yield from _field(match, secret, cut=cut and at == len(text))
        if not end_of_tag or rest.endswith("/"):
            continue
        if bare.lower() in _NAME_TAGS:
            content = _SHORT_CONTENT.match(text, at)
            before = content[1] if content and secret(content[1]) else ""
            if before:
                continue
        name = tag if secret(bare) or secret_within(bare, opened, secret) else ""
        if not name and bare.lower() in _VALUE_TAGS:
            name = before
        if name:
            before = ""
            end = _content_end(text, at, tag)
            if at < end:
                yield Span(at, end, name=name)
            at = end
        elif len(opened) < _MOST_OPEN:
            opened.append(bare)


def _content_end(text: str, at: int, tag: str) -> int:
    """The end of the content that begins at *at* in a *tag*; it may hold others of that tag."""
    opening, closing = f"<{tag}", f"</{tag}"
    depth = 1
    while True:
        end = text.find(closing, at)
        if end < 0:
            return len(text)
        depth += text.count(opening, at, end) - 1
        if depth <= 0:
            return end
        at = end + len(closing)


def _field(tag: re.Match[str], secret: IsSecret, *, cut: bool) -> Iterator[Span]:
    """Find the value of ``<input name="csrf_token">`` and of ``<add key="password">``."""
    rest = tag[3]
    if not any(held in rest.lower() for held in _NAMED):
        return
    attributes = {}
    for match in _ATTRIBUTE.finditer(rest):
        group = match.lastindex or 1
        attributes[match[1].lower()] = match.span(group)
    names = [
        rest[start:end]
        for key in _NAMING
        if (start := attributes.get(key, (0, 0))[0]) < (end := attributes.get(key, (0, 0))[1])
    ]
    name = next(filter(secret, names), "value" if cut and not tag[4] else "")
    if name:
        offset = tag.start(3)
        for held in _NAMED:
            start, end = attributes.get(held, (0, 0))
            if start < end:
                yield Span(offset + start, offset + end, name=name)
