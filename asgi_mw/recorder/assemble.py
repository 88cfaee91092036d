"""Build the facts of one exchange from its tape, with every secret masked."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.headers import find
from asgi_mw.messages import Progress, payload_size
from asgi_mw.snapshots import thawed
from asgi_mw.tape import CALLED, DIRECTION, MESSAGE, RAISED, RETURNED, SIZE

if TYPE_CHECKING:
    from asgi_mw.headers import Headers
    from asgi_mw.messages import Outcome
    from asgi_mw.redaction import Redaction
    from asgi_mw.tape import Tape

_BODIES = frozenset({"http.request", "http.response.body", "websocket.http.response.body"})
_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})
_SHOWN = frozenset({"type", "text"})
_PAYLOADS = ("body", "bytes", "text")
# What happens at one moment, in this order
_CALL, _RETURN, _GONE = range(3)


def exchange_of(tape: Tape) -> Exchange:
    """The exchange on *tape*; while it is in flight, without any payload.

    Safe to call from another thread while the connection goes on.
    """
    redact: Redaction = tape.terms.redact
    scope = tape.scope
    finished = tape.finished is not None
    events, gap = tape.events()
    dropped = dict(tape.dropped)
    shown, names = redact.scope(scope)
    masked = [f"scope {name}" for name in names]
    rows = [_row(event, redact, masked) for event in events]
    outcome = ended = None
    if finished:
        outcome, ended, _ = _ending(tape, str(scope["type"]), rows)
        _mask_bodies(rows, scope, redact, masked, dropped)
        _mask_messages(rows, redact, masked, dropped)
    else:
        for row in rows:
            row.withhold()
    origin = tape.origin
    return Exchange(
        id=tape.id,
        worker=_worker(os.getpid()),
        type=str(scope["type"]),
        scope=shown,
        began=tape.began,
        events=tuple([row.event(origin) for row in rows]),
        route=tape.shared.route,
        request_id=tape.shared.request_id,
        ended=None if ended is None else ended - origin,
        outcome=outcome,
        error=_failure(tape, redact) if finished else None,
        dropped=dropped,
        gap=gap,
        redacted=tuple(dict.fromkeys(masked)) if masked else (),
    )


def ending_of(tape: Tape) -> Ending:
    """How the connection on *tape* ended, without masking anything."""
    rows = [_Row(event, thawed(event[MESSAGE]), 0, truncated=False) for event in tape.events()[0]]
    return _ending(tape, str(tape.scope["type"]), rows)


class Ending(NamedTuple):
    """How and when (on the tape's clock) a connection ended, and the status it answered."""

    outcome: Outcome
    at: int
    status: int | None


def _ending(tape: Tape, kind: str, rows: list[_Row]) -> Ending:
    """Go through the events once more, in the order of their moments."""
    progress = Progress(kind)
    moments: list[tuple[int, int, int]] = []
    for place, row in enumerate(rows):
        raw = row.raw
        if raw[DIRECTION] == "send":
            moments.append((raw[CALLED], _CALL, place))
        if raw[RETURNED] is not None and raw[RAISED] is None:
            moments.append((raw[RETURNED], _RETURN, place))
    if tape.gone is not None:
        moments.append((tape.gone, _GONE, 0))
    moments.sort()
    ending = set()
    for moment, what, place in moments:
        if what == _GONE:
            progress.failed(OSError())
            continue
        row = rows[place]
        if what == _CALL:
            if progress.sending(row.message, 0, moment):
                ending.add(place)
        elif row.direction == "receive":
            progress.received(row.message, 0, moment)
        elif place in ending:
            progress.over(moment)
    at = (tape.finished or 0) if progress.ended is None else progress.ended
    return Ending(progress.outcome(_left_with(tape)), at, progress.status)


class _Row:
    """One event on its way to be a fact."""

    __slots__ = ("direction", "message", "raw", "size", "truncated")

    def __init__(
        self,
        raw: list[Any],
        message: dict[str, Any],
        size: int,
        *,
        truncated: bool,
    ) -> None:
        self.raw = raw
        self.direction = raw[DIRECTION]
        self.message = message
        self.size = size
        self.truncated = truncated

    def event(self, origin: int) -> Event:
        returned = self.raw[RETURNED]
        return Event(
            direction=self.direction,
            called=self.raw[CALLED] - origin,
            returned=None if returned is None else returned - origin,
            message=self.message,
            size=self.size,
            truncated=self.truncated,
            raised=self.raw[RAISED],
        )

    def withhold(self) -> None:
        """Show no payload before it can be masked as a whole."""
        for key in _PAYLOADS:
            payload = self.message.get(key)
            if payload:
                self.message[key] = type(payload)()
                self.truncated = True

    def digest(self, key: str, reason: str, dropped: dict[str, int]) -> None:
        """Keep size and digest of a payload in which secrets cannot be told apart."""
        payload = self.message.get(key)
        if payload:
            data = _as_bytes(payload)
            self.message[key] = type(payload)()
            self.message["sha256"] = sha256(data).hexdigest()
            self.truncated = True
            why = f"bytes not kept: {reason}"
            dropped[why] = dropped.get(why, 0) + len(data)


def _failure(tape: Tape, redact: Redaction) -> Failure | None:
    if tape.error is None or not tape.error[0]:
        return None
    name, message, traceback, at = tape.error
    return Failure(name, redact.text(message), redact.text(traceback), at - tape.origin)


def _left_with(tape: Tape) -> BaseException | None:
    """A stand-in for what left the app: its kind is all that the outcome asks for."""
    if tape.error is None:
        return None
    return Exception() if tape.error[0] else GeneratorExit()


def _mask_within(message: dict[str, Any], key: str, redact: Redaction, masked: list[str]) -> None:
    shown, names = redact.scope({key: message[key]})
    message[key] = shown[key]
    masked += [f"{key} {name}" for name in names]


def _row(raw: list[Any], redact: Redaction, masked: list[str]) -> _Row:
    """One event, with its headers and reasons masked; its payload comes later."""
    message = thawed(raw[MESSAGE])
    size = raw[SIZE]
    cut = size is not None
    row = _Row(raw, message, size if cut else payload_size(message), truncated=cut)
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
    return row


def _mask_bodies(
    rows: list[_Row],
    scope: dict[str, Any],
    redact: Redaction,
    masked: list[str],
    dropped: dict[str, int],
) -> None:
    """Mask the body of the request and that of the response, each as one."""
    for direction in ("receive", "send"):
        body = [r for r in rows if r.direction == direction and r.message.get("type") in _BODIES]
        pieces = [_body(row.message) for row in body]
        if not any(pieces):
            continue
        if direction == "receive":
            headers = _headers(scope)
        else:
            starts = [r.message for r in rows if r.message.get("type") in _STARTS]
            headers = _headers(starts[0]) if starts else ()
        result = redact.body(
            pieces,
            content_type=find(headers, b"content-type") or b"",
            content_encoding=find(headers, b"content-encoding") or b"",
            cut=any(row.truncated for row in body),
        )
        masked += [f"body {name}" for name in result.names]
        if result.pieces is None:
            for row in body:
                row.digest("body", result.reason, dropped)
            continue
        for row, piece in zip(body, result.pieces, strict=True):
            if "body" in row.message:
                row.message["body"] = piece
            if result.decoded:
                row.message["decoded"] = True


def _headers(kept: dict[str, Any]) -> Headers:
    headers = kept.get("headers")
    return headers if isinstance(headers, list) else ()


def _body(message: dict[str, Any]) -> bytes:
    body = message.get("body")
    return body if isinstance(body, bytes) else b""


def _mask_messages(
    rows: list[_Row], redact: Redaction, masked: list[str], dropped: dict[str, int]
) -> None:
    """Mask WebSocket messages one by one, and payloads of messages we do not know."""
    for row in rows:
        message = row.message
        for key in _PAYLOADS:
            payload = message.get(key)
            if not payload or not isinstance(payload, (bytes, str)):
                continue
            if key == "body" and message.get("type") in _BODIES:
                continue
            data = _as_bytes(payload)
            result = redact.message(data, cut=row.truncated)
            masked += [f"message {name}" for name in result.names]
            if result.pieces is None:
                row.digest(key, result.reason, dropped)
            else:
                piece = result.pieces[0]
                message[key] = (
                    piece if isinstance(payload, bytes) else piece.decode("utf-8", "surrogatepass")
                )


def _as_bytes(payload: bytes | str) -> bytes:
    return payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload


@lru_cache(maxsize=1)
def _worker(pid: int) -> Worker:
    return Worker(socket.gethostname(), pid)
