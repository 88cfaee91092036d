"""Decode content codings in bounded steps, so that no body takes more time or memory than meant."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from asgi_mw.codings.brotli_head import HEAD_BYTES, read_head
from asgi_mw.codings.libraries import brotli, zstd
from asgi_mw.codings.stage import STEP, CorruptError, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.codings.encoders import Piece
    from asgi_mw.codings.stage import Decoder

_MEMBER_STEP = 512  # at the beginning of a member, which may be one of very many
# Beginning a member takes time as well: about as much as decoding this many bytes
_GZIP_MEMBER, _ZSTD_FRAME = 64, 1024
_MOST_FRAMES = 10_000
# RFC 9659 3: a receiver need not take windows of more than 8 MB
_ZSTD_WINDOW_LOG = 23
_DEFLATE_HEADER_BITS = 0x0F
# Brotli fills its window before it gives anything: 256 KiB take half a millisecond
_LIGHT = 1 << 18


def decoder(*codings: str) -> Decoder:
    """A decoder for a body to which *codings* were applied in that order.

    Raises:
        MissingExtraError: The library of one of them is not installed.
        KeyError: One of them is unknown here.

    >>> reading = decoder("gzip")
    >>> reading.feed(zlib.compress(bytes(9000), wbits=31), limit=4000) == bytes(4000)
    True
    >>> reading.pending, len(reading.feed(b"", limit=8000)), reading.pending
    (True, 5000, False)
    >>> reading.finish()
    """
    made: Decoder | None = None
    for coding in codings:
        one = _DECODERS[coding]()
        made = one if made is None else _Chain(one, made)
    if made is None:
        raise KeyError("no coding was named")
    return made


class _Gzip(Stage):
    """RFC 1952: members follow each other; zeros may fill up a block behind one of them."""

    coding, error = "gzip", zlib.error

    def __init__(self) -> None:
        super().__init__()
        self._member: Any = None
        self._members = 0

    def _step(self, data: Piece, limit: int) -> tuple[bytes, int]:
        self._cost = 0
        if self._member is None:
            if self._members and data[0] == 0:
                return b"", len(data) - len(bytes(data).lstrip(b"\0"))
            self._member = zlib.decompressobj(_GZIP)
            self._members += 1
            self._width, self._cost = _MEMBER_STEP, _GZIP_MEMBER
            data = data[:_MEMBER_STEP]
        plain = self._member.decompress(data, limit)
        if self._member.eof:
            used = len(data) - len(self._member.unused_data)
            self._member, self._more = None, False
        else:
            used = len(data) - len(self._member.unconsumed_tail)
            self._more = len(plain) == limit
            self._width = min(self._width * 4, STEP)
        return plain, used

    def _ended(self) -> bool:
        return self._member is None and self._members > 0


class _Deflate(Stage):
    """RFC 1950, or bare RFC 1951 as some senders do (RFC 9110 8.4.1.2)."""

    coding, error = "deflate", zlib.error

    def __init__(self) -> None:
        super().__init__()
        self._coder: Any = None

    def _step(self, data: Piece, limit: int) -> tuple[bytes, int]:
        if self._coder is None:
            wrapped = data[0] & _DEFLATE_HEADER_BITS == zlib.DEFLATED
            self._coder = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        plain = self._coder.decompress(data, limit)
        if self._coder.unused_data:
            raise CorruptError("something follows the deflate")
        self._more = len(plain) == limit and not self._coder.eof
        return plain, len(data) - len(self._coder.unconsumed_tail)

    def _ended(self) -> bool:
        return self._coder is not None and bool(self._coder.eof)


class _Brotli(Stage):
    """RFC 7932: one stream."""

    coding = "br"

    def __init__(self) -> None:
        super().__init__()
        library = brotli()
        self.error = library.error
        self._coder = library.Decompressor()
        self._left = memoryview(b"")  # it gives 32 KiB at least, whatever the limit
        self._head = b""
        self.heavy = True  # until its head is seen

    def _add(self, piece: bytes) -> None:
        super()._add(piece)
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]
            self.promised, at_once = read_head(self._head)
            self.heavy = at_once > _LIGHT

    def _step(self, data: Piece, limit: int) -> tuple[bytes, int]:
        if not self._left:
            if data and self._coder.is_finished():
                raise CorruptError("something follows the br")
            self._left = memoryview(self._coder.process(data, output_buffer_limit=1))
        plain, self._left = bytes(self._left[:limit]), self._left[limit:]
        # After a flush it says that it wants input, although it has more output: ask once more
        self._more = bool(plain) or not self._coder.can_accept_more_data()
        return plain, len(data)

    def _ended(self) -> bool:
        return bool(self._coder.is_finished())


class _Zstd(Stage):
    """RFC 8878: frames follow each other, some of them to be skipped."""

    coding = "zstd"

    def __init__(self) -> None:
        super().__init__()
        library = zstd()
        self.error = library.ZstdError
        options = {library.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        self._make: Callable[[], Any] = lambda: library.ZstdDecompressor(options=options)
        self._frame: Any = None
        self._frames = 0

    def _step(self, data: Piece, limit: int) -> tuple[bytes, int]:
        self._cost = 0
        if self._frame is None:
            if self._frames == _MOST_FRAMES:  # each takes 10 us to begin
                raise CorruptError("more frames than a body has")
            self._frame = self._make()
            self._frames += 1
            self._width, self._cost = _MEMBER_STEP, _ZSTD_FRAME
            data = data[:_MEMBER_STEP]
        plain = self._frame.decompress(data, limit)
        if self._frame.eof:
            used = len(data) - len(self._frame.unused_data)
            self._frame, self._more = None, False
        else:
            used = len(data)  # it keeps what it did not get to
            self._more = not self._frame.needs_input
            self._width = min(self._width * 4, STEP)
        return plain, used

    def _ended(self) -> bool:
        return self._frame is None and self._frames > 0


class _Chain:
    """Two stages: what *first* gives is what *second* decodes."""

    def __init__(self, first: Decoder, second: Decoder) -> None:
        self._first, self._second = first, second

    @property
    def pending(self) -> bool:
        return self._first.pending or self._second.pending

    @property
    def produced(self) -> int:
        return max(self._first.produced, self._second.produced)

    @property
    def promised(self) -> int:
        return max(self._first.promised, self._second.promised)

    @property
    def heavy(self) -> bool:
        return self._first.heavy or self._second.heavy

    def feed(self, piece: Piece, limit: int) -> bytes:
        # The first must not run ahead of the second, or what lies between them grows
        between = self._first.feed(piece, 0 if self._second.pending else STEP)
        return self._second.feed(between, limit)

    def finish(self) -> None:
        self._first.finish()
        self._second.finish()


_GZIP = zlib.MAX_WBITS + 16
_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
