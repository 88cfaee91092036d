"""What is in a message, in a few lines: values, headers, and the beginning of a body."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterable, Mapping
from typing import Any

from asgi_mw.amounts import size
from asgi_mw.cli.output import clip

_COLUMNS = 120
_LINES = 8
_HEX = 24
_PAYLOADS = ("body", "bytes", "text")


def value(thing: Any, *, full: bool = False) -> str:
    """*thing* as Python writes it, text without quotes.

    >>> value("http"), value(b"/a"), value({"spec_version": "2.3"})
    ('http', "b'/a'", "{'spec_version': '2.3'}")
    """
    text = thing if isinstance(thing, str) else repr(thing)
    return text if full else clip(text, _COLUMNS)


def headers(pairs: Any, *, full: bool = False) -> list[tuple[str, str]]:
    """Names and values of a header list; anything else is shown as it is.

    >>> headers([[b"host", b"a"]])
    [('host', 'a')]
    """
    if not isinstance(pairs, Iterable) or isinstance(pairs, (str, bytes, Mapping)):
        return [("", value(pairs))]
    return [_pair(pair, full=full) for pair in pairs]


def words(message: Mapping[str, Any], *, full: bool = False) -> str:
    """What *message* says besides its type, payload and headers, as ``status=200``."""
    skipped = {"type", "headers", *_PAYLOADS}
    return " ".join(
        f"{key}={value(one, full=full)}"
        for key, one in message.items()
        if key not in skipped and one is not None
    )


def payload(message: Mapping[str, Any], *, full: bool = False) -> list[str]:
    """The payload of *message*, or its beginning: as text if it is text, otherwise as hex."""
    found = next((message[key] for key in _PAYLOADS if message.get(key)), b"")
    text = found if isinstance(found, str) else _decoded(found) if isinstance(found, bytes) else ""
    if text is None:
        shown = found if full else found[:_HEX]
        more = f" … {size(len(found) - _HEX)} more" if len(shown) < len(found) else ""
        return [shown.hex(" ") + more]
    lines = text.splitlines()
    if full:
        return lines
    kept = [clip(line, _COLUMNS) for line in lines[:_LINES]]
    if len(lines) > _LINES:
        kept.append(f"… {len(lines) - _LINES} lines more")
    return kept


def _pair(pair: Any, *, full: bool) -> tuple[str, str]:
    match pair:
        case [bytes(name), bytes(content)]:
            return name.decode("latin-1"), value(content.decode("latin-1"), full=full)
        case _:
            return "", value(pair, full=full)


def _decoded(body: bytes) -> str | None:
    """*body* as text; ``None`` if it is none.  A character that was cut at the end is left out."""
    if b"\0" in body:
        return None
    try:
        return getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return None
