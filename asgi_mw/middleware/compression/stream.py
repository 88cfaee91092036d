"""Compress one body as it comes: pieces in, compressed bytes out, without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.middleware.compression import padding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.codings import Encoder

Piece: TypeAlias = "bytes | bytearray | memoryview"

# Bytes that are compressed at a time: only what they become is ever held back of a response
SLICE = 131_072
# Bytes that take about a millisecond at an easy level, even as digits, which are hard on zlib
INLINE = 16_384
# Smaller pieces of a body that need not be flushed are joined first: some encoders write something
# for each piece
_GATHERED = 16_384


@dataclass(frozen=True, slots=True)
class Coding:
    """One content coding, ready to be used.

    Attributes:
        name: Its name in ``Content-Encoding``.
        whole: Compresses a body that is there as a whole.
        stream: Makes an encoder for a body of known length.
        small: Makes one with little state, for a body that may take any time to come.
        inline: The most bytes that take a few milliseconds at most; more go to a thread.
    """

    name: bytes
    whole: Callable[[Piece], bytes]
    stream: Callable[[], Encoder]
    small: Callable[[], Encoder]
    inline: int = INLINE


class Coder:
    """Compresses the body of one response.

    Args:
        coding: Which one.
        open_ended: Whether nobody knows how long the body will take.  The client can then decode
            each message when it has it, and the coder keeps little in memory.  Otherwise only the
            first message can be decoded at once, and the others are coalesced.
        pad: How many random bytes to add at most; ``None`` for nothing.

    Attributes:
        name: The name of the coding in ``Content-Encoding``.
        inline: The most bytes that take a few milliseconds at most.
    """

    __slots__ = ("_encoder", "_first", "_flush", "_gathered", "_pad", "inline", "name")

    def __init__(self, coding: Coding, *, open_ended: bool, pad: int | None) -> None:
        self._encoder = coding.small() if open_ended else coding.stream()
        self.name = coding.name
        self.inline = coding.inline
        self._flush = open_ended
        self._pad = pad
        self._first = True
        self._gathered = bytearray()

    def feed(self, piece: Piece, *, ends: bool, last: bool) -> bytes:
        """Compress *piece*; the result may be empty.

        Args:
            piece: A piece of the body.
            ends: Whether the message ends with it.
            last: Whether the body ends with it.
        """
        if self._first:
            self._first = False
            coded = self._begin(piece, last=last)
        else:
            gathered = self._gathered
            if gathered:
                gathered += piece
                piece = gathered
            if not (last or self._flush or len(piece) >= _GATHERED):
                self._gathered = gathered or bytearray(piece)
                return b""
            self._gathered = bytearray()
            flush = self._flush and ends
            coded = self._encoder.finish(piece) if last else self._encoder.feed(piece, flush=flush)
            if last and self._pad is not None and self.name == b"zstd":
                coded += padding.zstd(padding.amount(self._pad))
        return coded

    def _begin(self, piece: Piece, *, last: bool) -> bytes:
        """Compress the first piece, and hold nothing back: the client sees the response begin."""
        if self._pad is not None:
            return self._begin_padded(piece, self._pad, last=last)
        return self._encoder.finish(piece) if last else self._encoder.feed(piece, flush=True)

    def _begin_padded(self, piece: Piece, most: int, *, last: bool) -> bytes:
        """Pad the first piece: gzip in its header, brotli after a flush, zstd after its end."""
        encoder = self._encoder
        if self.name == b"br":
            coded = encoder.feed(piece, flush=True)
            end = encoder.finish() if last else b""
            size = len(coded) + len(padding.br(0)) + len(end) if last else None
            return coded + padding.br(padding.amount(most, size)) + end
        coded = encoder.finish(piece) if last else encoder.feed(piece, flush=True)
        if self.name == b"gzip":
            size = len(coded) + 1 if last else None
            return padding.gzip(coded, padding.amount(most, size))
        if last:
            coded += padding.zstd(padding.amount(most, len(coded) + len(padding.zstd(0))))
        return coded


def sliced(body: Piece) -> Iterator[tuple[Piece, bool]]:
    """*body* in slices of at most :data:`SLICE` bytes, each with whether it is the last one.

    >>> [(len(part), ends) for part, ends in sliced(bytes(SLICE + 5))]
    [(131072, False), (5, True)]
    """
    size = len(body)
    if size <= SLICE:
        yield body, True
        return
    view = memoryview(body)
    for begin in range(0, size, SLICE):
        end = begin + SLICE
        yield view[begin:end], end >= size


def flat(body: object) -> Piece | None:
    """*body* as something whose length is its size in bytes; ``None`` if it is no bytes at all.

    >>> flat(memoryview(b"abcd")[::2]), flat("text") is None
    (b'ac', True)
    """
    if isinstance(body, (bytes, bytearray)):
        return body
    if isinstance(body, memoryview):
        return body.cast("B") if body.c_contiguous and body.ndim == 1 else body.tobytes()
    return None
