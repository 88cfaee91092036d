"""Build the facts of one exchange from its tape, with every secret masked."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.headers import find
from asgi_mw.tap import CALLED, DIRECTION, MESSAGE, RAISED, RETURNED, SIZE, TRUNCATED

if TYPE_CHECKING:
    from asgi_mw.headers import Headers
    from asgi_mw.redaction import Redaction
    from asgi_mw.tap import Tape

_BODIES = frozenset({"http.request", "http.response.body", "websocket.http.response.body"})
_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})
_PAYLOADS = ("body", "bytes", "text")


def exchange_of(tape: Tape) -> Exchange:
    """The exchange on *tape*; while it is in flight, without any payload.

    Safe to call from another thread while the connection goes on.
    """
    redact: Redaction = tape.mark
    done = tape.done
    head, tail = list(tape.head), list(tape.tail or ())
    dropped = dict(tape.dropped)
    scope, names = redact.scope(tape.scope)
    masked = list(names)
    rows = [list(event) for event in [*head, *tail]]
    for row in rows:
        row[MESSAGE] = _without_secrets(row[MESSAGE], redact, masked)
    if done:
        _mask_bodies(rows, tape.scope, redact, masked, dropped)
        _mask_messages(rows, redact, masked, dropped)
    else:
        for row in rows:
            _withhold(row)
    origin = tape.origin
    return Exchange(
        id=tape.id,
        worker=_worker(os.getpid()),
        type=tape.type,
        scope=scope,
        began=tape.began,
        events=tuple(_event(row, origin) for row in rows),
        route=tape.shared.route,
        request_id=tape.shared.request_id,
        ended=tape.ended - origin if done and tape.ended is not None else None,
        outcome=tape.outcome if done else None,
        error=_failure(tape, redact) if done else None,
        dropped=dropped,
        gap=len(head) if any(reason.startswith("events") for reason in dropped) else None,
        redacted=tuple(dict.fromkeys(masked)),
    )


def _event(row: list[Any], origin: int) -> Event:
    returned = row[RETURNED]
    return Event(
        direction=row[DIRECTION],
        called=row[CALLED] - origin,
        returned=None if returned is None else returned - origin,
        message=row[MESSAGE],
        size=row[SIZE],
        truncated=row[TRUNCATED],
        raised=row[RAISED],
    )


def _failure(tape: Tape, redact: Redaction) -> Failure | None:
    if tape.error is None:
        return None
    name, message, traceback, at = tape.error
    return Failure(name, redact.text(message), redact.text(traceback), at - tape.origin)


def _without_secrets(message: dict[str, Any], redact: Redaction, masked: list[str]) -> Any:
    """*message* with headers and reasons masked; its payload comes later."""
    kept = dict(message)
    if "headers" in kept and isinstance(kept["headers"], list):
        kept["headers"], names = redact.headers(kept["headers"])
        masked += [f"header {name}" for name in names]
    for key, value in kept.items():
        if isinstance(value, str) and key not in {"type", "text"}:
            kept[key] = redact.text(value)
        elif isinstance(value, dict):
            kept[key], names = redact.scope(value)
            masked += names
    return kept


def _mask_bodies(
    rows: list[list[Any]],
    scope: dict[str, Any],
    redact: Redaction,
    masked: list[str],
    dropped: dict[str, int],
) -> None:
    """Mask the body of the request and that of the response, each as one."""
    headers: Headers = scope.get("headers") or ()
    for direction in ("receive", "send"):
        body = [r for r in rows if r[DIRECTION] == direction and r[MESSAGE].get("type") in _BODIES]
        if direction == "send":
            starts = [r[MESSAGE] for r in rows if r[MESSAGE].get("type") in _STARTS]
            headers = (starts[0].get("headers") or ()) if starts else ()
        pieces = [bytes(row[MESSAGE].get("body") or b"") for row in body]
        if not any(pieces):
            continue
        result = redact.body(
            pieces,
            content_type=find(headers, b"content-type") or b"",
            content_encoding=find(headers, b"content-encoding") or b"",
            cut=any(row[TRUNCATED] for row in body),
        )
        masked += [f"body {name}" for name in result.names]
        if result.pieces is None:
            for row in body:
                _digest(row, "body", result.reason, dropped)
            continue
        for row, piece in zip(body, result.pieces, strict=True):
            if "body" in row[MESSAGE]:
                row[MESSAGE]["body"] = piece
            if result.decoded:
                row[MESSAGE]["decoded"] = True


def _mask_messages(
    rows: list[list[Any]], redact: Redaction, masked: list[str], dropped: dict[str, int]
) -> None:
    """Mask WebSocket messages one by one, and payloads of messages we do not know."""
    for row in rows:
        message = row[MESSAGE]
        if message.get("type") in _BODIES:
            continue
        for key in _PAYLOADS:
            payload = message.get(key)
            if not payload or not isinstance(payload, (bytes, str)):
                continue
            data = _as_bytes(payload)
            result = redact.message(data, cut=row[TRUNCATED])
            masked += [f"message {name}" for name in result.names]
            if result.pieces is None:
                _digest(row, key, result.reason, dropped)
            else:
                piece = result.pieces[0]
                message[key] = (
                    piece if isinstance(payload, bytes) else piece.decode("utf-8", "replace")
                )


def _digest(row: list[Any], key: str, reason: str, dropped: dict[str, int]) -> None:
    """Keep size and digest of a payload in which secrets cannot be told apart."""
    payload = row[MESSAGE].get(key)
    if payload:
        data = _as_bytes(payload)
        row[MESSAGE][key] = type(payload)()
        row[MESSAGE]["sha256"] = sha256(data).hexdigest()
        row[TRUNCATED] = True
        why = f"bytes not kept: {reason}"
        dropped[why] = dropped.get(why, 0) + len(data)


def _as_bytes(payload: bytes | str) -> bytes:
    return payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload


def _withhold(row: list[Any]) -> None:
    """Show no payload before it can be masked as a whole."""
    for key in _PAYLOADS:
        if row[MESSAGE].get(key):
            row[MESSAGE][key] = "" if key == "text" else b""
            row[TRUNCATED] = True


@lru_cache(maxsize=1)
def _worker(pid: int) -> Worker:
    return Worker(socket.gethostname(), pid)
