"""Decoding within limits."""

from __future__ import annotations

import gzip
import sys
import zlib
from functools import partial
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest

from asgi_mw.redaction.coding import Decoded, UndecodableError, decode

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = bytes(range(256)) * 40
CODED = {
    "gzip": (["gzip"], gzip.compress(PLAIN)),
    "gzip-members": (["gzip"], gzip.compress(PLAIN[:99]) + gzip.compress(PLAIN[99:])),
    "gzip-padded": (["gzip"], gzip.compress(PLAIN) + b"\0\0"),
    "deflate": (["deflate"], zlib.compress(PLAIN)),
    "deflate-bare": (["deflate"], zlib.compress(PLAIN, wbits=-15)),
    "br": (["br"], brotli.compress(PLAIN)),
    "zstd": (["zstd"], zstd.compress(PLAIN)),
    "zstd-frames": (["zstd"], zstd.compress(PLAIN[:99]) + zstd.compress(PLAIN[99:])),
    "chain": (["deflate", "gzip"], gzip.compress(zlib.compress(PLAIN))),
}
coded = pytest.mark.parametrize(("codings", "body"), CODED.values(), ids=CODED.keys())


@coded
def test_pieces_of_any_size_are_decoded(codings: list[str], body: bytes) -> None:
    """Each piece brings what it can."""
    for size in (1, 7, len(body)):
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        result = decode(pieces, codings, limit=len(PLAIN))
        assert b"".join(result.pieces) == PLAIN
        assert len(pieces) == len(result.pieces)
        assert not result.cut


@coded
def test_decoding_ends_at_the_limit(codings: list[str], body: bytes) -> None:
    """What is beyond is not kept, and that is said."""
    result = decode([body, b"more"], codings, limit=5000)
    assert PLAIN.startswith(b"".join(result.pieces))
    assert len(b"".join(result.pieces)) <= 5000
    assert len(result.pieces) == 2
    assert result.cut


@coded
def test_a_missing_end_is_no_error(codings: list[str], body: bytes) -> None:
    """A recorded body may have been cut."""
    result = decode([body[: len(body) // 2]], codings, limit=len(PLAIN))
    assert PLAIN.startswith(b"".join(result.pieces))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_bounded(coding: str) -> None:
    """A hundred mebibytes of zeros are cut at the limit."""
    zeros = bytes(1 << 20)
    make: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": partial(brotli.compress, quality=1),
        "zstd": zstd.compress,
    }
    result = decode([make[coding](zeros * 100)], [coding], limit=1000)
    assert result.pieces == (bytes(1000),)
    assert result.cut


def test_many_members_are_read() -> None:
    """50,000 empty ones, a mebibyte of them, in linear time."""
    body = gzip.compress(b"", mtime=0) * 50_000 + gzip.compress(b"end")

    assert decode([body], ["gzip"], limit=1000) == Decoded((b"end",), cut=False)


def test_what_lies_between_two_codings_is_bounded() -> None:
    """A stage that gives much to one that gives nothing is cut."""
    body = gzip.compress(gzip.compress(b"") * 100_000)

    assert decode([body, b"more"], ["gzip"] * 2, limit=1000) == Decoded((b"", b""), cut=True)


@pytest.mark.parametrize(
    ("codings", "body"),
    [
        (["gzip"], b"no gzip"),
        (["deflate"], b"\xff\xff\xff"),
        (["br"], b"\xff" * 9),
        (["zstd"], b"no zstd"),
        (["compress"], b"x"),
        (["gzip"] * 4, b"x"),
        (["gzip"], gzip.compress(b"x") + b"more"),
        (["zstd"], zstd.compress(b"") * 10_001),
    ],
    ids=["gzip", "deflate", "br", "zstd", "unknown", "too-many", "more", "frames"],
)
def test_what_cannot_be_decoded_is_refused(codings: list[str], body: bytes) -> None:
    """The caller keeps nothing of it."""
    with pytest.raises(UndecodableError):
        decode([body], codings, limit=1000)


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_an_absent_package_makes_its_coding_unknown(
    coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Extras are optional."""
    for name in ("brotli", "compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UndecodableError, match=f"{coding} is not installed"):
        decode([b"x"], [coding], limit=9)
