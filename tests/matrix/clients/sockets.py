"""A WebSocket over a stream of any HTTP: messages and the close, for the frames of wsproto."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import (
    BytesMessage,
    CloseConnection,
    Ping,
    TextMessage,
)

from tests.matrix.clients import CutError, HangError

if TYPE_CHECKING:
    from wsproto.events import Event, Message

    from tests.matrix.clients import Stream

_QUIET = 0.2  # seconds
_OPEN = (101, 200)
"""The status of a handshake that was accepted: of HTTP/1.1, and of the others (RFC 8441, 9220)."""


class WebSocket:
    """The client's side of one WebSocket; its handshake has been sent."""

    def __init__(self, stream: Stream, *, answers: bool, patience: float) -> None:
        self._stream = stream
        self._answers = answers
        self._frames = Connection(ConnectionType.CLIENT)
        self.status, self.headers = stream.head(patience)
        self.accepted = self.status in _OPEN
        self._got: list[Message[Any] | CloseConnection] = []

    def send(self, message: str | bytes) -> None:
        """Send a message."""
        event: Event
        if isinstance(message, str):
            event = TextMessage(data=message)
        else:
            event = BytesMessage(data=message)
        self._stream.write(self._frames.send(event), ends=False)

    def receive(self) -> str | bytes | int | None:
        """The next message; the code of the close; ``None`` where nobody closed in order."""
        parts: list[str | bytes] = []
        while True:
            event = self._next()
            if event is None:
                return None
            if isinstance(event, CloseConnection):
                if self._frames.state is ConnectionState.REMOTE_CLOSING:
                    self._answer(event)
                return event.code
            parts.append(event.data)
            if event.message_finished:
                texts = [part for part in parts if isinstance(part, str)]
                return "".join(texts) if texts else b"".join(map(_bytes, parts))

    def close(self, code: int, reason: str) -> None:
        """Close in order."""
        if self._frames.state is ConnectionState.OPEN:  # the server may have closed before
            event = CloseConnection(code=code, reason=reason)
            self._stream.write(self._frames.send(event), ends=False)

    def leave(self) -> None:
        """Leave without a close."""
        self._stream.leave()

    def _answer(self, event: CloseConnection) -> None:
        if self._answers:
            self._stream.write(self._frames.send(event.response()), ends=False)
            return
        with contextlib.suppress(CutError, HangError):  # at least the server's side is done
            while self._stream.read(_QUIET):
                pass

    def _next(self) -> Message[Any] | CloseConnection | None:
        while not self._got:
            try:
                data = self._stream.read()
            except CutError:
                return None
            if not data:
                return None
            self._frames.receive_data(data)
            for event in self._frames.events():
                if isinstance(event, Ping):
                    self._stream.write(self._frames.send(event.response()), ends=False)
                elif isinstance(event, (TextMessage, BytesMessage, CloseConnection)):
                    self._got.append(event)
        return self._got.pop(0)


def _bytes(part: str | bytes) -> bytes:
    return part.encode() if isinstance(part, str) else part
