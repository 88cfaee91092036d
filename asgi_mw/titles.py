"""What an exchange asked for and what the client got, each in a few words for one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgi_mw.answers import Answer, Close
    from asgi_mw.events import Exchange

_METHODS = {"websocket": "WS", "lifespan": "LIFESPAN"}


def method_of(exchange: Exchange) -> str:
    """The method, or what stands in its place."""
    return exchange.method or _METHODS.get(exchange.type, exchange.type)


def target_of(exchange: Exchange) -> str:
    """The path and the query."""
    query = exchange.scope.get("query_string")
    if isinstance(query, bytes) and query:
        return f"{exchange.path}?{query.decode('latin-1')}"
    return exchange.path


def status_of(answer: Answer | None, close: Close | None) -> str:
    """The status that the client got, with ``*`` if it is the server's; the code of a close."""
    if answer is None:
        return ""
    if answer.by == "server":
        return f"{answer.status}*"
    if answer.status == 101 and close is not None:
        return f"101 {close.code}"
    return str(answer.status)
