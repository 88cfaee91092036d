"""Build the facts of one exchange from its tape, with every secret masked."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.events import Failure, Worker
from asgi_mw.headers import find
from asgi_mw.messages import BODIES, RESPONSE_STARTS, Progress, payload_size
from asgi_mw.recorder.drafts import PAYLOADS, Draft, EventDraft, as_bytes
from asgi_mw.recorder.scopes import written_scope
from asgi_mw.tape import DIRECTION, MESSAGE, SIZE, told
from asgi_mw.tracebacks import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.events import Event, Exchange, Fate
    from asgi_mw.headers import Headers
    from asgi_mw.redaction import Redaction
    from asgi_mw.tape import Tape

_SHOWN = frozenset({"type", "text"})
# What happens at one moment, in this order
_CALL, _RETURN, _GONE = range(3)


def exchange_of(tape: Tape) -> Exchange:
    """The exchange on *tape*; while it is in flight, without any payload.

    Safe to call from another thread while the connection goes on.
    """
    scope = tape.scope
    shown, names = tape.terms.redact.scope(scope)
    draft = _draft(tape, str(scope["type"]), scope.get("headers"), names)
    draft.scope = shown
    return draft.exchange()


def outline_of(tape: Tape) -> Exchange:
    """The exchange on a tape that has ended, without any payload: what takes little time."""
    scope = tape.scope
    shown, names = tape.terms.redact.scope(scope)
    draft = _draft(tape, str(scope["type"]), scope.get("headers"), names, bodies=False)
    draft.scope = shown
    return draft.exchange()


def draft_of(tape: Tape) -> Draft:
    """The same for whoever only writes it: with the scope as text, and in half the time."""
    scope = written_scope(tape.frozen_scope, tape.terms.redact)
    draft = _draft(tape, scope.type, scope.headers, scope.names)
    draft.scope, draft.scope_text = scope.shown, scope.text
    return draft


def _draft(
    tape: Tape, kind: str, headers: object, names: Sequence[str], *, bodies: bool = True
) -> Draft:
    """All but the scope, whose *kind*, *headers* and masked *names* are given."""
    redact: Redaction = tape.terms.redact
    origin = tape.origin
    finished = tape.finished is not None
    raw, gap = tape.events()
    masked = [f"scope {name}" for name in names]
    events = [_event(one, origin, redact, masked) for one in raw]
    draft = Draft()
    draft.id = tape.id
    draft.worker = _worker(os.getpid())
    draft.type = kind
    draft.began = tape.began
    draft.events = events
    draft.route, draft.request_id = tape.known
    draft.dropped = dropped = dict(tape.dropped)
    draft.gap = gap
    if finished:
        ending = _ending(tape, kind, events)
        draft.outcome, draft.ended = ending.outcome, ending.at - origin
        draft.error = _failure(tape, redact)
    else:
        draft.outcome = draft.ended = draft.error = None
    if finished and bodies:
        _mask_bodies(events, headers, redact, masked, dropped)
        _mask_messages(events, redact, masked, dropped)
    else:
        for event in events:
            event.withhold()
    draft.redacted = tuple(dict.fromkeys(masked)) if masked else ()
    return draft


def ending_of(tape: Tape) -> Ending:
    """How the connection on *tape* ended, without masking anything."""
    events = [
        EventDraft(raw, tape.origin, told(raw[DIRECTION], raw[MESSAGE]), 0, truncated=False)
        for raw in tape.events()[0]
    ]
    return _ending(tape, str(tape.scope["type"]), events)


class Ending(NamedTuple):
    """How and when (on the tape's clock) a connection ended, and the status it answered."""

    outcome: Fate
    at: int
    status: int | None


def _ending(tape: Tape, kind: str, events: list[EventDraft]) -> Ending:
    origin, finished = tape.origin, tape.finished
    progress = progress_of(
        kind,
        events,
        # A lifespan is finished before its last send, see ``record``
        until=None if finished is None or kind == "lifespan" else finished - origin,
        gone=None if tape.gone is None else tape.gone - origin,
        stopped=[at - origin for at in tape.stopped],
    )
    at = (finished or 0) if progress.ended is None else progress.ended + origin
    outcome: Fate = progress.outcome(_left_with(tape))
    if tape.lost and not progress.complete:
        outcome = "lost"
    return Ending(outcome, at, progress.status)


def progress_of(
    kind: str,
    events: Sequence[Event | EventDraft],
    *,
    until: int | None = None,
    gone: int | None = None,
    stopped: Sequence[int] = (),
) -> Progress:
    """Go through the events once more, in the order of their moments.

    Args:
        kind: The type of the connection.
        events: What happened, with their times after its beginning in ns.
        until: When the app returned; what came later says nothing of it.
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
            if progress.sending(message, 0, moment):
                ending.add(place)
        elif event.direction == "receive":
            if event.raised is None:
                progress.received(message, 0, moment)
        elif place in ending:
            if event.raised is None:
                progress.over(moment)
            else:
                # Stand-ins for what left the send: their kind is all that counts
                cancelled = GeneratorExit() if moment in stopped else Exception()
                progress.failed(OSError() if moment == gone else cancelled, moment, ends=True)
    return progress


def _failure(tape: Tape, redact: Redaction) -> Failure | None:
    if tape.error is None or not tape.error[0]:
        return None
    name, message, traceback, at = tape.error
    said, told = shown([message], redact.text), shown(traceback, redact.text)
    return Failure(name, said, told, at - tape.origin)


def _left_with(tape: Tape) -> BaseException | None:
    """A stand-in for what left the app: its kind is all that the outcome asks for."""
    if tape.error is None:
        return None
    return Exception() if tape.error[0] else GeneratorExit()


def _mask_within(message: dict[str, Any], key: str, redact: Redaction, masked: list[str]) -> None:
    shown, names = redact.scope({key: message[key]})
    message[key] = shown[key]
    masked += [f"{key} {name}" for name in names]


def _event(raw: list[Any], origin: int, redact: Redaction, masked: list[str]) -> EventDraft:
    """One event, with its headers and reasons masked; its payload comes later."""
    message = told(raw[DIRECTION], raw[MESSAGE])
    size = raw[SIZE]
    cut = size is not None
    event = EventDraft(raw, origin, message, size if cut else payload_size(message), truncated=cut)
    for key, value in message.items():
        kind = value.__class__
        if kind is str:
            if key == "subprotocol":
                [message[key]], names = redact.subprotocols([value])
                masked += names
            elif key not in _SHOWN:
                message[key] = redact.text(value)
        elif kind is list:
            if key == "headers":
                message[key], names = redact.headers(value)
                masked += [f"header {name}" for name in names]
            else:
                _mask_within(message, key, redact, masked)
        elif kind is dict:
            _mask_within(message, key, redact, masked)
    return event


def _mask_bodies(
    events: list[EventDraft],
    request: object,
    redact: Redaction,
    masked: list[str],
    dropped: dict[str, int],
) -> None:
    """Mask the body of the request and that of the response, each as one."""
    received: list[EventDraft] = []
    sent: list[EventDraft] = []
    response: object = None
    for event in events:
        kind = event.message.get("type")
        if kind in BODIES:
            (sent if event.direction == "send" else received).append(event)
        elif kind in RESPONSE_STARTS and response is None:
            response = event.message.get("headers") or ()
    for body, headers in ((received, _listed(request)), (sent, _listed(response))):
        pieces = [_body(event.message) for event in body]
        if not any(pieces):
            continue
        result = redact.body(
            pieces,
            content_type=find(headers, b"content-type") or b"",
            content_encoding=find(headers, b"content-encoding") or b"",
            cut=any(event.truncated for event in body),
        )
        masked += [f"body {name}" for name in result.names]
        if result.pieces is None:
            for event in body:
                event.digest("body", result.reason, dropped)
            continue
        for event, piece in zip(body, result.pieces, strict=True):
            if "body" in event.message:
                event.message["body"] = piece
            if result.decoded:
                event.message["decoded"] = True


def _listed(headers: object) -> Headers:
    return headers if isinstance(headers, list) else ()


def _body(message: dict[str, Any]) -> bytes:
    body = message.get("body")
    return body if isinstance(body, bytes) else b""


def _mask_messages(
    events: list[EventDraft], redact: Redaction, masked: list[str], dropped: dict[str, int]
) -> None:
    """Mask WebSocket messages one by one, and payloads of messages we do not know."""
    for event in events:
        message = event.message
        for key in PAYLOADS:
            payload = message.get(key)
            if not payload or not isinstance(payload, (bytes, str)):
                continue
            if key == "body" and message.get("type") in BODIES:
                continue
            data = as_bytes(payload)
            result = redact.message(data, cut=event.truncated)
            masked += [f"message {name}" for name in result.names]
            if result.pieces is None:
                event.digest(key, result.reason, dropped)
            else:
                piece = result.pieces[0]
                message[key] = (
                    piece if isinstance(payload, bytes) else piece.decode("utf-8", "surrogatepass")
                )


@lru_cache(maxsize=1)
def _worker(pid: int) -> Worker:
    return Worker(socket.gethostname(), pid)
