"""Read content codings in bounded steps, so that no body takes more time or room than was meant."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Protocol

from asgi_mw.codings.libraries import brotli, zstd
from asgi_mw.errors import AsgiMwError

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.codings.encoders import Piece

# What one call decodes at most, in coded bytes.  It is small because zlib copies what it leaves.
_STEP = 16_384
_MEMBER_STEP = 512  # at the beginning of a member, which may be one of very many
# To begin a member takes time as well: as much as decoding this many bytes, about
_GZIP_MEMBER, _ZSTD_FRAME = 64, 1024
_MOST_FRAMES = 10_000
# RFC 9659 3: a receiver need not take windows of more than 8 MB
_ZSTD_WINDOW_LOG = 23
_DEFLATE_HEADER_BITS = 0x0F


class CorruptError(AsgiMwError, ValueError):
    """Bytes are not what their content coding says, or end too early."""


class Decoder(Protocol):
    """Decodes one stream; not for several threads at once."""

    @property
    def pending(self) -> bool:
        """There is more to be had from what was fed: go on with ``feed(b"", limit)``."""

    @property
    def produced(self) -> int:
        """How many bytes came out so far; in a chain, of the stage that gave most."""

    def feed(self, piece: Piece, limit: int) -> bytes:
        """Decode a bounded part of *piece*, to at most *limit* bytes, which may be none.

        Raises:
            CorruptError: *piece* is not so coded.
        """

    def finish(self) -> None:
        """Make sure that the stream has come to its end.

        Raises:
            CorruptError: It was cut.
        """


def decoder(*codings: str) -> Decoder:
    """A decoder for a body to which *codings* were applied in that order.

    Raises:
        MissingExtraError: The library of one of them is not installed.
        KeyError: One of them is none that is known here.

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


class _Stage:
    """One coding: hands slices of what was fed to its library."""

    coding = ""
    error: type[Exception]
    pending = False
    produced = 0
    _more = False  # the library has output left, or may have
    _width = _STEP  # of the next slice
    _cost = 0  # of the last step, beside the bytes that it used

    def __init__(self) -> None:
        self._fed = memoryview(b"")
        self._at = 0  # so much of it was used

    def feed(self, piece: Piece, limit: int) -> bytes:
        if piece:
            self._add(piece if piece.__class__ is bytes else bytes(piece))
        parts = []
        got, budget = 0, _STEP
        while got < limit and budget > 0 and (self._more or self._at < len(self._fed)):
            taken = b"" if self._more else self._fed[self._at : self._at + self._width]
            try:
                plain, used = self._step(taken, limit - got)
            except self.error as error:
                raise CorruptError(f"the body is no {self.coding}") from error
            self._at += used
            self._more = self._more and bool(plain or taken)
            budget -= max(used, 1) + self._cost
            got += len(plain)
            parts.append(plain)
        self.pending = self._more or self._at < len(self._fed)
        self.produced += got
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _add(self, piece: bytes) -> None:
        if self.pending:
            kept = max(0, self._at - _STEP)  # the library may give back of what it used last
            self._fed = memoryview(bytes(self._fed[kept:]) + piece)
            self._at -= kept
        else:
            self._fed, self._at = memoryview(piece), 0

    def finish(self) -> None:
        if self.pending or not self._ended():
            raise CorruptError(f"the {self.coding} was cut")

    def _step(self, data: Piece, limit: int) -> tuple[bytes, int]:
        """What *data* brings, and by how much that was fed is used more; sets ``_more``."""
        raise NotImplementedError

    def _ended(self) -> bool:
        raise NotImplementedError


class _Gzip(_Stage):
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
            self._width = min(self._width * 4, _STEP)
        return plain, used

    def _ended(self) -> bool:
        return self._member is None and self._members > 0


class _Deflate(_Stage):
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


class _Brotli(_Stage):
    """RFC 7932: one stream."""

    coding = "br"

    def __init__(self) -> None:
        super().__init__()
        library = brotli()
        self.error = library.error
        self._coder = library.Decompressor()
        self._left = memoryview(b"")  # it gives 32 KiB at least, whatever the limit

    def _step(self, data: Piece, limit: int) -> tuple[bytes, int]:
        if not self._left:
            if data and self._coder.is_finished():
                raise CorruptError("something follows the br")
            self._left = memoryview(self._coder.process(data, output_buffer_limit=1))
        plain, self._left = bytes(self._left[:limit]), self._left[limit:]
        # Behind a flush it says that it wants input, though it has more output: so ask once more
        self._more = bool(plain) or not self._coder.can_accept_more_data()
        return plain, len(data)

    def _ended(self) -> bool:
        return bool(self._coder.is_finished())


class _Zstd(_Stage):
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
            self._width = min(self._width * 4, _STEP)
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

    def feed(self, piece: Piece, limit: int) -> bytes:
        # The first must not run ahead of the second, or what lies between them grows
        between = self._first.feed(piece, 0 if self._second.pending else _STEP)
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
