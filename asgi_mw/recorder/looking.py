"""Look for a text in an exchange: in its row, its headers, its bodies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.rows import Row

# What JSON never escapes
_UNESCAPED = re.compile(r"[ !#-\[\]-~]+")
_HEX = re.compile(r"[0-9a-f]{1,32}", re.IGNORECASE)


def same(text: str | None, part: str) -> bool:
    """Whether *text* has *part* in it; the case of ASCII letters does not matter, as in SQL's LIKE.

    >>> same("ValueError: no", "valueerror"), same(None, "")
    (True, False)
    """
    return text is not None and _folded(part) in _folded(text)


def may_be_of_ids(text: str) -> bool:
    """Whether *text* can be in the ids of exchanges, traces and spans, which are hex digits."""
    return _HEX.fullmatch(text) is not None


def unescaped(text: str) -> str:
    """The longest part of *text* that stands in JSON as it is.

    >>> unescaped('say "no such user"'), unescaped("é")
    ('no such user', '')
    """
    return max(_UNESCAPED.findall(text), key=len, default="")


def in_row(row: Row, wanted: str) -> bool:
    """Whether the path, query, route, error or an id has this text."""
    texts = [row.path, row.query, row.route, row.error, row.request_id]
    if may_be_of_ids(wanted):
        texts += [row.id, row.trace_id, row.span_id]
    return any(same(text, wanted) for text in texts)


def in_headers(exchange: Exchange, wanted: str) -> bool:
    """Whether the request or the response has this header, as ``name`` or ``name: part``."""
    name, value = header_of(wanted)
    lists = [
        exchange.scope.get("headers"),
        *(one.message.get("headers") for one in exchange.events),
    ]
    for headers in lists:
        if isinstance(headers, (list, tuple)):
            for pair in headers:
                match pair:
                    case [bytes(key), bytes(given)] if _latin(key) == name and value in _latin(
                        given
                    ):
                        return True
    return False


def header_of(wanted: str) -> tuple[str, str]:
    """The name and the part of the value of a header that is looked for."""
    name, _, value = wanted.lower().partition(":")
    return name.strip(), value.strip()


def in_bodies(exchange: Exchange, wanted: str) -> bool:
    """Whether what was kept of a body or message has this text."""
    sought = wanted.encode("utf-8", "surrogatepass")
    # The text may go across pieces of an HTTP body; a message of a WebSocket is always whole
    bodies: dict[str, list[bytes]] = {"receive": [], "send": []}
    for event in exchange.events:
        message = event.message
        if isinstance(body := message.get("body"), bytes):
            bodies[event.direction].append(body)
        text, data = message.get("text"), message.get("bytes")
        if isinstance(text, str) and wanted in text:
            return True
        if isinstance(data, bytes) and sought in data:
            return True
    return any(sought in b"".join(pieces) for pieces in bodies.values())


def _latin(text: bytes) -> str:
    return text.decode("latin-1").lower()


def _folded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").lower()
