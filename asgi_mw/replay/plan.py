"""What an app is to be given again: the scope, each message and when, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.parts import SAFE, headers_of, octets, payload_of
from asgi_mw.recorder.copying.masks import filled, is_masked
from asgi_mw.redaction.spans import MASK_BYTES
from asgi_mw.replay.files import boundary_of, with_files
from asgi_mw.snapshots import ATOMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.events import Event, Exchange
    from asgi_mw.types import Message, Scope

_PLAIN = (str, int, float, bytes, type(None))
_GONE = frozenset({"http.disconnect", "websocket.disconnect"})
_PAIRS = frozenset({"client", "server"})
_NOT_GIVEN = frozenset({"headers", "state"})
# Keys of a recorded message that describe its payload, and that the app did not receive
_OURS = frozenset({"decoded", "sha256"})


class Input(NamedTuple):
    """A message that the app is given.

    Attributes:
        message: As it was recorded, with the secrets that are known.
        sent: How many messages the app had sent by then; the message is given no sooner.
        at: When it was given, in ns after the beginning.
    """

    message: Message
    sent: int
    at: int


class Plan(NamedTuple):
    """One connection to be made again.

    Attributes:
        scope: As the server made it, without ``state``.
        inputs: What the app was given, in order.
        left_after: After how many messages of the app its HTTP client left; ``None`` if it stayed,
            or left before the first one: then the disconnect is one of the inputs.
        sends: The types of the messages that the app sent.
        raises: Whether ``send`` raised once the client had left.
        missing: The names of secrets that were masked and are not known: a header that has one
            is left out, elsewhere the mask stays.
        notes: What else differs from what the app was given, each in a sentence.
    """

    scope: Scope
    inputs: tuple[Input, ...]
    left_after: int | None
    sends: tuple[str, ...]
    raises: bool
    missing: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def is_safe(self) -> bool:
        """Whether its method is safe: RFC 9110 9.2.1."""
        return self.scope["type"] == "http" and self.scope.get("method") in SAFE


def plan(exchange: Exchange, secrets: Mapping[str, str] | None = None) -> Plan:
    """What the app of *exchange* was given.

    Args:
        exchange: A request or a WebSocket that was recorded.
        secrets: The values that the recording masks, by the name before the mask or by the name
            of the header: ``{"authorization": "…", "password": "…"}``.

    Raises:
        ValueError: It is no HTTP request and no WebSocket.
    """
    if exchange.type not in ("http", "websocket"):
        raise ValueError(f"only HTTP requests and WebSockets can be replayed, not {exchange.type}")
    fill = _Filling({name.lower(): value for name, value in (secrets or {}).items()})
    requests = [
        event
        for event in exchange.events
        if event.direction == "receive"
        and event.type == "http.request"
        and event.returned is not None
    ]
    decoded = any(event.message.get("decoded") for event in requests)
    kept = [octets(event.message.get("body")) for event in requests]
    kind = exchange.header("content-type") or ""
    ends = bool(requests) and not requests[-1].message.get("more_body")
    boundary = boundary_of(kind.encode()) if ends else b""
    bodies = with_files(kept, sum(event.size for event in requests), boundary)
    scope = _scope(exchange, fill, decoded=decoded)
    inputs = _inputs(exchange, fill, bodies)
    _set_length(scope["headers"], inputs)
    left_after = None
    if inputs and inputs[-1].message["type"] == "http.disconnect" and inputs[-1].sent:
        left_after = inputs.pop().sent
    sent = [event for event in exchange.events if event.direction == "send"]
    return Plan(
        scope,
        tuple(inputs),
        left_after,
        tuple(event.type for event in sent),
        any(event.raised for event in sent),
        tuple(fill.missing),
        tuple(_notes(exchange, decoded=decoded, files=bodies != kept)),
    )


class _Filling:
    """The secrets that are known, and the names of those that are not."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self.missing: dict[str, None] = {}

    def __call__(self, data: bytes, otherwise: str) -> bytes:
        """*data* with the secret for each mask: by the name before it, or by *otherwise*."""
        if not is_masked(data):
            return data

        def value(name: str) -> bytes | None:
            found = self._secrets.get(name.lower(), self._secrets.get(otherwise))
            if found is None:
                self.missing[name.lower()] = None
                return None
            return found.encode()

        return filled(data, otherwise, value)

    def header(self, name: bytes, value: bytes) -> bytes:
        """*value* of the header *name*, filled.

        A secret may also be the whole value, as ``Bearer …`` or ``a=1; b=2``: then it begins with
        what *value* has before its mask.
        """
        called = name.decode("latin-1").lower()
        before, mask, _ = value.partition(MASK_BYTES)
        secret = self._secrets.get(called, "").encode()
        if mask and before and secret.lower().startswith(before.lower()):
            return secret
        return self(value, called)


