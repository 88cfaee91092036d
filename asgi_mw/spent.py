"""Where the time of an exchange went: the app was at work, or what it waited for."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from asgi_mw.intervals import total, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from asgi_mw.events import Direction, Event, Exchange
    from asgi_mw.intervals import Spans
    from asgi_mw.passages import Crossing

Share: TypeAlias = Literal["blocked", "send", "receive", "app"]
Wait: TypeAlias = Literal["send", "receive", "listen"]
# If several of these happen at the same time, the first counts
_ORDER: tuple[Share, ...] = ("blocked", "send", "receive")


@dataclass(frozen=True, slots=True)
class Spent:
    """Where the time of an exchange went, in ns; together that is all of it.

    Attributes:
        app: The app was at work, or waited for something else than the client; also while it
            listens for the end of the client, see :func:`waits`.
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
    found = _stretches(exchange)
    took = {share: total(spans) for share, spans in found.items()}
    # What the app waited for where events are missing, their sum says
    missing = exchange.missing
    idle, listened = (
        took[share] - total(without(found[share], [(missing.since, missing.until)]))
        for share in ("app", "receive")
    )
    send = min(missing.send, idle + listened)
    receive = min(missing.receive, max(idle - send, 0))
    took["send"] += send
    took["receive"] += receive - max(send - idle, 0)
    took["app"] -= min(send, idle) + receive
    return Spent(**took)


def stretches(exchange: Exchange) -> dict[Share, Spans]:
    """The same as stretches of time, from and to: each moment is in one of them at most.

    Where events are missing, nobody knows when the app was at work.
    """
    found, missing = _stretches(exchange), exchange.missing
    found["app"] = without(found["app"], [(missing.since, missing.until)])
    return found


class Call(NamedTuple):
    """One call of ``receive`` or ``send``, with times in ns; ``None`` while it is awaited."""

    direction: Direction
    called: int
    returned: int | None
    type: str


def waited(calls: Sequence[Call], end: int, *, http: bool) -> tuple[int, int]:
    """How long the maker of *calls* waited for ``receive`` alone, and for ``send``, until *end*.

    >>> calls = [Call("receive", 0, 60, "websocket.receive"), Call("send", 50, None, "")]
    >>> waited(calls, 90, http=False)
    (50, 40)
    """
    found = _shared(waits(calls, end, http=http), end)
    return total(found["receive"]), total(found["send"])


def _stretches(exchange: Exchange) -> dict[Share, Spans]:
    end = last_moment(exchange)
    blocks: list[tuple[Share, int, int]] = [
        ("blocked", note.at, end if note.until is None else note.until)
        for note in exchange.notes
        if note.kind == "blocked"
    ]
    return _shared([*waits(exchange.events, end, http=exchange.type == "http"), *blocks], end)


def _shared(spans: Iterable[tuple[Share | Wait, int, int]], end: int) -> dict[Share, Spans]:
    """Each moment until *end* in the first share that has it; the rest is the app's."""
    given = [(what, at, min(over, end)) for what, at, over in spans]
    found: dict[Share, Spans] = {"app": []}
    taken: Spans = []
    for share in _ORDER:
        found[share] = without(((at, over) for what, at, over in given if what == share), taken)
        taken += found[share]
    found["app"] = without([(0, end)], taken)
    return found


def waits(
    calls: Sequence[Event | Crossing | Call], end: int, *, http: bool
) -> Iterator[tuple[Wait, int, int]]:
    """What the maker of *calls* waited for, from when, and until when, which is *end* at most.

    In HTTP, a ``receive`` during which it sends belongs to a task that listens for the end of the
    client (``"listen"``): it waits for nothing.
    """
    sends = sorted(one.called for one in calls if one.direction == "send")
    for one in calls:
        over = end if one.returned is None else one.returned
        wait: Wait = one.direction
        if http and wait == "receive" and one.type != "http.request":
            next_ = bisect_right(sends, one.called)
            wait = "listen" if next_ < len(sends) and sends[next_] < over else wait
        yield wait, one.called, over


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
