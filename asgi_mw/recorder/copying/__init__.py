"""An exchange as text to be copied: a command, a program, a report, a diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.recorder.copying.curl import curl
from asgi_mw.recorder.copying.httpx import httpx
from asgi_mw.recorder.copying.mermaid import mermaid
from asgi_mw.recorder.copying.text import text

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

WAYS = {"curl": curl, "httpx": httpx, "text": text, "mermaid": mermaid}
# The ways that a type does not have: curl makes at least the handshake of a WebSocket
_MISSING = {"http": (), "websocket": ("httpx",)}


def ways_of(exchange: Exchange) -> list[str]:
    """The ways in which *exchange* can be copied."""
    missing = _MISSING.get(exchange.type, ("curl", "httpx"))
    return [name for name in WAYS if name not in missing]


def copied(exchange: Exchange, way: str) -> str:
    """*exchange* in one of the *ways*; the text is safe on a terminal, and ends with a new line.

    Raises:
        ValueError: It cannot be copied in this way; the message says how it can.
    """
    ways = ways_of(exchange)
    if way not in ways:
        known = ", ".join(ways)
        raise ValueError(f"{exchange.type} cannot be copied as {way!r}; take one of {known}")
    return WAYS[way](exchange)
