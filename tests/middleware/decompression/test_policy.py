"""What a request says of the coding of its body, and what its headers are afterwards."""

from __future__ import annotations

import pytest

from asgi_mw.middleware.decompression.policy import (
    Upload,
    announced,
    applied,
    compiled,
    decoded,
    upload,
)

LINES = {
    "none": ([], []),
    "one": ([b"gzip"], [b"gzip"]),
    "any case": ([b"GZip"], [b"gzip"]),
    "a list": ([b"gzip , br"], [b"gzip", b"br"]),
    "several lines": ([b"gzip", b"br"], [b"gzip", b"br"]),
    "empty members": ([b",, gzip,\t,"], [b"gzip"]),
    "identity": ([b"identity, gzip, Identity"], [b"gzip"]),
    "parameters make it another": ([b"gzip;q=1"], [b"gzip;q=1"]),
}
LENGTHS = {
    "none": ([], None),
    "one": ([b"12"], 12),
    "zero": ([b"0"], 0),
    "two": ([b"12", b"12"], None),
    "signed": ([b"-1"], None),
    "a list": ([b"1, 1"], None),
    "empty": ([b""], None),
    "long": ([b"1" * 19 + b"x"], None),
    "longer than int takes": ([b"1" * 5000], None),
    "no ASCII": (["\u0663".encode()], None),
}


@pytest.mark.parametrize(("lines", "names"), LINES.values(), ids=LINES)
def test_the_codings_stand_in_the_order_they_were_applied(
    lines: list[bytes], names: list[bytes]
) -> None:
    """Over all lines (RFC 9110 5.3)."""
    assert names == applied([(b"Content-Encoding", line) for line in lines])


@pytest.mark.parametrize(("lines", "size"), LENGTHS.values(), ids=LENGTHS)
def test_a_length_that_is_not_certain_is_none(lines: list[bytes], size: int | None) -> None:
    """One line of digits (RFC 9110 8.6)."""
    assert size == announced([(b"content-length", line) for line in lines])


@pytest.mark.parametrize(
    ("headers", "waits"),
    [([(b"Expect", b"100-Continue")], True), ([(b"expectation", b"none")], False)],
    ids=["Expect", "another"],
)
@pytest.mark.parametrize(
    ("version", "http1"), [("1.0", True), ("1.1", True), ("2", False), ("3", False)]
)
def test_what_matters_of_a_request(
    headers: list[tuple[bytes, bytes]], version: str, *, waits: bool, http1: bool
) -> None:
    """100-continue is the only expectation there is; only HTTP/1 has a connection to close."""
    said = upload({"type": "http", "http_version": version}, headers, [b"br"], 7)

    assert Upload([b"br"], 7, waits, http1) == said


def test_what_was_said_of_the_coded_bytes_goes() -> None:
    """All else stays, in order."""
    headers = [(b"A", b"1"), (b"Content-Encoding", b"gzip"), (b"Digest", b"x"), (b"b", b"2")]

    assert [(b"A", b"1"), (b"b", b"2")] == decoded(headers, None)
    assert [(b"A", b"1"), (b"b", b"2"), (b"content-length", b"9")] == decoded(headers, 9)


def test_only_what_is_accepted_is_supported() -> None:
    """Known codings, and not too many of them."""
    policy = compiled(["gzip", "zstd"], max_size=9, max_ratio=9, max_codings=2, buffer=0)

    assert [True, True, False, False] == [
        policy.supports(names)
        for names in ([b"x-gzip"], [b"gzip", b"zstd"], [b"br"], [b"gzip"] * 3)
    ]
    assert b"gzip, zstd" == policy.accept_encoding
