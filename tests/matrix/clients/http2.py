"""A client of HTTP/2 over TLS, all requests on one connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError

from tests.matrix.clients import PATIENCE, CutError, HangError

if TYPE_CHECKING:
    from pathlib import Path

    from h2.events import Event

    from tests.matrix.clients import Pairs


class Http2:
    """Asks the server on a port of loopback, and trusts the authority of its certificate."""

    answers = True

    def __init__(self, port: int, authority: Path) -> None:
        context = ssl.create_default_context(cafile=str(authority))
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._sock = context.wrap_socket(plain, server_hostname="localhost")
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self._h2.initiate_connection()
        self._streams: dict[int, Http2Stream] = {}
        self._over = ""
        self.flush()

    def ask(
        self, method: str, target: str, headers: Pairs | None = None, *, more: bool = False
    ) -> Http2Stream:
        """Send the head of a request, on a stream of its own."""
        return self._open(method, target, headers or [], more=more)

    def dial(self, target: str) -> Http2Stream:
        """Ask for a WebSocket by an extended CONNECT (RFC 8441)."""
        more = [(b":protocol", b"websocket"), (b"sec-websocket-version", b"13")]
        return self._open("CONNECT", target, more, more=True)

    def close(self) -> None:
        """End the connection."""
        self._sock.close()

    def _open(self, method: str, target: str, more_headers: Pairs, *, more: bool) -> Http2Stream:
        number = self._h2.get_next_available_stream_id()
        pairs = [
            (b":method", method.encode()),
            (b":scheme", b"https"),
            (b":authority", b"localhost"),
            (b":path", target.encode()),
            *more_headers,
        ]
        stream = self._streams[number] = Http2Stream(self, self._h2, number)
        with contextlib.suppress(ProtocolError):  # the connection is over, which reading notices
            self._h2.send_headers(number, pairs, end_stream=not more)
        self.flush()
        return stream

    def flush(self) -> None:
        """Send what is to be sent; that a server is gone is noticed when reading."""
        with contextlib.suppress(OSError):
            self._sock.sendall(self._h2.data_to_send())

    def advance(self, until: float) -> None:
        """Take what comes next.

        Raises:
            CutError: The connection is over.
            HangError: Nothing comes.
        """
        if self._over:
            raise CutError(self._over)
        self._sock.settimeout(max(until - monotonic(), 0.001))
        try:
            data = self._sock.recv(1 << 16)
        except TimeoutError:
            raise HangError from None
        except OSError as error:
            data, self._over = b"", type(error).__name__
        if not data:
            self._over = self._over or "the connection ended"
            return
        try:
            events = self._h2.receive_data(data)
        except ProtocolError as error:
            self._over = type(error).__name__
            return
        for event in events:
            self._take(event)
        self.flush()

    def _take(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self._over = "the connection was ended"
            return
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        if stream is None:
            return
        if isinstance(event, ResponseReceived):
            stream.headers = [(bytes(name), bytes(value)) for name, value in event.headers or ()]
        elif isinstance(event, DataReceived):
            stream.data += event.data or b""
            with contextlib.suppress(ProtocolError):  # of a stream that was reset meanwhile
                size = event.flow_controlled_length or 0
                self._h2.acknowledge_received_data(size, event.stream_id or 0)
        elif isinstance(event, StreamEnded):
            stream.ended = True
        elif isinstance(event, StreamReset):
            stream.reset = True


class Http2Stream:
    """One stream."""

    def __init__(self, client: Http2, h2: H2Connection, number: int) -> None:
        self._client, self._h2, self._number = client, h2, number
        self.headers: Pairs | None = None
        self.data = b""
        self.ended = self.reset = False

    def write(self, data: bytes, *, ends: bool = True) -> None:
        """Send a part of the body, or frames, as the windows allow."""
        until = monotonic() + PATIENCE
        try:
            while data:
                size = min(
                    self._h2.local_flow_control_window(self._number),
                    self._h2.max_outbound_frame_size,
                    len(data),
                )
                if size:
                    self._h2.send_data(self._number, data[:size])
                    data = data[size:]
                    self._client.flush()
                else:
                    self._client.advance(until)
            if ends:
                self._h2.end_stream(self._number)
        except (ProtocolError, CutError):
            return  # noticed when reading
        self._client.flush()

    def head(self, patience: float = PATIENCE) -> tuple[int, Pairs]:
        """The status and the headers."""
        until = monotonic() + patience
        while self.headers is None:
            if self.reset:
                raise CutError("the stream was reset")
            self._client.advance(until)
        status = next(int(value) for name, value in self.headers if name == b":status")
        return status, [pair for pair in self.headers if not pair[0].startswith(b":")]

    def read(self, patience: float = PATIENCE) -> bytes:
        """The next part of the body, or of the frames."""
        until = monotonic() + patience
        while not self.data:
            if self.ended:
                return b""
            if self.reset:
                raise CutError("the stream was reset")
            self._client.advance(until)
        data, self.data = self.data, b""
        return data

    def leave(self) -> None:
        """Reset the stream."""
        with contextlib.suppress(ProtocolError):
            self._h2.reset_stream(self._number, ErrorCodes.CANCEL)
        self._client.flush()
