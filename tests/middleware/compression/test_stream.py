"""The coder alone: pieces in, coded bytes out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.codings import streaming, whole
from asgi_mw.middleware.compression.stream import SLICE, Coder, Coding, flat, sliced
from tests.middleware.compression.decoding import CODINGS, Decoder
from tests.tried import tried

MADE = {
    name: Coding(
        name.encode(), whole(name), streaming(name, small=False), streaming(name, small=True)
    )
    for name in CODINGS
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("open_ended", [True, False])
@tried(200)
@given(
    pieces=st.lists(st.binary(max_size=300) | st.just(b"abc" * 9000), min_size=1, max_size=8),
    pad=st.sampled_from([None, 0, 9]),
)
def test_what_goes_in_comes_out(
    coding: str, pieces: list[bytes], pad: int | None, *, open_ended: bool
) -> None:
    """Open-ended, after each piece; else after the first and the last one."""
    coder = Coder(MADE[coding], open_ended=open_ended, pad=pad)
    decoder = Decoder(coding.encode())
    for number, piece in enumerate(pieces, 1):
        last = number == len(pieces)
        plain = decoder.feed(coder.feed(piece, ends=True, last=last))
        if open_ended or last or number == 1:
            assert plain == b"".join(pieces[:number])
    assert decoder.ended


def test_a_piece_that_is_kept_for_later_is_a_copy() -> None:
    """The app may use its buffer again as soon as it was sent."""
    coder = Coder(MADE["gzip"], open_ended=False, pad=None)
    decoder = Decoder(b"gzip")
    buffer = bytearray(b"first ")
    decoder.feed(coder.feed(buffer, ends=True, last=False))
    for word in (b"second", b"third "):
        buffer[:] = word
        assert coder.feed(buffer, ends=True, last=False) == b""
        assert bytes(buffer) == word
    buffer[:] = b"forth "

    assert decoder.feed(coder.feed(b"", ends=True, last=True)) == b"first secondthird "


@pytest.mark.parametrize("size", [0, 1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE])
def test_slices_make_up_the_body(size: int) -> None:
    """None is longer than a slice, and the last one says so."""
    body = bytes(range(256)) * (size // 256 + 1)
    parts = list(sliced(body[:size]))

    assert b"".join(part for part, _ in parts) == body[:size]
    assert all(len(part) <= SLICE for part, _ in parts)
    assert [ends for _, ends in parts] == [False] * (len(parts) - 1) + [True]


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (b"abcd", 4),
        (bytearray(b"abcd"), 4),
        (memoryview(b"abcd"), 4),
        (memoryview(b"abcd").cast("H"), 4),
        (memoryview(b"abcd")[::2], 2),
        (memoryview(b"abcd").cast("B", (2, 2)), 4),
        (memoryview(b""), 0),
        ("text", None),
        (None, None),
        (4, None),
        ([b"a"], None),
    ],
)
def test_a_body_is_as_long_as_its_bytes(body: Any, size: int | None) -> None:
    """Or it is none."""
    found = flat(body)

    assert (None if found is None else len(found)) == size
