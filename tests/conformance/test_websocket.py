"""The client of WebSocket: frames out, frames in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.conformance.check import FailedError
from asgi_mw.conformance.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    Frame,
    WebSocket,
    frame,
)


class Bytes:
    """In place of a connection: what the server sends, in pieces, and what goes there."""

    def __init__(self, sent: bytes, piece: int = 1 << 20) -> None:
        self._pieces = [sent[n : n + piece] for n in range(0, len(sent), piece)]
        self.written = b""

    def read(self, within: float | None = None) -> bytes | None:
        """The next piece; empty at the end."""
        return self._pieces.pop(0) if self._pieces else b""

    def give_back(self, data: bytes) -> None:
        """Put it back."""
        if data:
            self._pieces.insert(0, data)

    def write(self, data: bytes) -> None:
        """Note it."""
        self.written += data


def client(sent: bytes, piece: int = 1 << 20) -> tuple[WebSocket, Bytes]:
    """A client that is sent that."""
    wire = Bytes(sent, piece)
    return WebSocket(wire), wire  # type: ignore[arg-type]  # all of a connection that is used


@given(
    st.lists(
        st.tuples(
            st.sampled_from([CONTINUATION, TEXT, BINARY, CLOSE, PING]),
            st.binary(max_size=130) | st.sampled_from([b"x" * 126, b"x" * 300]),
            st.booleans(),
        ),
        max_size=4,
    ),
    st.integers(1, 300),
)
def test_frames_are_read_as_they_were_made(
    frames: list[tuple[int, bytes, bool]], piece: int
) -> None:
    """Of each length, cut anywhere."""
    sent = b"".join(frame(op, data, final=final, masked=False) for op, data, final in frames)
    reader, _ = client(sent, piece)

    assert [reader.next() for _ in frames] == [Frame(*one) for one in frames]
    assert reader.next() is None


def test_a_message_is_put_together_and_a_ping_is_answered() -> None:
    """The ping stands between its fragments."""
    parts = [(TEXT, b"one ", False), (PING, b"?", True), (CONTINUATION, b"two", True)]
    sent = b"".join(frame(op, data, final=final, masked=False) for op, data, final in parts)
    reader, wire = client(sent + frame(CLOSE, b"\x0f\xa0bye", masked=False))

    assert reader.message() == (TEXT, b"one two")
    assert wire.written == bytes.fromhex("8a810000000000")[:-1] + b"?"
    closing = reader.closing()
    assert closing is not None
    assert (closing.code, closing.reason) == (4000, "bye")


def test_a_close_may_have_no_code() -> None:
    """And the end may come without a close, or within a frame."""
    reader, _ = client(frame(CLOSE, b"", masked=False))
    closing = reader.closing()

    assert closing is not None
    assert (closing.code, closing.reason) == (None, "")
    assert reader.closing() is None
    assert client(frame(TEXT, b"cut", masked=False)[:-1])[0].next() is None


def test_a_server_that_masks_is_wrong() -> None:
    """By RFC 6455, section 5.1."""
    with pytest.raises(FailedError, match="is masked"):
        client(frame(TEXT, b"hello"))[0].next()


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536])
def test_a_length_is_written_in_as_few_bytes_as_it_needs(size: int) -> None:
    """And read again."""
    head = {125: 2, 126: 4, 65_535: 4, 65_536: 10}[size]
    made = frame(BINARY, b"x" * size, masked=False)

    assert len(made) == head + size
    assert client(made)[0].next() == Frame(BINARY, b"x" * size)
