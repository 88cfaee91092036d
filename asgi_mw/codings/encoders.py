"""Encode bodies: a whole one in one go, or a stream, whose flushed parts can be decoded at once."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from asgi_mw.codings.libraries import brotli, isal, zstd

if TYPE_CHECKING:
    from collections.abc import Callable

Piece: TypeAlias = "bytes | bytearray | memoryview"

# The levels that may be asked for
LEVELS = {
    "zstd": range(1, 20),  # higher ones need windows that RFC 9659 forbids on the web
    "br": range(12),
    "gzip": range(1, 10),
    "deflate": range(1, 10),
}
# What measured best, by `make bench`: size and time on JSON, HTML and JavaScript
_ZSTD_LEVEL, _BROTLI_QUALITY, _ZLIB_LEVEL, _ISAL_LEVEL = 3, 2, 5, 2
_ISAL_LEVELS = range(1, 4)  # it has no higher ones: zlib does those
_GZIP_BITS = 16  # added to zlib's window bits, they ask for a gzip header
# Making a context of zstd takes as long as encoding 10 KB, so it is used again
_REUSED_UP_TO, _MOST_SPARE = 262_144, 4
# A window of brotli that is larger than the body only costs time to make
_BROTLI_LEAST_BITS, _BROTLI_MOST_BITS = 10, 22
# About half a MiB of state.  These windows of 64 KiB make long bodies a few percent larger; with
# larger ones, zstd and brotli would take up to 3 MiB for each client that reads slowly
_STREAM_BITS = 16
# At most 64 KiB of state: windows of 4 KiB
_SMALL_BITS, _SMALL_MEMORY, _SMALL_LEVEL = 12, 5, 6


class Encoder(Protocol):
    """Encodes one stream; not for several threads at once."""

    def feed(self, piece: Piece, *, flush: bool = False) -> bytes:
        """Encode *piece*; with *flush*, the receiver can decode all that was fed so far."""

    def finish(self, piece: Piece = b"") -> bytes:
        """Encode the last *piece* and end the stream."""


def whole(coding: str, level: int | None = None) -> Callable[[Piece], bytes]:
    """A function that encodes a whole body; several threads may call it at once.

    Args:
        coding: ``"zstd"``, ``"br"``, ``"gzip"`` or ``"deflate"``.
        level: One of :data:`LEVELS`; ``None`` takes the one that measured best.

    Raises:
        MissingExtraError: The library is not installed.

    >>> zlib.decompress(whole("gzip")(b"hello"), 31)
    b'hello'
    """
    if coding == "zstd":
        return _whole_zstd(_ZSTD_LEVEL if level is None else level)
    if coding == "br":
        return _whole_brotli(_BROTLI_QUALITY if level is None else level)
    fast = isal()
    bits = zlib.MAX_WBITS + (_GZIP_BITS if coding == "gzip" else 0)
    if coding == "gzip" and fast is not None and (level is None or level in _ISAL_LEVELS):
        return _whole(fast, level or _ISAL_LEVEL, bits)
    return _whole(zlib, level or _ZLIB_LEVEL, bits)


def streaming(coding: str, level: int | None = None, *, small: bool) -> Callable[[], Encoder]:
    """A function that makes an :class:`Encoder` for one stream.

    Args:
        coding: ``"zstd"``, ``"br"``, ``"gzip"`` or ``"deflate"``.
        level: One of :data:`LEVELS`; ``None`` takes the one that measured best.
        small: Whether to keep at most 64 KiB of state per stream, for many streams that stay
            open; *level* then has no effect on brotli and zstd.

    Raises:
        MissingExtraError: The library is not installed.

    >>> encoder = streaming("gzip", small=True)()
    >>> decoder = zlib.decompressobj(31)
    >>> decoder.decompress(encoder.feed(b"hel", flush=True))
    b'hel'
    >>> decoder.decompress(encoder.finish(b"lo"))
    b'lo'
    """
    if coding == "zstd":
        return _streaming_zstd(level, small=small)
    if coding == "br":
        make = brotli().Compressor
        if small:
            return lambda: _Brotli(make(quality=1, lgwin=_SMALL_BITS))
        quality = _BROTLI_QUALITY if level is None else level
        return lambda: _Brotli(make(quality=quality, lgwin=_STREAM_BITS))
    header = _GZIP_BITS if coding == "gzip" else 0
    if small:
        bits = header + _SMALL_BITS
        chosen = level or _SMALL_LEVEL
        return lambda: _Zlib(zlib.compressobj(chosen, zlib.DEFLATED, bits, _SMALL_MEMORY))
    fast = isal()
    bits = header + zlib.MAX_WBITS
    if coding == "gzip" and fast is not None and (level is None or level in _ISAL_LEVELS):
        return lambda: _Zlib(fast.compressobj(level or _ISAL_LEVEL, zlib.DEFLATED, bits))
    return lambda: _Zlib(zlib.compressobj(level or _ZLIB_LEVEL, zlib.DEFLATED, bits))


def _whole(module: Any, level: int, bits: int) -> Callable[[Piece], bytes]:
    compress = module.compress
    return lambda body: compress(body, level, bits)


def _whole_brotli(quality: int) -> Callable[[Piece], bytes]:
    compress = brotli().compress

    def code(body: Piece) -> bytes:
        bits = min(max(len(body).bit_length(), _BROTLI_LEAST_BITS), _BROTLI_MOST_BITS)
        return compress(body, quality=quality, lgwin=bits)  # type: ignore[no-any-return]  # untyped

    return code


def _whole_zstd(level: int) -> Callable[[Piece], bytes]:
    module = zstd()
    compress, make = module.compress, module.ZstdCompressor
    end = make.FLUSH_FRAME
    spare: list[Any] = []

    def code(body: Piece) -> bytes:
        if len(body) > _REUSED_UP_TO:  # a spare one keeps the memory that its largest body took
            return compress(body, level)  # type: ignore[no-any-return]  # the module has no types
        try:
            coder = spare.pop()  # nobody else has it now, so threads are safe
        except IndexError:
            coder = make(level)
        coded: bytes = coder.compress(body, end)
        if len(spare) < _MOST_SPARE:
            spare.append(coder)
        return coded

    return code


def _streaming_zstd(level: int | None, *, small: bool) -> Callable[[], Encoder]:
    module = zstd()
    parameter = module.CompressionParameter
    if small:
        options = {
            parameter.compression_level: 1,
            parameter.window_log: _SMALL_BITS,
            parameter.hash_log: 10,
            parameter.chain_log: 10,
        }
    elif level is None:
        options = {
            parameter.compression_level: _ZSTD_LEVEL,
            parameter.window_log: _STREAM_BITS,
            parameter.hash_log: _STREAM_BITS - 1,
            parameter.chain_log: _STREAM_BITS - 1,
        }
    else:
        options = {parameter.compression_level: level}
    return lambda: _Zstd(module.ZstdCompressor(options=options))


class _Zlib:
    """An encoder of zlib or of isal."""

    def __init__(self, coder: Any) -> None:
        self._coder = coder

    def feed(self, piece: Piece, *, flush: bool = False) -> bytes:
        coded: bytes = self._coder.compress(piece)
        if flush:
            coded += self._coder.flush(zlib.Z_SYNC_FLUSH)
        return coded

    def finish(self, piece: Piece = b"") -> bytes:
        coded: bytes = self._coder.compress(piece) if piece else b""
        coded += self._coder.flush()
        return coded


class _Brotli:
    def __init__(self, coder: Any) -> None:
        self._coder = coder

    def feed(self, piece: Piece, *, flush: bool = False) -> bytes:
        coded: bytes = self._coder.process(piece)
        if flush:
            coded += self._coder.flush()
        return coded

    def finish(self, piece: Piece = b"") -> bytes:
        coded: bytes = self._coder.process(piece) if piece else b""
        coded += self._coder.finish()
        return coded


class _Zstd:
    def __init__(self, coder: Any) -> None:
        self._coder = coder

    def feed(self, piece: Piece, *, flush: bool = False) -> bytes:
        mode = self._coder.FLUSH_BLOCK if flush else self._coder.CONTINUE
        coded: bytes = self._coder.compress(piece, mode)
        return coded

    def finish(self, piece: Piece = b"") -> bytes:
        coded: bytes = self._coder.compress(piece, self._coder.FLUSH_FRAME)
        return coded
