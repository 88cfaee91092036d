"""Decoding gives what was coded, in bounded steps, and refuses what is not whole."""

from __future__ import annotations

import gzip
import sys
import zlib
from itertools import cycle
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_mw.codings import LEVELS, CorruptError, decoder, streaming, whole
from asgi_mw.errors import MissingExtraError
from tests.tried import tried

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from asgi_mw.codings import Decoder

PLAIN = bytes(range(256)) * 400
SKIPPABLE = b"\x50\x2a\x4d\x18" + b"\x03\0\0\0" + b"pad"
BODIES = {
    "gzip": (["gzip"], gzip.compress(PLAIN)),
    "gzip members": (
        ["gzip"],
        gzip.compress(PLAIN[:9]) + gzip.compress(b"") + gzip.compress(PLAIN[9:]),
    ),
    "gzip padded": (["gzip"], gzip.compress(PLAIN) + bytes(1000)),
    "deflate": (["deflate"], zlib.compress(PLAIN)),
    "deflate bare": (["deflate"], zlib.compress(PLAIN, wbits=-15)),
    "br": (["br"], brotli.compress(PLAIN)),
    "zstd": (["zstd"], zstd.compress(PLAIN)),
    "zstd frames": (
        ["zstd"],
        SKIPPABLE + zstd.compress(PLAIN[:9]) + SKIPPABLE + zstd.compress(PLAIN[9:]),
    ),
    "chain": (["deflate", "gzip"], gzip.compress(zlib.compress(PLAIN))),
    "chain of three": (
        ["br", "zstd", "gzip"],
        gzip.compress(zstd.compress(brotli.compress(PLAIN))),
    ),
}
each_body = pytest.mark.parametrize(("codings", "body"), BODIES.values(), ids=BODIES)


def drain(one: Decoder, piece: bytes, limit: int = 65_536) -> list[bytes]:
    """All that *piece* brings, step by step."""
    steps = [one.feed(piece, limit)]
    while one.pending:
        steps.append(one.feed(b"", limit))
    return steps


def read(codings: list[str], pieces: list[bytes], limit: int = 65_536) -> list[bytes]:
    """All steps of a whole body."""
    one = decoder(*codings)
    steps = [step for piece in pieces for step in drain(one, piece, limit)]
    one.finish()
    return steps


@each_body
@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
def test_any_pieces_give_the_whole(codings: list[str], body: bytes, size: int) -> None:
    """Whatever size they have."""
    steps = read(codings, [body[at : at + size] for at in range(0, len(body), size)])

    assert b"".join(steps) == PLAIN


@each_body
@pytest.mark.parametrize("limit", [1, 100, 40_000])
def test_no_step_gives_more_than_its_limit(codings: list[str], body: bytes, limit: int) -> None:
    """The rest comes later."""
    one = decoder(*codings)
    steps = drain(one, body, limit)
    one.finish()

    assert b"".join(steps) == PLAIN
    assert max(map(len, steps)) <= limit
    assert one.produced >= len(PLAIN)


@each_body
def test_pieces_may_be_fed_before_the_last_is_done(codings: list[str], body: bytes) -> None:
    """What is pending comes first."""
    one = decoder(*codings)
    plain = [one.feed(bytearray(body[at : at + 99]), 10) for at in range(0, len(body), 99)]
    plain += drain(one, b"")

    assert b"".join(plain) == PLAIN


@each_body
def test_a_cut_body_is_told(codings: list[str], body: bytes) -> None:
    """At whichever byte, at the end or before."""
    for length in {0, 1, len(body) // 3, len(body.rstrip(b"\0")) - 9}:
        with pytest.raises(CorruptError):
            read(codings, [body[:length]])


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b"no gzip"),
        ("gzip", b"\0" + gzip.compress(b"x")),
        ("gzip", gzip.compress(b"x") + b"more"),
        ("gzip", gzip.compress(b"x")[:-8] + bytes(8)),
        ("deflate", b"\xff\xff\xff"),
        ("deflate", zlib.compress(b"x") + b"more"),
        ("deflate", b"\x78\xbb" + bytes(9)),
        ("br", b"\xff" * 9),
        ("br", brotli.compress(b"x") + b"more"),
        ("zstd", b"no zstd"),
        ("zstd", zstd.compress(b"x") + b"more"),
        ("zstd", zstd.compress(b"") * 10_001),
    ],
    ids=[
        "no gzip", "zeros before", "gzip and more", "wrong checksum", "no deflate",
        "deflate and more", "wants a dictionary", "no br", "br and more", "no zstd",
        "zstd and more", "too many frames",
    ],
)  # fmt: skip
def test_what_is_not_so_coded_is_refused(coding: str, body: bytes) -> None:
    """In one piece, and where what follows comes in a piece of its own."""
    for size in (len(body), 1):
        with pytest.raises(CorruptError):
            read([coding], [body[at : at + size] for at in range(0, len(body), size)])


def test_windows_beyond_those_of_the_web_are_refused() -> None:
    """RFC 9659: what a sender may ask of a receiver's memory ends at 8 MB."""
    windows = {}
    for bits in (23, 24):
        coder = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: bits})
        windows[bits] = coder.compress(b"x") + coder.compress(b"y") + coder.flush()

    assert decoder("zstd").feed(windows[23], 9) == b"xy"
    with pytest.raises(CorruptError):
        decoder("zstd").feed(windows[24], 9)


