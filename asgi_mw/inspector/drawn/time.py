"""Who was slow: in one sentence, and as the lanes of the time line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import duration
from asgi_mw.intervals import union
from asgi_mw.messages import STARTS
from asgi_mw.spent import last_moment, spent, stretches, waits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.events import Exchange

# A time below 1/50 of the greatest share, or of the exchange, is not worth a word
_NOTABLE = 50
# Nor is a time of fewer ns, as a part of an exchange
_LEAST = 1_000_000
# Bytes that a server takes without waiting for the client: the high water of asyncio's transports
_BUFFERED = 65_536


def verdict(exchange: Exchange) -> list[str]:
    """A sentence in three parts, of which the second is the greatest share.

    >>> from asgi_mw.events import Event, Exchange, Worker
    >>> sent = Event("send", 3_000_000, 4_000_000, {"type": "http.response.body"})
    >>> one = Exchange("", Worker("", 1), "http", {}, 0, (sent,), returned=4_000_000)
    >>> "".join(verdict(one)), verdict(one)[1]
    ('The app worked 3.0 ms; sending took 1.0 ms, so far.', '3.0 ms')
    """
    took = spent(exchange)
    shares = {"app": took.app, "receive": took.receive, "send": took.send, "blocked": took.blocked}
    most = max(shares.values())
    said = {
        share: duration(ns)
        for share, ns in shares.items()
        if ns > most / _NOTABLE or (share == "app" and not exchange.events)
    }
    asks = "send" if exchange.type == "http" else "say something"
    waits = waits_for_client(exchange)
    client = [
        *([f"{said['send']} to read"] if "send" in said and waits else []),
        *([f"{said['receive']} to {asks}"] if "receive" in said else []),
    ]
    clauses = [
        *([f"the app worked {said['app']}{_later(exchange)}"] if "app" in said else []),
        *([f"the client took {' and '.join(client)}"] if client else []),
        *([f"sending took {said['send']}"] if "send" in said and not waits else []),
        *([f"the event loop was blocked for {said['blocked']}"] if "blocked" in said else []),
    ]
    sentence = "; ".join(clauses) + ("." if exchange.outcome else ", so far.")
    return [*(sentence[0].upper() + sentence[1:]).partition(duration(most))]


def _later(exchange: Exchange) -> str:
    """How much of its work the app did after the response, if that is worth a word."""
    later = exchange.background or 0
    return f", {duration(later)} of it after the response" if later > notable(exchange) else ""


def waits_for_client(exchange: Exchange) -> bool:
    """Whether ``send`` may have waited for the client to read.

    Servers wait once more bytes than ``_BUFFERED`` are on their way: that is the limit of asyncio
    and of uvicorn.
    """
    return exchange.bytes("send") > _BUFFERED


def notable(exchange: Exchange) -> int:
    """How many ns a part of *exchange* has to take to be worth a word."""
    return max(_LEAST, last_moment(exchange) // _NOTABLE)


def first_byte(exchange: Exchange) -> float | None:
    """When the answer began."""
    sends = (one for one in exchange.events if one.direction == "send" and one.type in STARTS)
    return next((one.called / 1e6 for one in sends), None)


def lanes(exchange: Exchange) -> dict[str, Any]:
    """The stretches of each share, in which the app listened, and where events are missing."""
    calls = waits(exchange.events, last_moment(exchange), http=exchange.type == "http")
    listens = union((at, until) for wait, at, until in calls if wait == "listen")
    return {
        share: spans_ms(spans)
        for share, spans in [
            *stretches(exchange).items(),
            ("listen", listens),
            ("missing", union([(exchange.missing.since, exchange.missing.until)])),
        ]
    }


def spans_ms(spans: Iterable[tuple[int, int]]) -> list[list[float]]:
    """Stretches in ms."""
    return [[at / 1e6, until / 1e6] for at, until in spans]
