"""Hide the length of a compressed body, so that it does not reveal what was compressed (BREACH).

An attacker who can put text into a page beside a secret learns from its compressed length whether
the text is like the secret (`BREACH <https://breachattack.com/>`_).  Each coding has a place for
bytes that decoders skip; a random number of them there blurs the difference.  An attacker who may
ask very often can still average it out.
"""

from __future__ import annotations

from os import urandom

# What fits into one byte of brotli's length
MOST = 255
# Whole bodies are padded to multiples of it: most guesses of an attacker then have the same length
_STEP = 32
_GZIP_HEADER_BYTES = 10
_GZIP_COMMENT = 16
_SKIPPABLE = b"\x50\x2a\x4d\x18"


def amount(most: int, size: int | None = None) -> int:
    """How many bytes to add: a random number from 0 to *most*.

    Where the *size* of the body is known it is brought to a multiple of a step, and then a
    random number of steps is added.

    >>> (100 + amount(255, 100)) % 32
    0
    """
    if size is None or most < 2 * _STEP - 1:
        return _below(most + 1)
    return -size % _STEP + _STEP * _below((most + 1) // _STEP)


def _below(bound: int) -> int:
    return int.from_bytes(urandom(4)) % bound


def gzip(coded: bytes, size: int) -> bytes:
    """*coded*, the beginning of a gzip with its whole header, with a comment of *size* bytes.

    The flag and the field are those of RFC 1952 2.3.

    >>> import zlib
    >>> zlib.decompress(gzip(zlib.compress(b"hello", wbits=31), 20), 31)
    b'hello'
    """
    flags = bytes([coded[3] | _GZIP_COMMENT])
    header, rest = coded[4:_GZIP_HEADER_BYTES], coded[_GZIP_HEADER_BYTES:]
    return b"".join((coded[:3], flags, header, b"x" * size, b"\0", rest))


def br(size: int) -> bytes:
    """A metadata block of *size* + 3 bytes (RFC 7932 9.2), to stand after any flush of a brotli.

    >>> len(br(0)), len(br(255))
    (3, 258)
    """
    # From the lowest bit: not last, 3 for "metadata", reserved, one byte of length, length - 1
    header = 0b01_0_11_0 | size << 6
    return header.to_bytes(2, "little") + bytes(size + 1)


def zstd(size: int) -> bytes:
    """A skippable frame with *size* bytes (RFC 8878 3.1.2), to stand behind the last frame.

    >>> len(zstd(0)), len(zstd(255))
    (8, 263)
    """
    return _SKIPPABLE + size.to_bytes(4, "little") + bytes(size)