def _scope(exchange: Exchange, fill: _Filling, *, decoded: bool) -> dict[str, Any]:
    scope: dict[str, Any] = {
        key: tuple(value) if key in _PAIRS and isinstance(value, list) else value
        for key, value in exchange.scope.items()
        if key not in _NOT_GIVEN and (value.__class__ in ATOMS or _is_plain(value))
    }
    headers = headers_of(exchange, "receive")
    if decoded:
        headers = [pair for pair in headers if pair[0] != b"content-encoding"]
    values = b"".join([value for _, value in headers])
    if is_masked(values) or not _is_sendable(values):
        filled_in = [(name, fill.header(name, value)) for name, value in headers]
        headers = [
            (name, value)
            for name, value in filled_in
            if _is_sendable(value) and not is_masked(value)
        ]
    for key in ("raw_path", "query_string"):
        if isinstance(octets_there := scope.get(key), bytes):
            scope[key] = fill(octets_there, key)
    scope["headers"] = headers
    return scope


def _set_length(headers: list[tuple[bytes, bytes]], inputs: list[Input]) -> None:
    """Set ``content-length`` to the length that the body has now, if it is there to its end.

    With a secret in the place of a mask, or cut, the body may be longer or shorter than before.
    """
    bodies = [one.message for one in inputs if one.message["type"] == "http.request"]
    if bodies and not bodies[-1].get("more_body"):
        size = b"%d" % sum(len(octets(one.get("body"))) for one in bodies)
        headers[:] = [
            (name, size if name == b"content-length" else value) for name, value in headers
        ]


def _is_sendable(value: bytes) -> bool:
    """Whether a header may have *value*: RFC 9110 5.5."""
    return not (b"\r" in value or b"\n" in value or b"\0" in value)


def _is_plain(value: object) -> bool:
    if isinstance(value, _PLAIN):
        return True
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(one) for key, one in value.items())
    return isinstance(value, list | tuple) and all(map(_is_plain, value))


def _inputs(exchange: Exchange, fill: _Filling, bodies: list[bytes]) -> list[Input]:
    found: list[Input] = []
    files = iter(bodies)
    for event in exchange.events:
        if event.direction != "receive" or not event.type or event.returned is None:
            continue
        last = event.type in _GONE
        before = 0
        if last or exchange.type == "websocket":
            before = _sent_before(exchange, event.returned)
        body = next(files) if event.type == "http.request" else None
        found.append(Input(_message(event, fill, body), before, event.returned))
        if last:
            return found
    late = next((one for one in exchange.events if one.direction == "send" and one.raised), None)
    if late is not None and exchange.outcome == "client_gone":
        gone = {"type": f"{exchange.type}.disconnect"}
        found.append(Input(gone, _sent_before(exchange, late.called) - 1, late.called))
    return found


def _sent_before(exchange: Exchange, moment: int) -> int:
    """The number of messages sent by *moment*: a disconnect after the whole answer says nothing."""
    return sum(one.direction == "send" and one.called <= moment for one in exchange.events)


def _message(event: Event, fill: _Filling, body: bytes | None) -> Message:
    message = {key: value for key, value in event.message.items() if key not in _OURS}
    if body is not None and "body" in message:
        message["body"] = body
    for key in ("body", "bytes"):
        if key in message:
            message[key] = fill(octets(message[key]), key)
    if isinstance(message.get("text"), str):
        message["text"] = fill(message["text"].encode("utf-8", "surrogatepass"), "text").decode(
            "utf-8", "surrogatepass"
        )
    return message


def _notes(exchange: Exchange, *, decoded: bool, files: bool) -> list[str]:
    notes = []
    inputs = [one for one in exchange.events if one.direction == "receive"]
    # Nothing was kept of a payload that has a digest, though it was not cut
    unread = sum(one.size for one in inputs if "sha256" in one.message)
    if unread:
        notes.append(
            f"it received {unread} bytes that were not kept, for secrets cannot be found in them"
        )
    cut = [one for one in inputs if one.truncated and "sha256" not in one.message]
    if cut:
        there = sum(len(payload_of(one) or b"") for one in cut)
        notes.append(f"what it received is cut: {there} of {sum(one.size for one in cut)} bytes")
    sent = [one for one in exchange.events if one.direction == "send" and one.truncated]
    if any("sha256" not in one.message for one in sent):
        there = sum(len(payload_of(one) or b"") for one in sent)
        size = sum(one.size for one in sent)
        notes.append(f"what it sent is cut: {there} of {size} bytes are compared, and the size")
    if files:
        notes.append("the files of its form were not kept: zero bytes stand for them")
    if exchange.gap is not None:
        notes.append("events are missing")
    if decoded:
        notes.append("its body was kept decoded: content-encoding is left out")
    if exchange.outcome is None:
        notes.append("it is still in flight")
    promised = exchange.header("content-length")
    read = sum(one.size for one in inputs if one.type == "http.request")
    if promised is not None and promised.isdigit() and int(promised) > read and not (cut or unread):
        notes.append(f"the app read {read} of {promised} bytes of the body: the rest is not known")
    return notes
