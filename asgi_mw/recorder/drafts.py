"""Drafts of exchanges and events: changed until they are masked, and cheaper than frozen facts."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from asgi_mw.events import Event, Exchange, Told
from asgi_mw.messages import payload_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.events import Direction, Failure, Fate, Worker
    from asgi_mw.missing import Missing
    from asgi_mw.notes import Note
    from asgi_mw.passages import Passage

PAYLOADS = ("body", "bytes", "text")


class EventDraft:
    """One event that is not a fact yet, with the attributes of :class:`Event`.

    Its message is its own, and is masked later.  If its *text* is given, the message is masked
    already, and the same for many events.
    """

    __slots__ = (
        *("called", "direction", "message", "raised", "returned", "size", "text", "truncated"),
    )

    def __init__(
        self, raw: list[Any], origin: int, message: dict[str, Any], text: str | None = None
    ) -> None:
        self.direction: Direction
        self.raised: str | None
        self.direction, called, returned, _, size, self.raised = raw
        self.called: int = called - origin
        self.returned: int | None = None if returned is None else returned - origin
        self.message = message
        self.text = text
        self.size: int = payload_size(message) if size is None else size
        self.truncated = size is not None

    @property
    def type(self) -> str:
        """The type of the message."""
        return str(self.message.get("type", ""))

    def event(self) -> Event:
        """The fact."""
        return Event(
            self.direction,
            self.called,
            self.returned,
            self.message,
            self.size,
            self.truncated,
            self.raised,
        )

    def withhold(self) -> None:
        """Show no payload before it can be masked as a whole."""
        for key in PAYLOADS:
            payload = self.message.get(key)
            if payload:
                self.message[key] = type(payload)()
                self.truncated = True

    def digest(self, key: str, reason: str, dropped: dict[str, int]) -> None:
        """Keep only size and digest of a payload in which secrets cannot be found.

        Of a payload that is cut keep only the size: the digest of a part cannot be compared.
        """
        payload = self.message.get(key)
        if payload:
            data = as_bytes(payload)
            self.message[key] = type(payload)()
            if len(data) == self.size:
                self.message["sha256"] = sha256(data).hexdigest()
            self.truncated = True
            why = f"bytes not kept: {reason}"
            dropped[why] = dropped.get(why, 0) + len(data)


class Draft(Told):
    """One exchange with the attributes of :class:`Exchange`, and with its scope also as text."""

    __slots__ = (
        *("began", "dropped", "ended", "error", "events", "gap", "gone", "id", "missing"),
        *(
            "notes",
            "outcome",
            "redacted",
            "request_id",
            "returned",
            "route",
            "scope",
            "scope_text",
            "span_id",
        ),
        *("layers", "trace_id", "type", "worker"),
    )

    id: str
    worker: Worker
    type: str
    scope: Mapping[str, Any]
    scope_text: str
    began: int
    events: list[EventDraft]
    route: str | None
    request_id: str | None
    trace_id: str | None
    span_id: str | None
    ended: int | None
    returned: int | None
    outcome: Fate | None
    error: Failure | None
    dropped: dict[str, int]
    gap: int | None
    missing: Missing
    gone: int | None
    redacted: tuple[str, ...]
    notes: tuple[Note, ...]
    layers: tuple[Passage, ...]

    def exchange(self) -> Exchange:
        """The fact."""
        return Exchange(
            id=self.id,
            worker=self.worker,
            type=self.type,
            scope=self.scope,
            began=self.began,
            events=tuple([event.event() for event in self.events]),
            route=self.route,
            request_id=self.request_id,
            trace_id=self.trace_id,
            span_id=self.span_id,
            ended=self.ended,
            returned=self.returned,
            outcome=self.outcome,
            error=self.error,
            dropped=self.dropped,
            gap=self.gap,
            redacted=self.redacted,
            notes=self.notes,
            layers=self.layers,
            missing=self.missing,
            gone=self.gone,
        )


def as_bytes(payload: bytes | str) -> bytes:
    """The bytes of a payload."""
    return payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
