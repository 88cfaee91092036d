"""What the client got in the end, by the events of an exchange: the status, and the close."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from asgi_mw.json_numbers import number
from asgi_mw.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


# If an HTTP request ended like this before its response began, the server answered it
UNANSWERED = ("error", "incomplete")
# https://www.iana.org/assignments/websocket/: the codes with which a server closes on its own
_BY_SERVERS = frozenset({1012, 1013, 1014})
_DISCONNECT = "websocket.disconnect"
# What begins an answer, and the messages that have its payload; the rest is replayed
_USUAL = {
    "http": ("http.response.start", frozenset({"http.response.body"})),
    "websocket": ("websocket.accept", frozenset({"websocket.send"})),
}
# What happens at one moment, in this order
_CALL, _RETURN, _GONE = range(3)


class Answer(NamedTuple):
    """The HTTP status that the client got.

    Attributes:
        status: The status; 101 for an accepted WebSocket.
        by: Who chose it: ``"app"``, or ``"server"`` where the app sent none.
    """

    status: int
    by: Literal["app", "server"]


class Close(NamedTuple):
    """How a WebSocket was closed.

    Attributes:
        by: ``"app"``, ``"client"``, ``"server"``; ``"nobody"`` where the connection broke.
        code: The code; 1005 where none was given.
        reason: Empty where none was given.
    """

    by: Literal["app", "client", "server", "nobody"]
    code: int
    reason: str


def answer_json(answer: Answer | None) -> dict[str, Any]:
    """The status that the client got, and who chose it."""
    if answer is None:
        return {"status": None, "status_by": None}
    return {"status": number(answer.status), "status_by": answer.by}


def close_json(close: Close | None) -> dict[str, Any] | None:
    """How a WebSocket was closed."""
    return close and {
        "by": close.by,
        "code": number(close.code),
        "reason": close.reason or None,
    }


def server_status(kind: str, outcome: str | None) -> int | None:
    """The status that the server sends for an app that ended with *outcome* before it answered.

    >>> server_status("http", "error"), server_status("http", "client_gone")
    (500, None)
    """
    return 500 if kind == "http" and outcome in UNANSWERED else None


def answer_of(told: Any) -> Answer | None:
    """The status that the client got, and who chose it."""
    status = told.status
    if status is not None:
        return Answer(status, "app")
    if any(event.type == "http.response.start" for event in told.events):
        return None  # with a status that is no number
    status = server_status(told.type, told.outcome)
    return None if status is None else Answer(status, "server")


def close_of(told: Any) -> Close | None:
    """How the WebSocket was closed: the message that counted decides, as in the log."""
    events = _readable(told)
    progress = _replayed(told, events)
    code = progress.close_code
    if not isinstance(code, int):
        return None
    reason = str(progress.close_reason or "")
    if code == 1006:  # RFC 6455 7.1.5: nobody sends this code
        return Close("nobody", code, reason)
    _, by = min((at, who) for at, who, said in _closes(events) if said == code)
    if by == "client" and code in _BY_SERVERS:
        return Close("server", code, reason)
    return Close(by, int(code), reason)


def amounts_of(told: Any) -> tuple[int, int]:
    """Bytes of payload that the app received, and sent as a part of its answer, as in the log."""
    received, sent = told.missing.received, told.missing.sent
    start, parts = _USUAL.get(told.type, ("", frozenset()))
    begun = failed = False
    usual = True
    for event in told.events:
        if event.direction == "receive":
            received += event.size
            continue
        size, kind = event.size, event.type
        sent += size
        begun = begun or kind == start
        if size and (
            failed
            or not begun
            or kind not in parts
            or (told.ended is not None and event.called >= told.ended)
        ):
            usual = False
        failed = failed or event.raised is not None
    if not usual:  # what was sent too early or too late reached nobody
        sent = told.missing.sent + _replayed(told, _readable(told)).bytes_out
    return received, sent


def _readable(told: Any) -> list[Any]:
    """The events of *told* whose message has a type: a recording may hold any."""
    return [event for event in told.events if isinstance(event.message.get("type"), str)]


def _replayed(told: Any, events: Sequence[Any]) -> Progress:
    sends = [event for event in events if event.direction == "send" and event.raised]
    return progress_of(
        told.type,
        events,
        until=None if told.outcome == "complete" else told.ended,
        gone=found_gone(told),
        stopped=[event.returned for event in sends if _stopped(event)],
    )


def _closes(events: Sequence[Any]) -> Iterator[tuple[int, Literal["app", "client"], object]]:
    """Each message that says that the WebSocket is closed: its moment, its sender, its code."""
    for event in events:
        if event.type == "websocket.close" and event.direction == "send":
            yield event.called, "app", event.message.get("code", 1000)
        elif event.type == _DISCONNECT and event.returned is not None:
            yield event.returned, "client", event.message.get("code")


def _stopped(event: Any) -> bool:
    return "Cancelled" in event.raised


def progress_of(
    kind: str,
    events: Sequence[Any],
    *,
    until: int | None = None,
    gone: int | None = None,
    stopped: Sequence[int] = (),
) -> Progress:
    """Replay the events, in the order of their moments.

    Args:
        kind: The type of the connection.
        events: Its events, with times in ns after its beginning.
        until: When the app returned; later events are ignored.
        gone: When a send said that the client had left, if one did.
        stopped: When sends were cancelled.
    """
    progress = Progress(kind)
    moments: list[tuple[int, int, int]] = []
    for place, event in enumerate(events):
        if event.direction == "send":
            moments.append((event.called, _CALL, place))
        if event.returned is not None:
            moments.append((event.returned, _RETURN, place))
    if gone is not None:
        moments.append((gone, _GONE, 0))
    moments.sort()
    ending = set()
    for moment, what, place in moments:
        if until is not None and moment > until:
            break
        if what == _GONE:
            progress.failed(OSError())
            continue
        event = events[place]
        message: Any = event.message
        if what == _CALL:
            if progress.sending(message, event.size, moment):
                ending.add(place)
        elif event.direction == "receive":
            if event.raised is None:
                progress.received(message, event.size, moment)
        elif place in ending:
            if event.raised is None:
                progress.over(moment)
            else:
                # Stand-ins for what left the send: their kind is all that counts
                cancelled = GeneratorExit() if moment in stopped else Exception()
                progress.failed(OSError() if moment == gone else cancelled, moment, ends=True)
    return progress


def found_gone(told: Any) -> int | None:
    """When a send found that the client had left, in ns; ``None`` if none did.

    Some servers raise exceptions of their own for that, whose names do not show it.  By their
    names alone, these count only if no send raised an ``OSError`` of Python's.
    """
    if told.outcome != "client_gone":
        return None
    if told.gone is not None:
        found: int = told.gone
        return found
    known, others = [], []
    for event in told.events:
        ended = event.returned is not None  # a recording may say anything
        if event.direction == "send" and event.raised and ended and not _stopped(event):
            kind = getattr(builtins, event.raised, None)
            if not isinstance(kind, type):
                others.append(event.returned)
            elif issubclass(kind, OSError):
                known.append(event.returned)
    return min(known or others, default=None)
