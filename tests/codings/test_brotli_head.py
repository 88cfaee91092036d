"""The first bytes of a brotli stream say how much work it asks for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asgi_mw.codings.brotli_head import HEAD_BYTES, Head, read_head

brotli: Any = import_module("brotli")

WORST = 1 << 24
STREAMS = {
    "16 MiB in 14 bytes": ("cfffff7ff827", Head(1 << 24, 1 << 24)),
    "all of it in one block": ("5b9f86817f02", Head(100_000, 100_000)),
    "blocks of a small window": ("a3ffff837f02", Head(1 << 19, 1 << 18)),
    "nothing": ("06", Head(0, 0)),
    "one bit of the window": ("0c", Head(0, 1 << 16)),
    "large windows are no RFC 7932": ("11" + "00" * 4, Head(1, WORST)),
    "cut in the length": ("cfff", Head(0, 1 << 24)),
    "no byte yet": ("", Head(0, WORST)),
}


@pytest.mark.parametrize(("stream", "head"), STREAMS.values(), ids=STREAMS)
def test_a_head_is_read_by_the_rfc(stream: str, head: Head) -> None:
    """RFC 7932 9.1 and 9.2, bit by bit."""
    assert head == read_head(bytes.fromhex(stream))


@given(
    size=st.integers(0, 300_000),
    noise=st.binary(max_size=100),
    window=st.integers(10, 24),
    quality=st.integers(0, 11),
    flushed=st.booleans(),
)
@example(size=1 << 24, noise=b"", window=24, quality=5, flushed=False)
def test_it_never_promises_what_does_not_come(
    *, size: int, noise: bytes, window: int, quality: int, flushed: bool
) -> None:
    """And the decoder fills no more at once than the window."""
    plain = noise + bytes(size)
    coder = brotli.Compressor(lgwin=window, quality=quality)
    stream = coder.process(plain) + (coder.flush() if flushed else b"") + coder.finish()
    head = read_head(stream)

    assert head.least <= len(plain)
    assert head.at_once <= 1 << max(window, 18)  # which the fastest qualities take at least


@given(data=st.binary(max_size=HEAD_BYTES))
def test_more_bytes_never_say_worse(data: bytes) -> None:
    """A head that comes in pieces is taken for the worst it may be."""
    heads = [read_head(data[:length]) for length in range(len(data) + 1)]

    assert heads == sorted(heads, key=lambda head: (head.least, -head.at_once))


def test_what_follows_the_head_is_not_read() -> None:
    """It may be anything."""
    head = bytes.fromhex("cfffff7ff8")

    assert read_head(head) == read_head(head + b"\xff" * 100)