@pytest.mark.parametrize("coding", LEVELS)
def test_a_bomb_comes_in_small_steps(coding: str) -> None:
    """Each costs no more than its limit, however much there is."""
    one = decoder(coding)
    body = whole(coding)(bytes(20_000_000))
    assert [one.feed(body if step == 0 else b"", 50_000) for step in range(40)] == [
        bytes(50_000)
    ] * 40
    assert one.pending
    assert one.produced == 2_000_000


@pytest.mark.parametrize(
    ("codings", "body", "heavy", "promised"),
    [
        (["br"], brotli.compress(bytes(1 << 24), lgwin=24), True, 1 << 24),
        (["br"], brotli.compress(bytes(1 << 20), lgwin=18), False, 1 << 19),
        (["br"], brotli.compress(bytes(100_000), lgwin=24), False, 100_000),
        (["gzip"], gzip.compress(bytes(1 << 20)), False, 0),
        (["zstd"], zstd.compress(bytes(1 << 20)), False, 0),
        (["gzip", "br"], brotli.compress(gzip.compress(b"")), True, 20),
        (["br", "gzip"], gzip.compress(brotli.compress(b"a" * 99)), False, 99),
    ],
    ids=["window", "small window", "short", "gzip", "zstd", "chain", "chain the other way"],
)
def test_heavy_work_is_known_before_it_is_done(
    codings: list[str], body: bytes, promised: int, *, heavy: bool
) -> None:
    """Brotli fills its window before it gives anything."""
    one = decoder(*codings)
    one.feed(body, 0)

    assert (heavy, promised) == (one.heavy, one.promised)


def test_a_head_may_come_byte_by_byte() -> None:
    """Until then the worst is expected."""
    one = decoder("br")
    seen = []
    for byte in brotli.compress(bytes(1000), lgwin=22)[:6]:
        one.feed(bytes([byte]), 0)
        seen.append((one.heavy, one.promised))

    assert [True] * 2 + [False] * 4 == [heavy for heavy, _ in seen]
    assert 1000 == seen[-1][1]


def test_a_chain_counts_what_lies_between() -> None:
    """A stage that gives much to one that gives nothing is seen."""
    one = decoder("gzip", "gzip")
    steps = drain(one, gzip.compress(gzip.compress(b"") * 100_000))

    assert b"".join(steps) == b""
    assert one.produced == 2_000_000
    assert len(steps) > 100


@pytest.mark.parametrize(
    ("coding", "empty"), [("gzip", gzip.compress(b"")), ("zstd", SKIPPABLE)], ids=["gzip", "zstd"]
)
def test_many_empty_members_take_linear_time(coding: str, empty: bytes) -> None:
    """Each the same work, in any number: the steps are counted, and the copies are bounded."""
    amounts = (2_000, 8_000)
    steps = []
    for amount in amounts:
        one = decoder(coding)
        steps.append(len(drain(one, empty * amount)))
        one.finish()

    assert steps[1] == pytest.approx(4 * steps[0], rel=0.1)


def test_a_mebibyte_of_empty_members_is_read() -> None:
    """50,000 of them in one piece, a bounded number a step."""
    body = gzip.compress(b"", mtime=0) * 50_000 + gzip.compress(b"end")
    steps = read(["gzip"], [body])

    assert b"".join(steps) == b"end"
    assert 200 < len(steps) < 400


@settings(max_examples=100)
@given(
    codings=st.lists(st.sampled_from(list(LEVELS)), min_size=1, max_size=3),
    plain=st.lists(st.binary(max_size=2000) | st.integers(0, 99_999).map(bytes), max_size=5),
    cuts=st.lists(st.integers(1, 5000), min_size=1, max_size=9),
    limit=st.integers(1, 70_000),
)
def test_whatever_was_coded_is_read(
    codings: list[str], plain: list[bytes], cuts: list[int], limit: int
) -> None:
    """Any codings, any chunking, any limit."""
    encoders = [streaming(coding, small=index % 2 == 0)() for index, coding in enumerate(codings)]
    coded = b""
    for piece in plain:
        passing = piece
        for encoder in encoders:
            passing = encoder.feed(passing, flush=True)
        coded += passing
    last = b""
    for encoder in encoders:
        last = encoder.finish(last)
    coded += last
    limit = max(limit, sum(map(len, plain)) // 200)
    pieces = []
    for size in cycle(cuts):
        pieces.append(coded[:size])
        coded = coded[size:]
        if not coded:
            break
    steps = read(codings, pieces, limit)

    assert b"".join(steps) == b"".join(plain)
    assert max(map(len, steps)) <= limit


@tried(200)
@given(coding=st.sampled_from(list(LEVELS)), body=st.binary(max_size=500), at=st.integers(0, 300))
def test_nonsense_is_read_or_refused(coding: str, body: bytes, at: int) -> None:
    """Never with another exception."""
    good = whole(coding)(b"hello, " * 20)
    one = decoder(coding)
    try:
        drain(one, good[: at % len(good)] + body)
        one.finish()
    except CorruptError:
        pass


def test_what_cannot_be_decoded_here_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown coding, none at all, one whose library is missing."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(KeyError):
        decoder("compress")
    with pytest.raises(KeyError):
        decoder()
    with pytest.raises(MissingExtraError):
        decoder("gzip", "br")
