"""Check what was recorded."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from asgi_mw.spec.checking import Checker
from asgi_mw.spec.values import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.spec.checking import How
    from asgi_mw.spec.rule import Finding, Profile


def check(exchange: Exchange, *, profile: Profile = "spec") -> list[Finding]:
    """Find where a recorded exchange breaks the rules of *profile*, in order.

    What the recording does not have is not judged: events that were dropped and all that depends on
    them, and values of which it has only the type.

    >>> from asgi_mw import open_store, record
    >>> from asgi_mw.testing import request, run
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.body", "body": b"hi"})
    >>> store = open_store("memory:")
    >>> _ = run(request(record(app, store=store)))
    >>> [exchange] = store.exchanges()
    >>> for finding in check(exchange): print(finding)
    app, event 0 (send): 'http.response.body' while the response is 'waiting' \
[http.body.before-start, must]
    app, end: the app returned without a response [http.no-response, must]
    """
    found: list[Finding] = []
    checker = Checker(recorded(exchange.scope), found.append, profile)
    numbers: dict[int, int] = {}
    events = exchange.events
    gap = exchange.gap
    for what, place in _moments(events):
        event = events[place]
        if gap is not None and place >= gap:
            checker.blind = True
        if what == "called":
            numbers[place] = (
                checker.receiving()
                if event.direction == "receive"
                else checker.sending(recorded(event.message), event.size)
            )
        elif event.direction == "receive":
            if event.raised is None:
                checker.received(numbers[place], recorded(event.message), event.size)
            else:
                checker.not_received()
        elif event.raised is None:
            checker.sent(numbers[place])
        else:
            checker.not_sent(numbers[place], _raised(event.raised))
    if exchange.returned is not None:
        checker.ended(_how(exchange))
    return found


def _how(exchange: Exchange) -> How:
    if exchange.error is not None and not exchange.error.swallowed:
        return "raised"
    return "cancelled" if exchange.outcome == "cancelled" else "returned"


def _raised(name: str | None) -> type[BaseException] | None:
    """The exception that a recording names, if the name says for certain which it is."""
    found = getattr(builtins, name or "", None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return found
    return None


def _moments(events: Any) -> Iterator[tuple[str, int]]:
    """The calls and the returns of the events of a recording, in the order of time."""
    found: list[tuple[int, int, int, str]] = []
    for number, event in enumerate(events):
        found.append((event.called, number, 0, "called"))
        if event.returned is not None:
            found.append((event.returned, number, 1, "returned"))
    # At one moment a call is before what it leads to, and a return before the next call
    found.sort(key=lambda one: (one[0], one[1], one[2]))
    return ((what, number) for _, number, _, what in found)
