"""What happened on a connection, as frozen facts: :class:`Exchange` and :class:`Event`.

Everything that looks at traffic reads these and nothing else.  Times are nanoseconds after
:attr:`Exchange.began`, all from one monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from asgi_mw.answers import amounts_of, answer_of, close_of, found_gone
from asgi_mw.crashes import is_parting
from asgi_mw.headers import find
from asgi_mw.missing import Missing
from asgi_mw.progress import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgi_mw.answers import Answer, Close
    from asgi_mw.notes import Note
    from asgi_mw.passages import Passage

Direction: TypeAlias = Literal["receive", "send"]
# How the connection ended, that its process ended before it did, or that there is no lifespan
Fate: TypeAlias = Outcome | Literal["lost", "unsupported"]
FATES: tuple[str, ...] = tuple(word for part in get_args(Fate) for word in get_args(part))


@dataclass(frozen=True, slots=True)
class Worker:
    """The process that served a connection."""

    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception that left the app, or that it swallowed.

    Attributes:
        type: Its qualified name, as ``"builtins.ValueError"`` without the ``builtins.``.
        message: Its text, with secrets masked.
        traceback: The formatted traceback, with secrets masked.
        at: When it left the app, or was seen in it, in ns.
        swallowed: The app caught it and answered for it, as a framework's hook or its status says.
    """

    type: str
    message: str
    traceback: str
    at: int
    swallowed: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One call of ``receive`` or ``send``.

    Attributes:
        direction: ``"receive"`` or ``"send"``.
        called: When the app called it, in ns.
        returned: When the call returned or raised, in ns; ``None`` while it is awaited.
        message: A snapshot of the message taken at that moment; empty while a ``receive`` is
            awaited.
        size: True length of the payload in bytes.
        truncated: ``message`` holds less than the payload.
        raised: Type of the exception that left the call, cancellation too.
    """

    direction: Direction
    called: int
    returned: int | None
    message: Mapping[str, Any]
    size: int = 0
    truncated: bool = False
    raised: str | None = None

    @property
    def type(self) -> str:
        """The type of the message; empty while a ``receive`` is awaited."""
        return str(self.message.get("type", ""))

    @property
    def awaited(self) -> int | None:
        """How long the app waited for the call, in ns; ``None`` while it is awaited."""
        return None if self.returned is None else self.returned - self.called


class Told:
    """What follows from the scope and the events of an exchange, be it a fact or a draft."""

    __slots__ = ()

    type: str
    scope: Mapping[str, Any]
    events: Sequence[Any]
    outcome: Fate | None
    error: Failure | None
    missing: Missing
    gone: int | None

    @property
    def crash(self) -> Failure | None:
        """The error, unless it only reports that the WebSocket was closed in order."""
        error = self.error
        if error is None:
            return None
        code = self.close.code if self.close else None
        return None if is_parting(self.type, self.outcome, code, error.type) else error

    @property
    def method(self) -> str:
        """The HTTP method; empty where there is none."""
        return str(self.scope.get("method", ""))

    @property
    def path(self) -> str:
        """The decoded path; empty where there is none."""
        return str(self.scope.get("path", ""))

    @property
    def status(self) -> int | None:
        """The HTTP status that the app sent, as log and span have it.

        101 for an accepted WebSocket, 403 for one closed before.  What a server answers for an
        app that sent none is in :attr:`answer`.
        """
        left: int | None = None
        for event in self.events:
            kind = event.type
            if event.direction == "receive":
                if kind == "websocket.disconnect" and left is None:
                    left = event.returned
            elif kind == "websocket.accept":
                if self.type == "websocket" or not event.raised:
                    return 101  # on HTTP, the server refused it
            elif kind == "websocket.close":
                if left is None:
                    left = found_gone(self)
                if left is None or left > event.called:
                    return 403
            elif kind == "websocket.http.response.start" or (
                kind == "http.response.start" and self.type != "websocket"
            ):
                status = event.message.get("status")
                return status if isinstance(status, int) else None
        return None

    @property
    def answer(self) -> Answer | None:
        """The HTTP status that the client got, and who chose it; ``None`` where it got none.

        For an HTTP request that an app left with an exception, or without a response, before
        ``http.response.start``, that is the 500 of the server.  What stands outside of the
        recorder may have answered in another way.
        """
        return answer_of(self)

    @property
    def close(self) -> Close | None:
        """How the WebSocket was closed, with the code of the log; ``None`` if nobody closed it."""
        return close_of(self) if self.type == "websocket" else None


@dataclass(frozen=True, slots=True)
class Exchange(Told):
    """One connection, from the call of the app to its end.

    Attributes:
        id: UUIDv7 as 32 hex digits: sorts by time, unique across workers and hosts.
        worker: The process that served it.
        type: ``"http"``, ``"websocket"``, ``"lifespan"`` or whatever the server sent.
        scope: A snapshot from before the app ran; values that are not plain are kept as the name
            of their type.
        route: The template of the route, if it became known.
        request_id: The id that the ``request_id`` layer made or kept, if there is one.
        trace_id, span_id: The ids of its trace and span, as 32 and 16 hex digits, if it has any:
            those of the log line.
        began: Wall clock, ns since the epoch.
        events: In the order of their calls.
        ended: When the response was over, or else the app returned, in ns; ``None`` before, and
            where nobody saw the end.
        returned: When the app returned or raised, in ns; ``None`` in flight, and where nobody saw
            it.
        outcome: How it ended; ``None`` in flight; ``"lost"`` if its process ended before it did;
            ``"unsupported"`` for the lifespan of an app that has none.
        error: The exception that left the app, unless a cancellation, or the one it swallowed.
        dropped: How many events and bytes are missing, by reason.
        gap: Where events are missing: before ``events[gap]``.
        redacted: What was masked, such as ``"scope authorization"`` or ``"body password"``.
        notes: What else happened meanwhile, in the order in which it began.
        kept: Somebody marked it to be kept, see ``store.keep``.
        layers: What each layer did, outermost first, with ``record(layers=True)``; else empty.
        missing: What is known of the events that are missing, in ns after the beginning.
        gone: When a send first found that the client had left, in ns; only where the names of
            what was raised say something else.
    """

    id: str
    worker: Worker
    type: str
    scope: Mapping[str, Any]
    began: int
    events: tuple[Event, ...] = ()
    route: str | None = None
    request_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    ended: int | None = None
    returned: int | None = None
    outcome: Fate | None = None
    error: Failure | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    gap: int | None = None
    redacted: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    kept: bool = False
    layers: tuple[Passage, ...] = ()
    missing: Missing = field(default_factory=Missing)
    gone: int | None = None

    @property
    def background(self) -> int | None:
        """How long the app went on after the response, in ns; ``None`` while it does."""
        if self.ended is None or self.returned is None:
            return None
        return self.returned - self.ended

    @property
    def state(self) -> str:
        """The outcome; before, ``"in flight"``, or ``"background"`` once the response is over."""
        if self.outcome is not None:
            return self.outcome
        return "in flight" if self.ended is None else "background"

    def header(self, name: str) -> str | None:
        """The first request header called *name*, decoded as latin-1."""
        value = find(self.scope.get("headers") or (), name.lower().encode("latin-1", "replace"))
        return None if value is None else value.decode("latin-1")

    def bytes(self, direction: Direction) -> int:
        """Payload bytes in one direction, as in the log; those of missing events are counted."""
        return amounts_of(self)[direction == "send"]
