"""What happened on a connection that was driven: all facts, and answers to the usual questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

if TYPE_CHECKING:
    from contextvars import Context

    from asgi_mw.types import Message, Scope


@dataclass(slots=True, eq=False)
class Call:
    """One call of ``receive`` or ``send``; calls are noted in the order in which they were made.

    Attributes:
        side: ``"receive"`` or ``"send"``.
        number: Its number among the calls of this side, from 1.
        message: A deep snapshot of what was sent, or of what was given; ``None`` while a
            ``receive`` waits.  Header iterables were read once, as servers do, and stand here
            as a list of tuples.
        original: The very object that was sent or given.
        delivered: Whether the message reached the other end; not so for a ``send`` that came
            too late, raised, or still waits.
        raised: The exception that left the call.
        returned: Whether the call is over, one way or the other.
        late: Whether it was made after the app's own call had ended.
    """

    side: Literal["receive", "send"]
    number: int
    late: bool
    message: Any = None
    original: Any = None
    delivered: bool = False
    raised: BaseException | None = None
    returned: bool = False


@dataclass(slots=True, eq=False)
class Result:
    """All that is known of one connection; it grows as long as the app runs.

    Attributes:
        scope: The object that the app was called with.
        scope_before: A deep snapshot of it, taken before the app ran; iterators are kept as
            they are, unread.
        calls: Every ``receive`` and ``send`` in the order of their calls.
        received: Snapshots of what the app was given, in the order in which it got them.
        given: The very objects behind *received*.
        ended: Whether the app's call is over.
        returned: Whether it returned, rather than raised.
        raised: The very exception that left the app; it may be a cancellation.
        cancelled: Whether the wire cancelled the app while it ran.
        complete: Whether the app completed its response or closed its WebSocket.
        disconnected: Whether the client left before that.
        context: The context variables as the app left them in its own task.
    """

    scope: Scope
    scope_before: dict[str, Any]
    calls: list[Call] = field(default_factory=list)
    received: list[Message] = field(default_factory=list)
    given: list[Message] = field(default_factory=list)
    ended: bool = False
    returned: bool = False
    raised: BaseException | None = None
    cancelled: bool = False
    complete: bool = False
    disconnected: bool = False
    context: Context | None = None

    @property
    def sends(self) -> list[Call]:
        """The calls of ``send``."""
        return [call for call in self.calls if call.side == "send"]

    @property
    def sent(self) -> list[Any]:
        """Snapshots of all messages that were passed to ``send``, whatever became of them."""
        return [call.message for call in self.sends]

    @property
    def originals(self) -> list[Any]:
        """The very objects behind `sent`."""
        return [call.original for call in self.sends]

    @property
    def after_return(self) -> list[Any]:
        """Snapshots of what was sent after the app's own call had ended."""
        return [call.message for call in self.sends if call.late]

    @property
    def delivered(self) -> list[Any]:
        """Snapshots of the messages that reached the client."""
        return [call.message for call in self.sends if call.delivered]

    @property
    def status(self) -> int | None:
        """Status of the response, or of the denial response to a WebSocket."""
        start = self._first("http.response.start", "websocket.http.response.start")
        return None if start is None else start.get("status")

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Header pairs of the response, denial response or ``websocket.accept``."""
        start = self._first(
            "http.response.start", "websocket.http.response.start", "websocket.accept"
        )
        return list((start or {}).get("headers") or ())

    @property
    def body(self) -> bytes:
        """The whole body of the response or denial response."""
        parts = self._each("http.response.body", "websocket.http.response.body")
        return b"".join(part.get("body") or b"" for part in parts)

    @property
    def trailers(self) -> list[tuple[bytes, bytes]]:
        """Header pairs of all trailers."""
        return [
            pair
            for message in self._each("http.response.trailers")
            for pair in message.get("headers") or ()
        ]

    @property
    def accepted(self) -> bool:
        """Whether the WebSocket was accepted."""
        return self._first("websocket.accept") is not None

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the app chose."""
        return (self._first("websocket.accept") or {}).get("subprotocol")

    @property
    def texts(self) -> list[str]:
        """The text messages that reached the WebSocket client."""
        return [m["text"] for m in self._each("websocket.send") if m.get("text") is not None]

    @property
    def blobs(self) -> list[bytes]:
        """The binary messages that reached the WebSocket client."""
        return [m["bytes"] for m in self._each("websocket.send") if m.get("bytes") is not None]

    @property
    def closed(self) -> tuple[int, str] | None:
        """Code and reason with which the app closed the WebSocket."""
        close = self._first("websocket.close")
        return None if close is None else (close.get("code", 1000), close.get("reason") or "")

    @property
    def denied(self) -> int | None:
        """Status that a WebSocket client saw in place of an open connection: 403 for a close."""
        if self._first("websocket.http.response.start") is not None:
            return self.status
        # "the server must close the connection with an HTTP 403" (close before accept).
        return 403 if self.closed is not None and not self.accepted else None

    def header(self, name: str | bytes) -> bytes | None:
        """Give the first value of a header of the response, in any case of its name."""
        return next(iter(self.all(name)), None)

    def all(self, name: str | bytes) -> list[bytes]:
        """Give every value of a header of the response, in any case of its name."""
        wanted = (name.encode("latin-1") if isinstance(name, str) else name).lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def mutated(self) -> list[str]:
        """Name what was changed although it belongs to the server: the scope, messages given.

        The app may fill the lifespan's ``state``, which is therefore not named.
        """
        before, after = dict(self.scope_before), snapshot(self.scope)
        if self.scope.get("type") == "lifespan":
            before.pop("state", None)
            after.pop("state", None)
        changed = [f"scope[{key!r}]" for key in {**before, **after} if _differ(before, after, key)]
        return changed + [
            f"received[{index}]"
            for index, (then, now) in enumerate(zip(self.received, self.given, strict=True))
            if then != snapshot(now)
        ]

    def _each(self, *kinds: str) -> list[Mapping[str, Any]]:
        return [
            message
            for message in self.delivered
            if isinstance(message, Mapping) and message.get("type") in kinds
        ]

    def _first(self, *kinds: str) -> Mapping[str, Any] | None:
        return next(iter(self._each(*kinds)), None)


