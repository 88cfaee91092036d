"""What else belongs to an exchange, and where its time went, as objects of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.spent import spent

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def notes_json(exchange: Exchange) -> list[dict[str, Any]]:
    """The notes of *exchange*, with times in ms after its beginning."""
    return [
        {
            "kind": note.kind,
            "at_ms": note.at / 1e6,
            "until_ms": None if note.until is None else note.until / 1e6,
            "title": note.title,
            "level": note.level,
            "detail": note.detail,
        }
        for note in exchange.notes
    ]


def spent_json(exchange: Exchange) -> dict[str, float]:
    """Where the time of *exchange* went, in ms; together that is all of it."""
    took = spent(exchange)
    return {
        "app_ms": took.app / 1e6,
        "receive_ms": took.receive / 1e6,
        "send_ms": took.send / 1e6,
        "blocked_ms": took.blocked / 1e6,
    }
