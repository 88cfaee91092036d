"""Where the time of an exchange went: the app was at work, or what it waited for."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from asgi_mw.events import Direction, Event, Exchange
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
    found = _stretches(_shares(exchange), last_moment(exchange))
    took = {share: _length(spans) for share, spans in found.items()}
    missing = exchange.missing
    # What the app waited for where events are missing, their sum says
    gap = missing.since, missing.until
    idle, listened = (_length(_within(found[share], *gap)) for share in ("app", "receive"))
    send = min(missing.send, idle + listened)
    receive = min(missing.receive, max(idle - send, 0))
    took["send"] += send
    took["receive"] += receive - max(send - idle, 0)
    took["app"] -= min(send, idle) + receive
    return Spent(**took)


def stretches(exchange: Exchange) -> dict[Share, list[tuple[int, int]]]:
    """The same as stretches of time, from and to: each moment is in one of them at most.

    Where events are missing, nobody knows when the app was at work.
    """
    found = _stretches(_shares(exchange), last_moment(exchange))
    since, until = exchange.missing.since, exchange.missing.until
    if until:
        app = found["app"]
        end = app[-1][1] if app else 0
        found["app"] = [*_within(app, 0, since), *_within(app, until, max(until, end))]
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
    found = _stretches(_awaited(calls, end, http=http), end)
    return _length(found["receive"]), _length(found["send"])


def _length(spans: Iterable[tuple[int, int]]) -> int:
    return sum(until - at for at, until in spans)


def _within(spans: Iterable[tuple[int, int]], since: int, until: int) -> Iterator[tuple[int, int]]:
    for at, over in spans:
        if max(at, since) < min(over, until):
            yield max(at, since), min(over, until)


def _stretches(
    shares: Iterable[tuple[Share, int, int]], end: int
) -> dict[Share, list[tuple[int, int]]]:
    borders: list[tuple[int, int, Share]] = []
    for share, begins, over in shares:
        stops = min(over, end)
        if begins < stops:
            borders += ((begins, 1, share), (stops, -1, share))
    borders.sort(key=lambda border: border[0])
    found: dict[Share, list[tuple[int, int]]] = {
        "app": [],
        "blocked": [],
        "send": [],
        "receive": [],
    }
    open_: dict[Share, int] = {"blocked": 0, "send": 0, "receive": 0}
    now = 0
    for at, step, share in [*borders, (end, 0, _ORDER[0])]:
        spans = found[next((one for one in _ORDER if open_[one]), "app")]
        if spans and spans[-1][1] == now and at > now:
            spans[-1] = spans[-1][0], at
        elif at > now:
            spans.append((now, at))
        open_[share] += step
        now = at
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


def _awaited(
    calls: Sequence[Event | Call], end: int, *, http: bool
) -> Iterator[tuple[Share, int, int]]:
    for wait, begins, over in waits(calls, end, http=http):
        if wait != "listen":
            yield wait, begins, over


def _shares(exchange: Exchange) -> Iterator[tuple[Share, int, int]]:
    end = last_moment(exchange)
    yield from _awaited(exchange.events, end, http=exchange.type == "http")
    for note in exchange.notes:
        if note.kind == "blocked":
            yield "blocked", note.at, end if note.until is None else note.until
