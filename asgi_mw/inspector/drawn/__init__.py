"""Compute what the page draws of an exchange: the page itself only shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from asgi_mw.frames import frames
from asgi_mw.inspector.drawn.conversation import conversation
from asgi_mw.inspector.drawn.idle import gathered
from asgi_mw.inspector.drawn.layers import layers
from asgi_mw.inspector.drawn.meanings import meanings
from asgi_mw.inspector.drawn.sequence import sequence
from asgi_mw.inspector.drawn.time import first_byte, lanes, verdict
from asgi_mw.spent import last_moment

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def drawn(exchange: Exchange) -> dict[str, Any]:
    """Each view of *exchange* that has to be computed; times are ms after it began."""
    few = gathered(exchange)
    return {
        "verdict": verdict(exchange),
        "end_ms": max(last_moment(exchange), 1) / 1e6,
        "first_byte_ms": first_byte(exchange),
        "lanes": lanes(exchange),
        "sequence": sequence(exchange),
        "folded": sequence(replace(exchange, layers=few)) if few != exchange.layers else None,
        "layers": layers(exchange),
        "conversation": conversation(exchange),
        "traceback": frames(exchange.error.traceback) if exchange.error else [],
        "meanings": meanings(exchange),
    }
