"""Code one body as it comes: pieces in, coded bytes out, without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.middleware.compression import padding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.codings import Encoder

Piece: TypeAlias = "bytes | bytearray | memoryview"

# What is coded at a time: what comes out of it is all that is ever held back of a response
SLICE = 131_072


@dataclass(frozen=True, slots=True)
class Coding:
    """One content coding, ready to be used.

    Attributes:
        name: As ``Content-Encoding`` has it.
        whole: Codes a body that is there.
        stream: Makes an encoder for a body of known length.
        small: Makes one with little state, for a body that may take any time to come.
    """

    name: bytes
    whole: Callable[[Piece], bytes]
    stream: Callable[[], Encoder]
    small: Callable[[], Encoder]


class Coder:
    """Codes the body of one response.

    Args:
        coding: Which one.
        flush: Whether the client can decode each message when it has it; else only the first.
        small: Whether to take little memory.
        pad: How many random bytes to add at most; ``None`` for nothing.
    """

    __slots__ = ("_encoder", "_first", "_flush", "_name", "_pad")

    def __init__(self, coding: Coding, *, flush: bool, small: bool, pad: int | None) -> None:
        self._encoder = coding.small() if small else coding.stream()
        self._name = coding.name
        self._flush = flush
        self._pad = None if pad is None else padding.amount(pad)
        self._first = True

    def feed(self, piece: Piece, *, ends: bool, last: bool) -> bytes:
        """Code *piece*.

        Args:
            piece: Of the body.
            ends: Whether the message ends with it.
            last: Whether the body ends with it.
        """
        if self._pad is not None:
            return self._padded(piece, self._pad, ends=ends, last=last)
        if last:
            return self._encoder.finish(piece)
        # What comes with the start is never held back, so that the client sees the response begin
        flush = (self._flush and ends) or self._first
        self._first = False
        return self._encoder.feed(piece, flush=flush)

    def _padded(self, piece: Piece, pad: int, *, ends: bool, last: bool) -> bytes:
        encoder = self._encoder
        if not self._first:
            coded = (
                encoder.finish(piece) if last else encoder.feed(piece, flush=self._flush and ends)
            )
        else:
            self._first = False
            coded = encoder.feed(piece, flush=True)
            if self._name == b"gzip":
                coded = padding.gzip(coded, pad)
            elif self._name == b"br":
                coded += padding.br(pad)
            if last:
                coded += encoder.finish()
        return coded + padding.zstd(pad) if last and self._name == b"zstd" else coded


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
