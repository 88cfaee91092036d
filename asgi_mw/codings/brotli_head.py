"""Read from the first bytes of a brotli stream how much work it may ask for at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# Enough for all bits that are read here: 7 of the window, 4 of flags, 24 of the length
HEAD_BYTES = 5
_WIDEST = 24


class Head(NamedTuple):
    """What a stream says about itself.

    Attributes:
        least: It decodes to at least so many bytes.
        at_once: A decoder may have to make so many bytes before it gives any.
    """

    least: int
    at_once: int


def read_head(data: bytes) -> Head:
    """Read *data*, the start of a stream, by RFC 7932 9.1 and 9.2; if it is cut, the worst case.

    >>> read_head(bytes.fromhex("cfffff7ff827"))  # a window of 16 MiB, and as many bytes
    Head(least=16777216, at_once=16777216)
    >>> read_head(bytes.fromhex("5b9f86817f02"))  # one of 4 MiB, but these bytes are all
    Head(least=100000, at_once=100000)
    """
    bits, left = int.from_bytes(data[:HEAD_BYTES], "little"), 8 * min(len(data), HEAD_BYTES)

    def take(count: int) -> int:
        nonlocal bits, left
        value = bits & ((1 << count) - 1)
        bits >>= count
        left -= count
        return value

    window = 1 << _window_log(take)
    if left < 0:
        return Head(0, 1 << _WIDEST)
    is_last = take(1)
    if is_last and take(1):
        return Head(0, 0)  # ISLASTEMPTY: there is nothing
    nibbles = take(2)
    if nibbles == 3:  # metadata, after which anything may follow
        return Head(0, window)
    least = take(4 * (4 + nibbles)) + 1
    if left < 0:
        return Head(0, window)
    return Head(least, min(least, window) if is_last else window)


def _window_log(take: Callable[[int], int]) -> int:
    """WBITS: 1, 4 or 7 bits for a number from 10 to 24."""
    if not take(1):
        return 16
    if high := take(3):
        return 17 + high
    low = take(3)
    # No stream that is decoded here has a 1
    return 8 + low if low > 1 else 17 if low == 0 else _WIDEST
