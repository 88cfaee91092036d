"""Where the time of an exchange went: the app at work, or waiting for what."""

from __future__ import annotations

from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Exchange

Share: TypeAlias = Literal["blocked", "send", "receive", "app"]
# Of what happens at the same time, the first counts
_ORDER: tuple[Share, ...] = ("blocked", "send", "receive")


@dataclass(frozen=True, slots=True)
class Spent:
    """Where the time of an exchange went, in ns; together that is all of it.

    Attributes:
        app: The app was at work, or waited for something else than the client.
        receive: It waited for ``receive`` alone.
        send: It waited for ``send``, whatever else it waited for.
        blocked: The event loop was blocked, so that nothing could go on; seen with
            ``record(lag=True)``, or while the page is open.
    """

    app: int = 0
    receive: int = 0
    send: int = 0
    blocked: int = 0


def spent(exchange: Exchange) -> Spent:
    """Where the time of *exchange* went, background work included; in flight, until now.

    >>> from asgi_mw.events import Event, Exchange, Worker
    >>> sent = Event("send", 30, 80, {"type": "http.response.body"})
    >>> spent(Exchange("", Worker("", 1), "http", {}, 0, (sent,), returned=100, outcome="complete"))
    Spent(app=50, receive=0, send=50, blocked=0)
    """
    end = last_moment(exchange)
    borders: list[tuple[int, int, Share]] = []
    for share, begins, over in _waits(exchange):
        stops = end if over is None else min(over, end)
        if begins < stops:
            borders += ((begins, 1, share), (stops, -1, share))
    borders.sort(key=lambda border: border[0])
    took: dict[Share, int] = {"app": 0, "blocked": 0, "send": 0, "receive": 0}
    open_: dict[Share, int] = {"blocked": 0, "send": 0, "receive": 0}
    now = 0
    for at, step, share in borders:
        took[next((one for one in _ORDER if open_[one]), "app")] += at - now
        open_[share] += step
        now = at
    took["app"] += end - now
    return Spent(**took)


def last_moment(exchange: Exchange) -> int:
    """The last moment of *exchange* that is known, in ns after it began; in flight, now."""
    if exchange.returned is not None:
        return exchange.returned
    moments = [0, exchange.ended or 0, exchange.error.at if exchange.error else 0]
    moments += [event.called for event in exchange.events]
    moments += [event.returned for event in exchange.events if event.returned is not None]
    if exchange.outcome is None:
        moments.append(time_ns() - exchange.began)
    return max(moments)


def _waits(exchange: Exchange) -> Iterator[tuple[Share, int, int | None]]:
    for event in exchange.events:
        yield event.direction, event.called, event.returned
    for note in exchange.notes:
        if note.kind == "blocked":
            yield "blocked", note.at, note.until
