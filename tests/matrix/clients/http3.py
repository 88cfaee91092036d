"""A client of HTTP/3, all requests on one connection of QUIC."""

from __future__ import annotations

import contextlib
import socket
from time import monotonic
from typing import TYPE_CHECKING

from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted, StreamReset

from tests.matrix.clients import PATIENCE, CutError, HangError

if TYPE_CHECKING:
    from pathlib import Path

    from aioquic.quic.events import QuicEvent

    from tests.matrix.clients import Pairs

# The longest that a handshake may take; a dead server gives no sign
_SHAKES = 10.0  # seconds
_CANCELLED = 0x10C  # H3_REQUEST_CANCELLED


class Http3:
    """Asks the server on a UDP port of loopback, and trusts the authority of its certificate."""

    # hypercorn 0.18 treats data for a stream that it has closed as its own error, and then serves
    # nobody any more: `asyncio` and QUIC alike end with the task that reads the datagrams
    answers = False

    def __init__(self, port: int, authority: Path) -> None:
        configuration = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN)
        configuration.server_name = "localhost"
        configuration.load_verify_locations(cafile=str(authority))
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.connect(("127.0.0.1", port))
        self.quic = QuicConnection(configuration=configuration)
        self._address = ("127.0.0.1", port)
        self._streams: dict[int, Http3Stream] = {}
        self._over = ""
        self._shaken = False
        self.quic.connect(self._address, now=monotonic())
        self.h3 = H3Connection(self.quic)
        self.flush()
        until = monotonic() + _SHAKES
        while not self._shaken:
            self.advance(until)

    def ask(
        self, method: str, target: str, headers: Pairs | None = None, *, more: bool = False
    ) -> Http3Stream:
        """Send the head of a request, on a stream of its own."""
        return self._open(method, target, headers or [], more=more)

    def dial(self, target: str) -> Http3Stream:
        """Ask for a WebSocket by an extended CONNECT (RFC 9220)."""
        more = [(b":protocol", b"websocket"), (b"sec-websocket-version", b"13")]
        return self._open("CONNECT", target, more, more=True)

    def close(self) -> None:
        """End the connection."""
        self.quic.close()
        self.flush()
        self._sock.close()

    def _open(self, method: str, target: str, more_headers: Pairs, *, more: bool) -> Http3Stream:
        number = self.quic.get_next_available_stream_id()
        pairs = [
            (b":method", method.encode()),
            (b":scheme", b"https"),
            (b":authority", b"localhost"),
            (b":path", target.encode()),
            *more_headers,
        ]
        pseudo = [pair for pair in pairs if pair[0].startswith(b":")]
        pairs = pseudo + [pair for pair in pairs if pair not in pseudo]
        stream = self._streams[number] = Http3Stream(self, number)
        self.h3.send_headers(number, pairs, end_stream=not more)
        self.flush()
        return stream

    def flush(self) -> None:
        """Send what is to be sent; that a server is gone is noticed when reading."""
        for data, _ in self.quic.datagrams_to_send(now=monotonic()):
            with contextlib.suppress(OSError):
                self._sock.send(data)

    def advance(self, until: float) -> None:
        """Take what comes next, or do what is due.

        Raises:
            CutError: The connection is over.
            HangError: Nothing comes.
        """
        if self._over:
            raise CutError(self._over)
        now = monotonic()
        if now >= until:
            raise HangError
        due = self.quic.get_timer()
        self._sock.settimeout(max(min(until, until if due is None else due) - now, 0.001))
        try:
            data = self._sock.recv(1 << 16)
        except TimeoutError:
            if due is not None and monotonic() >= due:
                self.quic.handle_timer(now=monotonic())
        except OSError:
            pass  # nobody listens any more: QUIC finds out on its own
        else:
            self.quic.receive_datagram(data, self._address, now=monotonic())
        while (event := self.quic.next_event()) is not None:
            self._take(event)
        self.flush()

    def _take(self, event: QuicEvent) -> None:
        if isinstance(event, HandshakeCompleted):
            self._shaken = True
        elif isinstance(event, ConnectionTerminated):
            self._over = "the connection was ended"
        elif isinstance(event, StreamReset) and event.stream_id in self._streams:
            self._streams[event.stream_id].reset = True
        for one in self.h3.handle_event(event):
            if isinstance(one, (HeadersReceived, DataReceived)):
                stream = self._streams.get(one.stream_id)
                if stream is None:
                    continue
                if isinstance(one, DataReceived):
                    stream.data += one.data
                elif stream.headers is None:
                    stream.headers = one.headers
                stream.ended = stream.ended or one.stream_ended


class Http3Stream:
    """One stream."""

    def __init__(self, client: Http3, number: int) -> None:
        self._client, self._number = client, number
        self.headers: Pairs | None = None
        self.data = b""
        self.ended = self.reset = False

    def write(self, data: bytes, *, ends: bool = True) -> None:
        """Send a part of the body, or frames."""
        self._client.h3.send_data(self._number, data, end_stream=ends)
        self._client.flush()

    def head(self, patience: float = PATIENCE) -> tuple[int, Pairs]:
        """The status and the headers."""
        until = monotonic() + patience
        while self.headers is None:
            if self.reset or self.ended:
                raise CutError("no response")
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
        """Take no more of the stream, and send no more."""
        # A side that has ended before cannot be stopped or reset
        with contextlib.suppress(ValueError):
            self._client.quic.stop_stream(self._number, _CANCELLED)
        with contextlib.suppress(ValueError, AssertionError):
            self._client.quic.reset_stream(self._number, _CANCELLED)
        self._client.flush()
