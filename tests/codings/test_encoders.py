"""What is coded can be decoded: whole bodies, and every flushed part of a stream."""

from __future__ import annotations

import gzip
import random
import sys
import threading
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_mw.codings import LEVELS, codings, streaming, whole
from asgi_mw.errors import MissingExtraError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = b'{"id": 1, "name": "Blue ceramic mug", "tags": ["new", "eco"]}, ' * 300
EXTREMES = [
    (coding, level)
    for coding, levels in LEVELS.items()
    for level in (None, levels[0], levels[2], levels[-1])
]
each_coding = pytest.mark.parametrize("coding", LEVELS)
each_level = pytest.mark.parametrize(("coding", "level"), EXTREMES)


def incremental(coding: str) -> Callable[[bytes], bytes]:
    """Make a decoder of the library's own, for the pieces of one stream."""
    if coding == "br":
        return partial(_brotli_piece, brotli.Decompressor())
    if coding == "zstd":
        return zstd.ZstdDecompressor().decompress
    return zlib.decompressobj(31 if coding == "gzip" else 15).decompress


def _brotli_piece(decoder: Any, piece: bytes) -> bytes:
    """It gives 32 KiB at a time."""
    parts = [decoder.process(piece)]
    while parts[-1]:
        parts.append(decoder.process(b""))
    return b"".join(parts)


@each_level
def test_a_whole_body_can_be_decoded(coding: str, level: int | None) -> None:
    """Also the empty one, from every type that a message may hold, again and again."""
    code = whole(coding, level)
    for body in (b"", b"a", BODY, bytearray(BODY), memoryview(BODY), bytes(300_000)):
        for _ in range(2):
            assert incremental(coding)(code(body)) == bytes(body)


@each_coding
def test_coding_makes_it_smaller(coding: str) -> None:
    """And a higher level smaller still."""
    lowest, highest = LEVELS[coding][0], LEVELS[coding][-1]

    assert len(BODY) / 10 > len(whole(coding, lowest)(BODY)) >= len(whole(coding, highest)(BODY))


@each_coding
def test_several_threads_may_code_at_once(coding: str) -> None:
    """None of them sees another's body."""
    code = whole(coding)
    wrong: list[int] = []

    def work(number: int) -> None:
        for length in range(1, 400, 7):
            body = b"%d" % number * length
            if incremental(coding)(code(body)) != body:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


@pytest.mark.parametrize("small", [False, True], ids=["large", "small"])
@each_level
def test_every_flushed_part_can_be_decoded(coding: str, level: int | None, *, small: bool) -> None:
    """The receiver has all of what was fed, before more is."""
    encoder = streaming(coding, level, small=small)()
    decode = incremental(coding)
    for piece in (b"a", BODY, b"", memoryview(BODY * 9), bytearray(b"z" * 70_000), b"last"):
        assert decode(encoder.feed(piece, flush=True)) == bytes(piece)

    assert decode(encoder.finish(b"end")) == b"end"


@settings(max_examples=60)
@given(
    coding=st.sampled_from(list(LEVELS)),
    small=st.booleans(),
    pieces=st.lists(st.tuples(st.binary(max_size=300), st.booleans()), max_size=9),
    last=st.binary(max_size=50),
)
def test_any_pieces_with_any_flushes(
    *, coding: str, small: bool, pieces: list[tuple[bytes, bool]], last: bytes
) -> None:
    """What was flushed is there; all of it is in the end."""
    encoder = streaming(coding, small=small)()
    decode = incremental(coding)
    fed = seen = b""
    for piece, flush in pieces:
        fed += piece
        seen += decode(encoder.feed(piece, flush=flush))
        assert seen == fed if flush else fed.startswith(seen)

    assert seen + decode(encoder.finish(last)) == fed + last


def test_gzip_tells_neither_time_nor_system() -> None:
    """The same body gives the same bytes (RFC 9110 8.8.1 wants that of a strong validator)."""
    heads = {whole("gzip", level)(BODY)[:8] for level in LEVELS["gzip"]}

    assert {head[:4] for head in heads} == {b"\x1f\x8b\x08\x00"}
    assert {head[4:] for head in heads} == {bytes(4)}


def test_without_isal_the_standard_library_makes_gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole and in streams."""
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    encoder = streaming("gzip", small=False)()

    assert gzip.decompress(whole("gzip")(BODY)) == BODY
    assert gzip.decompress(encoder.feed(BODY) + encoder.finish()) == BODY
    assert whole("gzip")(BODY) == zlib.compress(BODY, 5, 31)


def test_levels_beyond_those_of_isal_are_made_by_zlib() -> None:
    """So that 9 is what it always was."""
    assert whole("gzip", 9)(BODY) == zlib.compress(BODY, 9, 31)


@pytest.mark.parametrize("small", [False, True], ids=["large", "small"])
def test_windows_of_zstd_are_those_of_the_web(*, small: bool) -> None:
    """RFC 9659: 8 MB at most, at any level."""
    options = {int(zstd.DecompressionParameter.window_log_max): 23}
    body = bytes(9_000_000)
    for level in LEVELS["zstd"][::6]:
        encoder = streaming("zstd", level, small=small)()
        coded = encoder.feed(body) + encoder.finish()
        assert len(zstd.decompress(coded, options=options)) == len(body)


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_missing_library_is_named(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    for name in ("brotli", "compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    assert codings() == ("gzip", "deflate")
    for make in (lambda: whole(coding), lambda: streaming(coding, small=True)):
        with pytest.raises(MissingExtraError, match=r"asgi-mw\[compress\]"):
            make()


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_long_streams_look_back_64_kib(coding: str) -> None:
    """Of the default level, so that many slow readers of long bodies fit into memory."""
    noise = random.Random(1).randbytes(60_000)
    near, far = noise * 2, noise + random.Random(2).randbytes(60_000) + noise
    sizes = []
    for body in (near, far):
        encoder = streaming(coding, small=False)()
        sizes.append(len(encoder.feed(body) + encoder.finish()))

    assert [size // 10_000 for size in sizes] == [6, 18]
