"""The decoder of one stream: its interface, and the steps that all codings share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from asgi_mw.errors import AsgiMwError

if TYPE_CHECKING:
    from asgi_mw.codings.encoders import Piece

# What one call decodes at most, in encoded bytes.  Small, because zlib copies what it leaves.
STEP = 16_384


class CorruptError(AsgiMwError, ValueError):
    """Bytes are not what their content coding says, or end too early."""


class Decoder(Protocol):
    """Decodes one stream; not for several threads at once."""

    @property
    def pending(self) -> bool:
        """More output may be left of what was fed: go on with ``feed(b"", limit)``."""

    @property
    def produced(self) -> int:
        """How many bytes came out so far; in a chain, of the stage that gave most."""

    @property
    def promised(self) -> int:
        """How many bytes come out at least, if that is known; in a chain, the most of any stage."""

    @property
    def heavy(self) -> bool:
        """The next step may take many milliseconds, however little it gives: run it in a thread."""

    def feed(self, piece: Piece, limit: int) -> bytes:
        """Decode a bounded part of *piece*, to at most *limit* bytes, which may be none.

        Raises:
            CorruptError: *piece* is not in that coding.
        """

    def finish(self) -> None:
        """Make sure that the stream has come to its end.

        Raises:
            CorruptError: It was cut.
        """


class Stage:
    """One coding: hands slices of what was fed to its library."""

    coding = ""
    error: type[Exception]
    pending = False
    produced = promised = 0
    heavy = False
    _more = False  # the library has output left, or may have
    _width = STEP  # of the next slice
    _cost = 0  # of the last step, in addition to the bytes that it used

    def __init__(self) -> None:
        self._fed = memoryview(b"")
        self._at = 0  # so much of it was used

    def feed(self, piece: Piece, limit: int) -> bytes:
        """See :meth:`Decoder.feed`."""
        if piece:
            self._add(piece if piece.__class__ is bytes else bytes(piece))
        parts = []
        got, budget = 0, STEP
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
            kept = max(0, self._at - STEP)  # the library may give back some of what it used last
            self._fed = memoryview(bytes(self._fed[kept:]) + piece)
            self._at -= kept
        else:
            self._fed, self._at = memoryview(piece), 0

    def finish(self) -> None:
        """See :meth:`Decoder.finish`."""
        if self.pending or not self._ended():
            raise CorruptError(f"the {self.coding} was cut")

    def _step(self, data: Piece, limit: int) -> tuple[bytes, int]:
        """Give the output of *data*, and how many more fed bytes are used; set ``_more``."""
        raise NotImplementedError

    def _ended(self) -> bool:
        raise NotImplementedError
