"""An entry of a HAR as an exchange: what the client saw, as the app may have seen it."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.export.har.request import request_body, scope_of
from asgi_mw.export.har.response import http_events, socket_events
from asgi_mw.export.har.values import EntryError, integer, member, moment, ns
from asgi_mw.ids import id_at
from asgi_mw.recorder.naming import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.events import Fate

_ID = re.compile(r"[0-9a-f]{32}")
_GONE: Final = "client_gone"
_BEFORE = ("blocked", "dns", "connect")  # ssl is a part of connect


def exchange_of(entry: Any, source: str, note: Callable[[str], None]) -> Exchange:
    """The exchange of *entry*, with nothing masked.

    Its id is the one it had when we wrote it.  Without that, the id is made from the time at which
    it began and from the whole entry, so that the same entry has the same id.

    Args:
        entry: From JSON that anybody may have written.
        source: What stands for the host of the worker, as ``"har:shop.har"``.
        note: Called with each kind of data that cannot be read from it.

    Raises:
        EntryError: It does not say when it began, or has no HTTP URL.
    """
    if not isinstance(entry, dict):
        raise EntryError("it is no object")
    began = moment(entry.get("startedDateTime"))
    ours, response = member(entry, "_asgi", dict), member(entry, "response", dict)
    is_socket = _is_socket(entry)
    scope = scope_of(entry, is_socket=is_socket)
    sent, start, end = _moments(entry)
    answered = integer(response.get("status")) > 0 and ours.get("status_by") != "server"
    events = [_request(entry, is_socket, sent, note)]
    if answered:
        make = socket_events if is_socket else http_events
        events += make(entry, began, start, end, note)
    outcome = _outcome(ours, answered=answered)
    if outcome == _GONE and not is_socket:
        events.append(Event("receive", end, end, {"type": "http.disconnect"}))
    # Some tools count only the handshake in the time of a WebSocket
    end = max(end, *(event.called for event in events))
    returned = ns(ours.get("returned_ms"))
    return Exchange(
        id=_id(entry, ours, began),
        worker=Worker(source, 0),
        type="websocket" if is_socket else "http",
        scope=scope,
        began=began,
        events=tuple(events),
        route=member(ours, "route", str) or None,
        request_id=member(ours, "request_id", str) or None,
        trace_id=member(ours, "trace_id", str) or None,
        span_id=member(ours, "span_id", str) or None,
        ended=None if outcome == "lost" else end,
        returned=None if outcome == "lost" else returned or end,
        outcome=outcome,
        error=_failure(member(ours, "error", dict)),
        dropped=dict(_counts(member(ours, "dropped", dict))),
        redacted=tuple(one for one in member(ours, "redacted", list) if isinstance(one, str)),
    )


def _outcome(ours: dict[str, Any], *, answered: bool) -> Fate:
    given: Any = ours.get("outcome")
    if given in OUTCOMES:
        return cast("Fate", given)
    return "complete" if answered else _GONE


def _is_socket(entry: dict[str, Any]) -> bool:
    url = member(member(entry, "request", dict), "url", str)
    return (
        "_webSocketMessages" in entry
        or entry.get("_resourceType") == "websocket"
        or url.startswith(("ws:", "wss:"))
    )


def _moments(entry: dict[str, Any]) -> tuple[int, int, int]:
    """When the request was sent, the response began, and it ended, in ns after the beginning."""
    timings = member(entry, "timings", dict)
    sent = sum(ns(timings.get(name)) for name in _BEFORE) + ns(timings.get("send"))
    start = sent + ns(timings.get("wait"))
    end = max(ns(entry.get("time")), start + ns(timings.get("receive")))
    # Rounding may have made the parts a little more than the whole
    total = ns(entry.get("time"))
    end = total if total > 0 and end - total < 1000 else end
    return min(sent, end), min(start, end), end


def _request(
    entry: dict[str, Any],
    is_socket: bool,  # noqa: FBT001  # of two kinds
    sent: int,
    note: Callable[[str], None],
) -> Event:
    if is_socket:
        return Event("receive", 0, sent, {"type": "websocket.connect"})
    body = request_body(entry, note)
    message = {"type": "http.request", **body.message, "more_body": False}
    return Event("receive", 0, sent, message, body.size, body.cut)


def _id(entry: dict[str, Any], ours: dict[str, Any], began: int) -> str:
    given: str = member(ours, "id", str)
    if _ID.fullmatch(given):
        return given
    said = json.dumps(entry, sort_keys=True).encode()
    return id_at(began, int.from_bytes(sha256(said).digest()[:8]) >> 2)


def _failure(error: dict[str, Any]) -> Failure | None:
    if not error:
        return None
    return Failure(
        member(error, "type", str),
        member(error, "message", str),
        member(error, "traceback", str),
        ns(error.get("at_ms")),
        error.get("swallowed") is True,
    )


def _counts(dropped: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for reason, count in dropped.items():
        if integer(count) > 0:
            yield reason, count
