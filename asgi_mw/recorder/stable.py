"""Exchanges as text that is the same in each run, to keep beside a test and compare with."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import plural
from asgi_mw.parts import octets, pairs_of, payload_of, readable, utf8
from asgi_mw.printable import printable, printable_lines
from asgi_mw.recorder.comparing.usual import calm, stable
from asgi_mw.recorder.objects import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from asgi_mw.events import Event, Exchange

_ALL = sys.maxsize
# Shown by the arrow, in lines of their own, or of no interest
_ASIDE = frozenset({"type", "headers", "body", "bytes", "text", "decoded"})


def stable_text(exchanges: Iterable[Exchange]) -> str:
    """Each exchange: what was asked for, every message with its contents, and how it ended.

    The kind of what differs between any two runs stands in its place: ``<id>``, ``<moment>``,
    ``<address>`` (of memory), ``<port>`` (of this machine), and ``<varies>`` for the values of
    headers such as ``Date`` and ``Server-Timing``.  Durations are left out.  So are a ``receive``
    that gave nothing and a disconnect after the response: whether an app waits for them is a
    matter of time.  Secrets are masked, as in every recording.

    Args:
        exchanges: In the order in which the text has them.

    >>> from asgi_mw import open_store, record
    >>> from asgi_mw.testing import request, run
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 404, "headers": []})
    ...     await send({"type": "http.response.body", "body": b"no such order"})
    >>> store = open_store("memory:")
    >>> headers = [("x-request-id", "7"), ("accept", "text/html")]
    >>> _ = run(request(record(app, store=store), "GET", "/orders/7?full=1", headers=headers))
    >>> print(stable_text(store.exchanges()), end="")
    GET /orders/7?full=1
      x-request-id: <varies>
      accept: text/html
    < http.response.start status=404
    < http.response.body 13 bytes
      no such order
    complete
    """
    return "\n".join("".join(f"{line}\n" for line in _lines(one)) for one in exchanges)


def _lines(exchange: Exchange) -> Iterator[str]:
    query = readable(octets(exchange.scope.get("query_string")))
    asked = f"{exchange.path}{query and f'?{query}'}"
    yield _safe(f"{exchange.method or exchange.type} {asked}".rstrip())
    yield from _headers(exchange.scope)
    over = False
    for event in exchange.events:
        if event.type and not (over and event.type == "http.disconnect"):
            yield from _event(event)
        over = over or _ends(event)
    if exchange.gap is not None:
        yield "some events were not kept"
    if exchange.error is not None:
        yield from _safe_lines(f"{exchange.error.type}: {exchange.error.message}")
    yield str(exchange.outcome or "in flight")


def _ends(event: Event) -> bool:
    return event.type == "http.response.body" and not event.message.get("more_body")


def _event(event: Event) -> Iterator[str]:
    arrow = ">" if event.direction == "receive" else "<"
    said = [
        f"{key}={json.dumps(plain(value), ensure_ascii=False)}"
        for key, value in event.message.items()
        if key not in _ASIDE and value not in (None, False)
    ]
    length = [plural(event.size, "byte")] if event.size else []
    raised = [f"raised {event.raised}"] if event.raised else []
    yield _safe(" ".join([arrow, event.type, *length, *said, *raised]))
    yield from _headers(event.message)
    payload = payload_of(event)
    text = None if payload is None else utf8(payload)
    if text is not None:
        yield from (f"  {line}" for line in _safe_lines(text))
    if event.truncated:
        yield "  (cut)"


def _headers(holder: Mapping[str, Any]) -> Iterator[str]:
    for name, value in pairs_of(holder):
        yield f"  {_safe(f'{readable(name)}: {stable(readable(name), readable(value))}')}"


def _safe(line: str) -> str:
    return printable(calm(line), _ALL)


def _safe_lines(said: str) -> list[str]:
    return printable_lines(calm(said), _ALL).splitlines()
