"""How long the layers took, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.amounts import duration, plural
from asgi_mw.recorder.rows import spent_in_layers
from asgi_mw.spent import last_moment

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def layers(exchange: Exchange) -> str:
    """How long all layers took, which took most, and which answered early; empty without layers.

    >>> from asgi_mw.events import Exchange, Worker
    >>> from asgi_mw.passages import Passage
    >>> taps = (Passage("cors", "cors()", own=1_000_000), Passage("gzip", "gzip()", own=3_000_000))
    >>> layers(Exchange("", Worker("", 1), "http", {}, 0, (), returned=9_000_000, layers=taps))
    '2 layers took 4.0 ms of 9.0 ms, most of it gzip (3.0 ms).'
    """
    all_ = exchange.layers
    if not all_:
        return ""
    took = spent_in_layers(exchange) or 0
    slowest = max(all_, key=lambda one: one.own or 0)
    said = f"{plural(len(all_), 'layer')} took {duration(took)}"
    said += f" of {duration(last_moment(exchange))}"
    if took and len(all_) > 1:
        said += f", most of it {slowest.name} ({duration(slowest.own or 0)})"
    early = next((one.name for one in all_ if one.answered), None)
    return f"{said}." + (f" {early} answered in the app's place." if early else "")
