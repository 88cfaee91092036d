"""The notes of an exchange, and where its time went, as objects of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.json_numbers import ms
from asgi_mw.spent import spent

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def notes_json(exchange: Exchange) -> list[dict[str, Any]]:
    """The notes of *exchange*, with times in ms after its beginning."""
    return [
        {
            "kind": note.kind,
            "at_ms": ms(note.at),
            "until_ms": ms(note.until),
            "title": note.title,
            "level": note.level,
            "detail": note.detail,
        }
        for note in exchange.notes
    ]


def spent_json(exchange: Exchange) -> dict[str, float]:
    """Where the time of *exchange* went, in ms; the parts add up to all of it."""
    took = spent(exchange)
    return {
        "app_ms": ms(took.app),
        "receive_ms": ms(took.receive),
        "send_ms": ms(took.send),
        "blocked_ms": ms(took.blocked),
    }
