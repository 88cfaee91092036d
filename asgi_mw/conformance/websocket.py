"""A client of WebSocket over HTTP/1.1 that sends frames as they are."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError

if TYPE_CHECKING:
    from asgi_mw.conformance.http1 import Http, Response

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of the server.

    Attributes:
        opcode: What it is.
        payload: What it carries.
        final: Whether it ends its message.
    """

    opcode: int
    payload: bytes
    final: bool = True

    @property
    def code(self) -> int | None:
        """The code of a close; ``None`` if it has none."""
        return int.from_bytes(self.payload[:2]) if len(self.payload) > 1 else None

    @property
    def reason(self) -> str:
        """The reason of a close."""
        return self.payload[2:].decode("utf-8", "replace")


class WebSocket:
    """One connection, from its handshake on."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self._key = base64.b64encode(os.urandom(16))

    def shake(self, target: str = "/", *lines: bytes) -> None:
        """Ask for the upgrade."""
        self.http.ask(
            "GET",
            target,
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Version: 13",
            b"Sec-WebSocket-Key: " + self._key,
            *lines,
        )

    def shaken(self) -> Response:
        """The answer to the handshake.

        Raises:
            FailedError: It is no upgrade, or a wrong one.
        """
        response = self.http.response()
        if response.status != 101:
            raise FailedError(f"the handshake is answered by {response}")
        accept = base64.b64encode(hashlib.sha1(self._key + _GUID).digest())  # noqa: S324  # RFC 6455
        if response.all(b"sec-websocket-accept") != [accept]:
            raise FailedError("sec-websocket-accept is wrong")
        return response

    def send(
        self, opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True
    ) -> None:
        """Send a frame."""
        self.http.write(frame(opcode, payload, final=final, masked=masked))

    def close_with(self, code: int | None = None, reason: str = "") -> None:
        """Send a close."""
        self.send(CLOSE, b"" if code is None else struct.pack("!H", code) + reason.encode())

    def next(self, within: float | None = None) -> Frame | None:
        """The next frame; ``None`` if the connection ends.

        Raises:
            FailedError: None comes in time.
        """
        head = self._exactly(2, within)
        if head is None:
            return None
        size = head[1] & 127
        if size > 125:
            more = self._exactly(2 if size == 126 else 8, within)
            if more is None:
                return None
            size = int.from_bytes(more)
        payload = self._exactly(size, within)
        if payload is None:
            return None
        if head[1] & 128:
            raise FailedError("a frame of the server is masked")
        return Frame(head[0] & 15, payload, bool(head[0] & 128))

    def message(self) -> tuple[int, bytes] | None:
        """The next text or bytes, its fragments put together; ``None`` if a close or the end comes.

        Pings of the server are answered.
        """
        kind, got = 0, b""
        while (one := self.next()) is not None and one.opcode != CLOSE:
            if one.opcode == PING:
                self.send(PONG, one.payload)
            elif one.opcode != PONG:
                kind = one.opcode or kind
                got += one.payload
                if one.final:
                    return kind, got
        return None

    def closing(self, within: float | None = None) -> Frame | None:
        """The close of the server, after all that comes before it; ``None`` if there is none."""
        while (one := self.next(within)) is not None:
            if one.opcode == CLOSE:
                return one
            if one.opcode == PING:
                self.send(PONG, one.payload)
        return None

    def leave(self, code: int | None = None, reason: str = "") -> bool:
        """Close as a client should: send a close, wait for that of the server, and leave.

        Return whether the server answered in time.
        """
        self.close_with(code, reason)
        try:
            answered = self.closing(1.0) is not None
            self.http.ends(1.0)
        except FailedError:
            answered = False
        self.http.close()
        return answered

    def _exactly(self, size: int, within: float | None) -> bytes | None:
        got = b""
        while len(got) < size:
            data = self.http.read(within)
            if data is None:
                raise FailedError("the client waits for a frame")
            if not data:
                return None
            got += data
        self.http.give_back(got[size:])
        return got[:size]


def frame(opcode: int, payload: bytes, *, final: bool = True, masked: bool = True) -> bytes:
    """The bytes of a frame; the mask consists of zeros, which is allowed.

    >>> frame(TEXT, b"hi").hex(" ")
    '81 82 00 00 00 00 68 69'
    """
    size, mask = len(payload), 128 if masked else 0
    head = bytes([opcode | (128 if final else 0)])
    if size < 126:
        head += bytes([size | mask])
    elif size < 1 << 16:
        head += bytes([126 | mask]) + struct.pack("!H", size)
    else:
        head += bytes([127 | mask]) + struct.pack("!Q", size)
    return head + (bytes(4) if masked else b"") + payload
