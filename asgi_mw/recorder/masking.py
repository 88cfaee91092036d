"""Mask the payloads of an exchange: while it is recorded, and of one that exists already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from asgi_mw.headers import find
from asgi_mw.messages import BODIES, RESPONSE_STARTS
from asgi_mw.recorder.drafts import PAYLOADS, EventDraft, as_bytes
from asgi_mw.recorder.recurring import mask_facts

if TYPE_CHECKING:
    from asgi_mw.events import Event, Exchange
    from asgi_mw.headers import Headers
    from asgi_mw.redaction import Redaction


def mask_payloads(
    events: list[EventDraft],
    request: object,
    redact: Redaction,
    masked: list[str],
    dropped: dict[str, int],
) -> None:
    """Mask the bodies of the request and the response, each as a whole, other payloads singly.

    Args:
        events: All of an exchange; their messages are changed.
        request: The headers of the request.
        redact: What masks them.
        masked: Takes the names of what was masked.
        dropped: Takes how many bytes could not be kept, by reason.
    """
    received: list[EventDraft] = []
    sent: list[EventDraft] = []
    others: list[EventDraft] = []
    response: object = None
    for event in events:
        message = event.message
        kind = message.get("type")
        if kind in BODIES:
            (sent if event.direction == "send" else received).append(event)
            if "bytes" not in message and "text" not in message:
                continue
        elif kind in RESPONSE_STARTS and response is None:
            response = message.get("headers") or ()
        if event.text is None:
            others.append(event)
    for body, headers in ((received, request), (sent, response)):
        if body:
            _mask_body(body, headers, redact, masked, dropped)
    for event in others:
        _mask_message(event, redact, masked, dropped)


def _mask_body(
    body: list[EventDraft],
    given: object,
    redact: Redaction,
    masked: list[str],
    dropped: dict[str, int],
) -> None:
    pieces = []
    cut = False
    for event in body:
        piece = event.message.get("body")
        pieces.append(piece if isinstance(piece, bytes) else b"")
        cut = cut or event.truncated
    if not any(pieces):
        return
    headers: Headers = given if isinstance(given, list) else ()
    # What was masked before, or was recorded without its content coding, is not compressed
    plain = any(event.message.get("decoded") is True for event in body)
    result = redact.body(
        pieces,
        content_type=find(headers, b"content-type") or b"",
        content_encoding=b"" if plain else find(headers, b"content-encoding") or b"",
        cut=cut,
    )
    masked += [f"body {name}" for name in result.names]
    if result.pieces is None:
        for event in body:
            event.digest("body", result.reason, dropped)
        return
    for event, piece in zip(body, result.pieces, strict=True):
        if "body" in event.message:
            event.message["body"] = piece
        if result.decoded:
            event.message["decoded"] = True


def _mask_message(
    event: EventDraft, redact: Redaction, masked: list[str], dropped: dict[str, int]
) -> None:
    """Mask a WebSocket message, and payloads of messages we do not know."""
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


def with_masked_payloads(exchange: Exchange, redact: Redaction) -> Exchange:
    """*exchange* with masked payloads, which may have been recorded unmasked."""
    return _masked(exchange, [_draft(event) for event in exchange.events], [], redact)


def masked_exchange(exchange: Exchange, redact: Redaction) -> Exchange:
    """*exchange*, in which nothing is masked yet, as the recorder would have kept it."""
    scope, names = redact.scope(exchange.scope)
    masked = [f"scope {name}" for name in names]
    events = [_draft(event) for event in exchange.events]
    for event in events:
        mask_facts(event.message, redact, masked)
    error = exchange.error and replace(
        exchange.error,
        message=redact.text(exchange.error.message),
        traceback=redact.text(exchange.error.traceback),
    )
    return replace(_masked(exchange, events, masked, redact), scope=scope, error=error)


def _masked(
    exchange: Exchange, events: list[EventDraft], masked: list[str], redact: Redaction
) -> Exchange:
    dropped = dict(exchange.dropped)
    mask_payloads(events, exchange.scope.get("headers"), redact, masked, dropped)
    return replace(
        exchange,
        events=tuple(event.event() for event in events),
        redacted=tuple(dict.fromkeys([*exchange.redacted, *masked])),
        dropped=dropped,
    )


def _draft(event: Event) -> EventDraft:
    raw = [event.direction, event.called, event.returned, None, event.size, event.raised]
    draft = EventDraft(raw, 0, dict(event.message))
    draft.truncated = event.truncated
    return draft
