"""Decode the content codings of a recorded body piece by piece, within a limit."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST_CODINGS = 3
_MOST_MEMBERS = 64  # of one piece: going on to the next copies the rest of it
_DEFLATE_HEADER_BITS = 0x0F


class UndecodableError(ValueError):
    """A body cannot be decoded; the message says why."""


class Decoder(Protocol):
    """Turns coded pieces into plain ones."""

    def feed(self, piece: bytes, limit: int) -> bytes:
        """Return what *piece* brings, at most *limit* bytes; the rest is lost."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The plain pieces, one for each coded one; *cut* if the limit ended them early."""

    pieces: tuple[bytes, ...]
    cut: bool


def codings_of(content_encoding: str) -> list[str]:
    """List the codings in the order they were applied, without ``identity``.

    >>> codings_of("GZIP, identity, br")
    ['gzip', 'br']
    """
    names = [name.strip().lower().removeprefix("x-") for name in content_encoding.split(",")]
    return [name for name in names if name not in {"", "identity"}]


def decode(pieces: Sequence[bytes], codings: Sequence[str], *, limit: int) -> Decoded:
    """Decode *pieces*, stopping after *limit* bytes of any stage.

    The end of the stream may be missing.

    Raises:
        UndecodableError: A coding is unknown, not installed, or not what the bytes are.

    >>> decode([zlib.compress(b"hi")[:3], zlib.compress(b"hi")[3:]], ["deflate"], limit=9)
    Decoded(pieces=(b'', b'hi'), cut=False)
    """
    if len(codings) > _MOST_CODINGS:
        raise UndecodableError(f"more than {_MOST_CODINGS} content codings")
    stages = [(_decoder(coding), coding) for coding in reversed(codings)]
    left = [limit] * len(stages)
    plain = []
    for piece in pieces:
        data = piece
        for index, (decoder, coding) in enumerate(stages):
            # One byte beyond the limit tells a body that just fits from one that does not.
            try:
                data = decoder.feed(data, left[index] + 1) if data else b""
            except Exception as error:  # each library has its own errors
                raise UndecodableError(f"the body is no {coding}") from error
            left[index] -= len(data)
        if min(left, default=0) < 0:
            plain.append(data[: len(data) + left[-1]] if left[-1] < 0 else data)
            return Decoded((*plain, *[b""] * (len(pieces) - len(plain))), cut=True)
        plain.append(data)
    return Decoded(tuple(plain), cut=False)


class _Zlib:
    """gzip (RFC 1952, several members) and deflate (RFC 1950, or bare as some senders do)."""

    def __init__(self, *, gzip: bool) -> None:
        self.gzip = gzip
        self.decoder: Any = zlib.decompressobj(31) if gzip else None

    def feed(self, piece: bytes, limit: int) -> bytes:
        if self.decoder is None:
            wrapped = piece[0] & _DEFLATE_HEADER_BITS == zlib.DEFLATED
            self.decoder = zlib.decompressobj(15 if wrapped else -15)
        plain = self.decoder.decompress(piece, limit)
        members = 0
        while self.gzip and self.decoder.eof and len(plain) < limit:
            rest = self.decoder.unused_data
            if not rest.startswith(b"\x1f"):  # nothing, or padding after the last member
                break
            members = _counted(members)
            self.decoder = zlib.decompressobj(31)
            plain += self.decoder.decompress(rest, limit - len(plain))
        return bytes(plain)


class _Brotli:
    def __init__(self) -> None:
        self.decoder = import_module("brotli").Decompressor()
        try:
            self.decoder.process(b"", output_buffer_limit=1)
        except TypeError as error:  # brotli before 1.2 cannot be bounded
            raise ImportError("brotli is older than 1.2") from error

    def feed(self, piece: bytes, limit: int) -> bytes:
        plain = self.decoder.process(piece, output_buffer_limit=limit)
        while len(plain) < limit and not self.decoder.can_accept_more_data():
            more = self.decoder.process(b"", output_buffer_limit=limit - len(plain))
            if not more:
                break
            plain += more
        return bytes(plain[:limit])


class _Zstd:
    """RFC 8878; frames may follow each other."""

    def __init__(self) -> None:
        try:
            self.make = import_module("compression.zstd").ZstdDecompressor
        except ImportError:
            self.make = import_module("backports.zstd").ZstdDecompressor
        self.decoder = self.make()

    def feed(self, piece: bytes, limit: int) -> bytes:
        plain = b""
        frames = 0
        while piece:
            frames = _counted(frames)
            if self.decoder.eof:
                self.decoder = self.make()
            plain += self.decoder.decompress(piece, limit - len(plain))
            if len(plain) >= limit:
                break
            piece = self.decoder.unused_data if self.decoder.eof else b""
        return plain


def _counted(members: int) -> int:
    if members == _MOST_MEMBERS:
        raise UndecodableError("more members than a body has")
    return members + 1


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: _Zlib(gzip=True),
    "deflate": lambda: _Zlib(gzip=False),
    "br": _Brotli,
    "zstd": _Zstd,
}


def _decoder(coding: str) -> Decoder:
    make = _DECODERS.get(coding)
    if make is None:
        raise UndecodableError("its content coding is not known")
    try:
        return make()
    except ImportError as error:
        raise UndecodableError(f"{coding} is not installed") from error
