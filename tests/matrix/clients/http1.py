"""A client of HTTP/1.1, with a connection of its own for each request."""

from __future__ import annotations

import base64
import contextlib
import socket
from typing import TYPE_CHECKING

import h11

from tests.matrix.clients import PATIENCE, CutError, HangError

if TYPE_CHECKING:
    from tests.matrix.clients import Pairs

_LARGE = 1 << 16
# The same each time, so that the answers to it can be compared
_KEY = base64.b64encode(bytes(16))


class Http1:
    """Asks the server on a port of loopback."""

    answers = True

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: list[Http1Stream] = []

    def ask(
        self, method: str, target: str, headers: Pairs | None = None, *, more: bool = False
    ) -> Http1Stream:
        """Send the head of a request; its body has a length in a header, or comes in chunks."""
        pairs = [(b"host", b"matrix.test"), *(headers or ())]
        if more and all(name != b"content-length" for name, _ in pairs):
            pairs.append((b"transfer-encoding", b"chunked"))
        stream = Http1Stream(self._port)
        self._streams.append(stream)
        stream.send(h11.Request(method=method, target=target, headers=pairs))
        if not more:
            stream.send(h11.EndOfMessage())
        return stream

    def dial(self, target: str) -> Http1Stream:
        """Ask for an upgrade."""
        return self.ask(
            "GET",
            target,
            [
                (b"upgrade", b"websocket"),
                (b"connection", b"Upgrade"),
                (b"sec-websocket-version", b"13"),
                (b"sec-websocket-key", _KEY),
            ],
        )

    def close(self) -> None:
        """End the connections that are left."""
        for stream in self._streams:
            stream.leave()


class Http1Stream:
    """One connection, and its one request."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._h11 = h11.Connection(h11.CLIENT)
        self._switched = False

    def send(self, event: h11.Event) -> None:
        """Send what h11 makes of *event*; that a server is gone is noticed when reading."""
        data = self._h11.send(event)
        with contextlib.suppress(OSError):
            self._sock.sendall(data or b"")

    def write(self, data: bytes, *, ends: bool = True) -> None:
        """Send a part of the body, or frames."""
        if self._switched:
            with contextlib.suppress(OSError):
                self._sock.sendall(data)
            return
        self.send(h11.Data(data=data))
        if ends:
            self.send(h11.EndOfMessage())

    def head(self, patience: float = PATIENCE) -> tuple[int, Pairs]:
        """The status and the headers."""
        event = self._next(patience)
        while isinstance(event, h11.InformationalResponse) and event.status_code != 101:
            event = self._next(patience)
        if isinstance(event, h11.InformationalResponse):
            self._switched = True
            self._rest = self._h11.trailing_data[0]
        elif not isinstance(event, h11.Response):
            raise CutError("no response")
        return event.status_code, [(bytes(name), bytes(value)) for name, value in _raw(event)]

    def read(self, patience: float = PATIENCE) -> bytes:
        """The next part of the body, or of the frames."""
        if self._switched:
            got, self._rest = self._rest, b""
            return got or self._receive(patience)
        event = self._next(patience)
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    def leave(self) -> None:
        """End the connection."""
        self._sock.close()

    def _next(self, patience: float) -> h11.Event:
        try:
            while (event := self._h11.next_event()) is h11.NEED_DATA:
                self._h11.receive_data(self._receive(patience))
        except h11.RemoteProtocolError as error:
            raise CutError(str(error)) from None
        if not isinstance(event, h11.Event):  # paused, which a client that asks once never is
            raise CutError(str(event))
        return event

    def _receive(self, patience: float) -> bytes:
        self._sock.settimeout(patience)
        try:
            return self._sock.recv(_LARGE)
        except TimeoutError:
            raise HangError from None
        except OSError as error:
            raise CutError(type(error).__name__) from None


def _raw(event: h11.Response | h11.InformationalResponse) -> list[tuple[bytes, bytes]]:
    """The headers, their names as they came."""
    return event.headers.raw_items()