def _differ(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> bool:
    return key not in before or key not in after or bool(before[key] != after[key])


def snapshot(value: Any) -> Any:
    """Copy plain values deeply; keep all others, iterators included, as the objects they are.

    >>> message = {"type": "x", "headers": [(b"a", b"1")]}
    >>> copy = snapshot(message)
    >>> message["headers"].append((b"b", b"2"))
    >>> copy
    {'type': 'x', 'headers': [(b'a', b'1')]}
    """
    if isinstance(value, Mapping):
        return {key: snapshot(item) for key, item in value.items()}
    if isinstance(value, list):
        return [snapshot(item) for item in value]
    if type(value) is tuple:
        return tuple(snapshot(item) for item in value)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return value


def consumed(message: Any) -> Any:
    """Take a snapshot of a message as a server reads it: its iterables are read, once.

    >>> consumed({"type": "x", "headers": (iter(pair) for pair in [(b"a", b"1")])})
    {'type': 'x', 'headers': [(b'a', b'1')]}
    """
    copy = snapshot(message)
    if isinstance(message, Mapping):
        # A mapping or a string here is a fault of the app: it is kept as it is, to show that.
        headers, links = message.get("headers"), message.get("links")
        if _is_iterable(headers):
            copy["headers"] = [tuple(pair) if _is_iterable(pair) else pair for pair in headers]
        if _is_iterable(links):
            copy["links"] = list(links)
    return copy


def read(message: Any) -> Any:
    """Read a message as it is at the call; the usual ones without a deep copy."""
    if message.__class__ is dict and message.get("body", b"").__class__ is bytes:
        headers = message.get("headers")
        if headers is None or headers.__class__ is list:
            return {**message} if not headers else {**message, "headers": [*map(tuple, headers)]}
    return consumed(message)


def _is_iterable(value: Any) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, Iterable) and not isinstance(value, bytes | str | Mapping)
