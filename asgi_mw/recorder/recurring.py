"""The messages of a tape, masked except for their payloads; recurring ones only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.caches import keep
from asgi_mw.messages import BODIES
from asgi_mw.raw import DIRECTION, MESSAGE, told
from asgi_mw.recorder.drafts import PAYLOADS, EventDraft
from asgi_mw.recorder.text import message_text

if TYPE_CHECKING:
    from asgi_mw.redaction import Redaction

Recurring: TypeAlias = "dict[bytes, tuple[dict[str, Any], str]]"
"""The latest messages that have neither a secret nor a payload, with their texts."""

_SHOWN = frozenset({"type", "text"})
_MOST, _LONGEST = 256, 1024


def event_of(
    raw: list[Any], origin: int, redact: Redaction, masked: list[str], known: Recurring | None
) -> EventDraft:
    """One event, with its headers and reasons masked; its payload comes later.

    Args:
        raw: What the tape has of it.
        origin: The beginning of the tape's clock.
        redact: What masks it.
        masked: Takes the names of what was masked.
        known: Recurring messages, looked up and added to; only for a caller that only writes.
    """
    kept = raw[MESSAGE]
    if known is None or kept.__class__ is not bytes:
        message = told(raw[DIRECTION], kept)
        mask_facts(message, redact, masked)
        return EventDraft(raw, origin, message)
    found = known.get(kept)
    if found is not None:
        return EventDraft(raw, origin, *found)
    message = told("", kept)
    mask_facts(message, redact, masked)
    # A message with a secret is never kept here
    if len(kept) <= _LONGEST and _comes_again(message) and message == told("", kept):
        keep(known, kept, (message, message_text(message)), _MOST)
    return EventDraft(raw, origin, message)


def _comes_again(message: dict[str, Any]) -> bool:
    return message.get("type") not in BODIES and not any(key in message for key in PAYLOADS)


def mask_facts(message: dict[str, Any], redact: Redaction, masked: list[str]) -> None:
    """Mask all of *message* except its payload, and note in *masked* what was masked."""
    for key, value in message.items():
        kind = value.__class__
        if kind is str:
            if key == "subprotocol":
                [message[key]], names = redact.subprotocols([value])
                masked += names
            elif key not in _SHOWN:
                message[key] = redact.text(value)
        elif kind is list and key == "headers":
            message[key], names = redact.headers(value)
            masked += [f"header {name}" for name in names]
        elif kind is list or kind is dict:
            shown, names = redact.scope({key: value})
            message[key] = shown[key]
            masked += [f"{key} {name}" for name in names]
