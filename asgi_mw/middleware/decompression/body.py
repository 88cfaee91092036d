"""Decode one request body, without I/O: encoded pieces in, bounded decoded pieces out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.codings import CorruptError, decoder
from asgi_mw.middleware.decompression.policy import GRACE

if TYPE_CHECKING:
    from asgi_mw.middleware.decompression.policy import Policy

# What one message to the app holds at most, in bytes
PIECE = 65_536


class RefusedError(Exception):
    """A body is refused.

    Attributes:
        status: 400 or 413.
        why: Which limit it was, for the log; the client does not get it.
    """

    def __init__(self, status: int, text: str, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(text)


class Body:
    """Decodes what it is fed, a step at a time.

    Attributes:
        over: All of the body was fed, and it was complete.
    """

    over = False

    def __init__(self, policy: Policy, names: list[bytes]) -> None:
        self._decoder = decoder(*(policy.accepted[name] for name in names))
        self._max_size, self._max_ratio = policy.max_size, policy.max_ratio
        self._most_coded = policy.most_coded
        self._coded = 0
        self._last = False

    @property
    def pending(self) -> bool:
        """There is something to do for :meth:`step`."""
        return self._decoder.pending or (self._last and not self.over)

    @property
    def heavy(self) -> bool:
        """The next :meth:`step` may take many milliseconds."""
        return self._decoder.heavy

    def feed(self, piece: bytes, *, last: bool) -> None:
        """Take *piece*; nothing of it is decoded yet."""
        self._coded += len(piece)
        self._last = self._last or last
        self._decoder.feed(piece, 0)

    def step(self) -> bytes:
        """Decode a bounded part, to at most 64 KiB, possibly to nothing.

        Raises:
            RefusedError: The body is not encoded as declared, cut, or over a limit.
        """
        self._check()
        one_too_many = self._max_size - self._decoder.produced + 1
        try:
            plain = self._decoder.feed(b"", min(PIECE, max(one_too_many, 1)))
            if self._last and not self._decoder.pending:
                if self._coded:  # no content at all needs no end
                    self._decoder.finish()
                self.over = True
        except CorruptError as error:
            raise RefusedError(400, str(error), str(error)) from error
        self._check()
        return plain

    def _check(self) -> None:
        """Hold every stage to the limits: what passes between two of them takes time as well."""
        promised, produced = self._decoder.promised, self._decoder.produced
        if max(promised, produced) > self._max_size:
            why = f"the decoded body is over max_size={self._max_size}"
            raise RefusedError(413, "the decoded body is too large", why)
        if self._last:
            produced = max(promised, produced)
        if produced > GRACE and produced > self._max_ratio * self._coded:
            why = f"the decoded body is over max_ratio={self._max_ratio} times the coded one"
            raise RefusedError(413, "the body is much larger decoded than coded", why)
        if self._coded > self._most_coded:
            why = f"the coded body is over {self._most_coded} bytes, by max_size={self._max_size}"
            raise RefusedError(413, "the coded body is too large", why)
