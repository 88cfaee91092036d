"""A client of HTTP/1.1 that sends bytes as they are, and says what came back, whole or cut."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Literal

from asgi_mw.conformance.check import FailedError, shown
from asgi_mw.conformance.clock import left

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.conformance.clock import Clock

Pairs = list[tuple[bytes, bytes]]
NUMBER = b"x-kit-number"
"""The header with the number of a request, which identifies the app's call for it."""
numbers = count(1)
"""The numbers of all requests, of HTTP/2 too."""
_BODILESS = frozenset({204, 304})
_MOST = 1 << 26


@dataclass(slots=True)
class Response:
    """What came over the wire.

    Attributes:
        status: Of the response.
        headers: Names as they came.
        body: As far as it came, without the framing.
        end: ``whole``, ``cut``, or ``closed`` if only the end of the connection ends the body.
        framing: ``length``, ``chunked``, ``closed`` or ``none``.
        interim: Responses with a status of 1xx that came before.
        trailers: The headers after the last chunk.
    """

    status: int
    headers: Pairs
    body: bytes = b""
    end: Literal["whole", "cut", "closed"] = "whole"
    framing: str = "none"
    interim: list[Response] = field(default_factory=list)
    trailers: Pairs = field(default_factory=list)

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name]

    def __str__(self) -> str:
        """What it was, in words."""
        return f"{self.status}, body {shown(self.body, 60)} ({self.end})"


