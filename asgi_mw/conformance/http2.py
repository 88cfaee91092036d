"""A client of HTTP/2 without TLS, with prior knowledge."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asgi_mw.conformance.check import FailedError, shown
from asgi_mw.conformance.clock import left
from asgi_mw.conformance.http1 import NUMBER, numbers
from asgi_mw.errors import MissingExtraError

if TYPE_CHECKING:
    from asgi_mw.conformance.clock import Clock

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_NO_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_SETTINGS = 4


@dataclass(slots=True)
class Stream:
    """What came on one stream.

    Attributes:
        status: Of the response; ``None`` before it.
        headers: Without the pseudo headers.
        body: As far as it came.
        ended: Whether the server ended it.
        reset: The error with which the server reset it.
        interim: Headers of responses with a status of 1xx.
        trailers: The headers after the body.
    """

    status: int | None = None
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    ended: bool = False
    reset: int | None = None
    interim: list[list[tuple[bytes, bytes]]] = field(default_factory=list)
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def __str__(self) -> str:
        """What it was, in words."""
        end = "whole" if self.ended else "cut" if self.reset is None else f"reset {self.reset}"
        return f"{self.status}, body {shown(self.body, 60)} ({end})"


def speaks_http2(port: int, clock: Clock) -> bool:
    """Whether the server answers the preface of HTTP/2 by settings of its own."""
    with socket.create_connection(("127.0.0.1", port), clock.patience) as sock:
        got = b""
        with contextlib.suppress(OSError):
            sock.sendall(_PREFACE + _NO_SETTINGS)
            sock.settimeout(clock.patience)
            while len(got) < 4 and (data := sock.recv(64)):
                got += data
        return len(got) > 3 and got[3] == _SETTINGS


class Http2:
    """One connection.

    Raises:
        MissingExtraError: h2 is not installed.
    """

    def __init__(self, port: int, clock: Clock) -> None:
        try:
            from h2.config import H2Configuration  # noqa: PLC0415  # an extra
            from h2.connection import H2Connection  # noqa: PLC0415  # the same
        except ImportError:
            raise MissingExtraError("h2", "conformance") from None
        self._clock = clock
        self._sock = socket.create_connection(("127.0.0.1", port), clock.patience)
        self.address: tuple[str, int] = self._sock.getsockname()
        config = H2Configuration(client_side=True, header_encoding=None)
        self._h2 = H2Connection(config)
        self._h2.initiate_connection()
        self._streams: dict[int, Stream] = {}
        self._over = False
        self._flush()

    def ask(
        self,
        method: str = "GET",
        target: str = "/",
        headers: list[tuple[bytes, bytes]] | None = None,
        *,
        body: bytes | None = None,
        ends: bool = True,
    ) -> int:
        """Send a request; return the number of its stream."""
        number: int = self._h2.get_next_available_stream_id()
        pairs = [
            (b":method", method.encode()),
            (b":scheme", b"http"),
            (b":authority", b"kit.test"),
            (b":path", target.encode()),
            *(headers or ()),
            (NUMBER, b"%d" % next(numbers)),
        ]
        self._h2.send_headers(number, pairs, end_stream=body is None and ends)
        self._streams[number] = Stream()
        if body is not None:
            self._h2.send_data(number, body, end_stream=ends)
        self._flush()
        return number

    def write(self, number: int, body: bytes, *, ends: bool = False) -> None:
        """Send a part of the body."""
        self._h2.send_data(number, body, end_stream=ends)
        self._flush()

    def reset(self, number: int) -> None:
        """Give up one stream."""
        self._h2.reset_stream(number, 8)  # CANCEL
        self._flush()

    def response(self, number: int, within: float | None = None) -> Stream:
        """What came on that stream, once it ended.

        Raises:
            FailedError: It does not end.
        """
        return self._until(number, lambda stream: stream.ended, within)

    def begun(self, number: int, part: bytes) -> Stream:
        """What came on that stream, once the body has *part*.

        Raises:
            FailedError: It does not come.
        """
        return self._until(number, lambda stream: part in stream.body, None)

    def close(self) -> None:
        """Leave."""
        self._sock.close()

    def _until(self, number: int, done: Any, within: float | None) -> Stream:
        until = self._clock.until(within)
        stream = self._streams[number]
        while not done(stream) and stream.reset is None and not self._over:
            if not self._read(until):
                raise FailedError(f"the client waits for a response, and has {stream}")
        return stream

    def _read(self, until: float) -> bool:
        self._sock.settimeout(left(until))
        try:
            data = self._sock.recv(1 << 18)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        if not data:
            self._over = True
            return True
        for event in self._h2.receive_data(data):
            self._take(event)
        self._flush()
        return True

    def _take(self, event: Any) -> None:
        name = type(event).__name__
        stream = self._streams.setdefault(getattr(event, "stream_id", 0) or 0, Stream())
        if name == "ResponseReceived":
            stream.status = int(dict(event.headers)[b":status"])
            stream.headers = [(name, value) for name, value in event.headers if name[:1] != b":"]
        elif name == "InformationalResponseReceived":
            stream.interim.append([*event.headers])
        elif name == "DataReceived":
            stream.body += event.data
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif name == "TrailersReceived":
            stream.trailers = [*event.headers]
        elif name == "StreamEnded":
            stream.ended = True
        elif name == "StreamReset":
            stream.reset = event.error_code
        elif name == "ConnectionTerminated":
            self._over = True

    def _flush(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.sendall(self._h2.data_to_send())
