"""Decode the content codings of a recorded body piece by piece, within a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asgi_mw.codings import CorruptError, decoder, library
from asgi_mw.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.codings import Decoder

_MOST_CODINGS = 3


class UndecodableError(ValueError):
    """A body cannot be decoded; the message says why."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The decoded pieces, one for each encoded one; *cut* if the limit ended them early."""

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

    >>> import zlib
    >>> decode([zlib.compress(b"hi")[:3], zlib.compress(b"hi")[3:]], ["deflate"], limit=9)
    Decoded(pieces=(b'', b'hi'), cut=False)
    """
    if not codings:
        return Decoded(tuple(pieces), cut=False)
    one = _decoder(codings)
    plain: list[bytes] = []
    left = limit
    for piece in pieces:
        try:
            # One byte beyond the limit shows whether a body just fits or does not
            plain.append(b"".join(_steps(one, piece, left + 1, limit)))
        except CorruptError as error:
            raise UndecodableError(str(error)) from error
        left -= len(plain[-1])
        if one.produced > limit:
            if left < 0:
                plain[-1] = plain[-1][:left]
            return Decoded((*plain, *[b""] * (len(pieces) - len(plain))), cut=True)
    return Decoded(tuple(plain), cut=False)


def _steps(one: Decoder, piece: bytes, most: int, limit: int) -> Iterator[bytes]:
    """What *piece* is decoded to, at most *most* bytes; nothing once a stage is beyond *limit*."""
    fed = piece
    while most > 0 and one.produced <= limit:
        plain = one.feed(fed, most)
        yield plain
        most -= len(plain)
        fed = b""
        if not one.pending:
            return


def _decoder(codings: Sequence[str]) -> Decoder:
    if len(codings) > _MOST_CODINGS:
        raise UndecodableError(f"more than {_MOST_CODINGS} content codings")
    try:
        return decoder(*codings)
    except KeyError as error:
        raise UndecodableError("its content coding is not known") from error
    except MissingExtraError as error:
        missing = next(coding for coding in codings if library(coding) is None)
        raise UndecodableError(f"{missing} is not installed") from error
