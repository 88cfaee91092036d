"""One coded body, step by step, without a server."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest

from asgi_mw.middleware.decompression.body import PIECE, Body, RefusedError
from asgi_mw.middleware.decompression.policy import GRACE, compiled


def body(*, size: int = 1 << 20, ratio: float = 1e6) -> Body:
    """One that is coded with gzip."""
    return Body(
        compiled(["gzip"], max_size=size, max_ratio=ratio, max_codings=1, buffer=0), [b"gzip"]
    )


def steps(one: Body) -> list[bytes]:
    """All that can be had by now."""
    found = []
    while one.pending:
        found.append(one.step())
    return found


def test_feeding_decodes_nothing_yet() -> None:
    """Each step does a bounded part."""
    one = body()
    one.feed(gzip.compress(bytes(3 * PIECE)), last=True)

    assert (True, False) == (one.pending, one.over)
    assert bytes(3 * PIECE) == b"".join(found := steps(one))
    assert PIECE == max(map(len, found))
    assert (False, True) == (one.pending, one.over)


def test_the_end_is_asked_for_even_if_nothing_is_left() -> None:
    """The last message may be empty."""
    one = body()
    coded = gzip.compress(b"a")
    one.feed(coded, last=False)
    assert [b"a"] == steps(one)
    assert not one.over
    one.feed(b"", last=True)

    assert [b""] == steps(one)
    assert one.over


@pytest.mark.parametrize(
    ("one", "coded", "status", "text"),
    [
        (body(), b"no gzip", 400, "the body is no gzip"),
        (body(), gzip.compress(b"a")[:-1], 400, "the gzip was cut"),
        (body(size=9), gzip.compress(bytes(10)), 413, "the decoded body is too large"),
        (
            body(ratio=50),
            gzip.compress(bytes(GRACE + 1)),
            413,
            "the body is much larger decoded than coded",
        ),
        (body(size=9), gzip.compress(b"") * 5000, 413, "the coded body is too large"),
    ],
    ids=["no gzip", "cut", "size", "ratio", "coded size"],
)
def test_what_cannot_be_taken_is_refused(one: Body, coded: bytes, status: int, text: str) -> None:
    """With the status of the answer."""
    one.feed(coded, last=True)
    with pytest.raises(RefusedError, match=text) as caught:
        steps(one)

    assert status == caught.value.status


@pytest.mark.parametrize(
    ("size", "ratio", "text"),
    [
        (10_485_760, 200, "the decoded body is too large"),
        (1 << 30, 200, "the body is much larger decoded than coded"),
    ],
    ids=["size", "ratio"],
)
def test_what_says_that_it_will_be_too_large_is_not_begun(
    monkeypatch: pytest.MonkeyPatch, size: int, ratio: float, text: str
) -> None:
    """14 bytes of brotli ask to fill 16 MiB."""
    one = Body(compiled(["br"], max_size=size, max_ratio=ratio), [b"br"])
    one.feed(brotli.compress(bytes(1 << 24), lgwin=24), last=True)
    monkeypatch.setattr(one._decoder, "feed", None)
    with pytest.raises(RefusedError, match=text) as caught:
        one.step()

    assert (413, True) == (caught.value.status, one.heavy)
