"""Find secrets in XML and HTML: elements, attributes, fields, and pairs of name and value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.redaction.names import IsSecret

_TAG = re.compile(r"<([\w:.-]++)([^<>]*+)(>?)", re.ASCII)
_ATTRIBUTE = re.compile(
    r"(?<![\w-])([\w-]++)\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s\"'>]++))", re.ASCII
)
_NAMING = ("name", "id", "property", "key", "field", "header")
_NAMED = ("value", "content")
_NAME_TAGS = frozenset({"name", "key", "field", "header", "param-name"})
_VALUE_TAGS = frozenset({"value", "string", "data", "param-value"})
_SHORT_CONTENT = re.compile(r"\s*+([^<>\s]{1,64})\s*+</")


def markup_spans(text: str, secret: IsSecret) -> Iterator[Span]:
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
    while match := _TAG.search(text, at):
        at = match.end()
        tag = match[1]
        yield from _field(match, secret)
        if not match[3] or match[2].endswith("/"):
            continue
        bare = tag.rpartition(":")[2]
        if bare.lower() in _NAME_TAGS:
            content = _SHORT_CONTENT.match(text, at)
            before = content[1] if content and secret(content[1]) else ""
            continue
        name = tag if secret(bare) else before if bare.lower() in _VALUE_TAGS else ""
        if name:
            before = ""
            end = text.find(f"</{tag}", at)
            end = len(text) if end < 0 else end
            if at < end:
                yield Span(at, end, name=name)
            at = end


def _field(tag: re.Match[str], secret: IsSecret) -> Iterator[Span]:
    """Find the value of ``<input name="csrf_token">`` and of ``<add key="password">``."""
    if not any(held in tag[2].lower() for held in _NAMED):
        return
    attributes = {}
    for match in _ATTRIBUTE.finditer(tag[2]):
        group = match.lastindex or 1
        attributes[match[1].lower()] = match.span(group)
    for key in _NAMING:
        start, end = attributes.get(key, (0, 0))
        name = tag[2][start:end]
        if name and secret(name):
            offset = tag.start(2)
            for held in _NAMED:
                start, end = attributes.get(held, (0, 0))
                if start < end:
                    yield Span(offset + start, offset + end, name=name)
            return