class Http:
    """One connection."""

    def __init__(self, port: int, clock: Clock, receive_buffer: int = 0) -> None:
        self.clock = clock
        self._sock = socket.socket()
        if receive_buffer:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._sock.settimeout(clock.patience)
        self._sock.connect(("127.0.0.1", port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self.address: tuple[str, int] = self._sock.getsockname()

    def write(self, data: bytes) -> None:
        """Send bytes; only a later read notices that the server has gone."""
        with contextlib.suppress(OSError):
            self._sock.sendall(data)

    def write_meanwhile(self, data: bytes) -> None:
        """Send bytes from a thread, so that what comes back can be read at the same time."""
        threading.Thread(target=self.write, args=(data,), daemon=True).start()

    def write_some(self, data: bytes, within: float) -> int:
        """Send as many of the bytes as the server takes before it takes none for *within* s."""
        self._sock.settimeout(within)
        sent = 0
        with contextlib.suppress(OSError):
            while sent < len(data):
                sent += self._sock.send(data[sent : sent + 65_536])
        self._sock.settimeout(self.clock.patience)
        return sent

    def ask(
        self,
        method: str = "GET",
        target: str = "/",
        *lines: bytes,
        body: bytes | None = None,
        version: str = "1.1",
    ) -> None:
        """Send a request; *lines* are more lines of its header."""
        head = [f"{method} {target} HTTP/{version}".encode(), b"Host: kit.test"]
        head += [b"%s: %d" % (NUMBER, next(numbers)), *lines]
        if body is not None:
            head.append(b"Content-Length: %d" % len(body))
        self.write(b"\r\n".join([*head, b"", body or b""]))

    def read(self, within: float | None = None) -> bytes | None:
        """What comes next; empty at the end of the connection, ``None`` if nothing comes."""
        if self._rest:
            data, self._rest = self._rest, b""
            return data
        self._sock.settimeout(left(self.clock.until(within)))
        try:
            return self._sock.recv(1 << 18)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def give_back(self, data: bytes) -> None:
        """Put back bytes that were read too early."""
        self._rest = data + self._rest

    def read_until(self, end: bytes, within: float | None = None) -> bytes | None:
        """Bytes up to and with *end*; ``None`` if the connection ends before.

        Raises:
            FailedError: They do not come in time.
        """
        got = b""
        while end not in got:
            data = self.read(within)
            if data is None:
                raise FailedError(f"the client waits for a response, and has {shown(got, 60)}")
            if not data or len(got) > _MOST:
                return None
            got += data
        place = got.index(end) + len(end)
        self._rest = got[place:]
        return got[:place]

    def read_exactly(self, size: int) -> tuple[bytes, bool]:
        """At most *size* bytes, as many as come, and whether these are all."""
        got: list[bytes] = []
        missing = size
        while missing > 0:
            data = self.read()
            if data is None:
                raise FailedError(f"the client waits for {missing} of {size} bytes of a body")
            if not data:
                return b"".join(got), False
            got.append(data[:missing])
            self._rest = data[missing:]
            missing -= len(got[-1])
        return b"".join(got), True

    def head(self, within: float | None = None) -> Response | None:
        """The next head, of 1xx too; ``None`` if the connection ends first."""
        head = self.read_until(b"\r\n\r\n", within)
        if head is None:
            return None
        first, *lines = head[:-4].split(b"\r\n")
        words = first.split(b" ", 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
            raise FailedError(f"the client reads {shown(first)} in place of a status line")
        return Response(int(words[1]), _pairs(lines))

    def response(self, method: str = "GET", within: float | None = None) -> Response:
        """The next response, with its body.

        Raises:
            FailedError: There is none: the connection ends, or nothing comes.
        """
        response = self.response_or_end(method, within)
        if response is None:
            raise FailedError("the connection ends without a response")
        return response

    def response_or_end(self, method: str = "GET", within: float | None = None) -> Response | None:
        """The next response, with its body; ``None`` if the connection ends without one."""
        interim: list[Response] = []
        while (response := self.head(within)) is not None and 100 <= response.status < 200:
            if response.status == 101:
                return response
            interim.append(response)
        if response is None:
            return None
        response.interim = interim
        if method != "HEAD" and response.status not in _BODILESS:
            self._body(response)
        return response

    def _body(self, response: Response) -> None:
        lengths = set(response.all(b"content-length"))
        if b"chunked" in b",".join(response.all(b"transfer-encoding")).lower():
            response.framing = "chunked"
            self._chunks(response)
        elif lengths:
            response.framing = "length"
            if len(lengths) != 1 or not (length := lengths.pop()).isdigit():
                raise FailedError(f"content-length is {shown(response.all(b'content-length'))}")
            response.body, whole = self.read_exactly(int(length))
            response.end = "whole" if whole else "cut"
        else:
            response.framing = response.end = "closed"
            while data := self.read():
                response.body += data
            if data is None:
                raise FailedError("the body has no length, and the connection does not end")

    def _chunks(self, response: Response) -> None:
        parts: list[bytes] = []
        whole = True
        while whole and (size := _hexadecimal(self.read_until(b"\r\n"))) is not None:
            if size == 0:
                response.body = b"".join(parts)
                trailing = []
                while (line := self.read_until(b"\r\n")) and line != b"\r\n":
                    trailing.append(line.rstrip(b"\r\n"))
                response.trailers = _pairs(trailing)
                response.end = "whole" if line else "cut"
                return
            data, whole = self.read_exactly(size + 2)
            parts.append(data[:size])
        response.body, response.end = b"".join(parts), "cut"

    def silent(self, within: float | None = None) -> bytes | None:
        """What comes though nothing should; ``None`` if nothing does in the quiet time."""
        return self.read(self.clock.quiet if within is None else within)

    def ends(self, within: float | None = None) -> bool:
        """Whether the server closes, whatever it says before."""
        until = self.clock.until(within)
        while left(until) > 0.001:
            data = self.read(left(until))
            if data is None:
                return False
            if not data:
                return True
        return False

    def leave_writing(self) -> None:
        """Say that no more comes, and go on reading."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End the connection by a reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def close(self) -> None:
        """Leave."""
        self._sock.close()


def _hexadecimal(line: bytes | None) -> int | None:
    """The size of a chunk; ``None`` if there is none."""
    size = (line or b"").partition(b";")[0].strip()
    return int(size, 16) if size and not size.strip(b"0123456789abcdefABCDEF") else None


def _pairs(lines: Iterable[bytes]) -> Pairs:
    pairs = []
    for line in lines:
        name, _, value = line.partition(b":")
        pairs.append((name, value.strip(b" \t")))
    return pairs
