"""Which content types gain from compression, and which are never taken by accident."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.errors import Problems
from asgi_mw.middleware.compression.content_types import COMPRESSIBLE, matcher, streamed

by_default = matcher(COMPRESSIBLE, "content_types", Problems("compression"))


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"text/html",
        b"text/html; charset=utf-8",
        b"TEXT/HTML;charset=UTF-8",
        b" text/css ",
        b"text/event-stream",
        b"application/json",
        b"application/problem+json",
        b"application/vnd.api+json; profile=a",
        b"application/javascript",
        b"application/xhtml+xml",
        b"image/svg+xml",
        b"application/wasm",
        b"font/ttf",
        b"application/x-ndjson",
    ],
)
def test_these_are_compressed_by_default(value: bytes | None) -> None:
    """A response that does not say what it is may well be text."""
    assert by_default(value)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"image/png",
        b"image/jpeg",
        b"video/mp4",
        b"audio/mpeg",
        b"font/woff2",
        b"application/zip",
        b"application/gzip",
        b"application/pdf",
        b"application/octet-stream",
        b"application/grpc",
        b"application/grpc+json",
        b"application/grpc-web-text",
        b"application/epub+zip",
        b"multipart/byteranges; boundary=a",
        b"texthtml",
        b"application/json-ish",
        b"\xff\xfe",
    ],
)
def test_these_are_not(value: bytes) -> None:
    """They are compressed already, are framed on their own, or nobody knows what they are."""
    assert not by_default(value)


def test_a_range_does_not_take_in_what_is_compressed_already() -> None:
    """It has to be named."""
    wide = matcher(["*/*"], "content_types", Problems("compression"))
    images = matcher(["image/*", "image/png"], "content_types", Problems("compression"))

    assert [wide(value) for value in (b"application/pdf", b"a/b", b"image/png", b"video/mp4")] == [
        True,
        True,
        False,
        False,
    ]
    assert [images(value) for value in (b"image/bmp", b"image/png", b"image/gif")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("types", "taken", "left_out"),
    [
        (
            [*COMPRESSIBLE, "!text/event-stream"],
            [b"text/html", b"application/json", None],
            [b"text/event-stream", b"Text/Event-Stream; charset=utf-8", b"image/png"],
        ),
        (["!text/event-stream"], [b"text/html", b"image/svg+xml"], [b"text/event-stream"]),
        (["!text/csv", "text/*"], [b"text/html"], [b"text/csv"]),
        (["text/*", "+json", "!text/*"], [], []),
        (["*/*", "!text/*", "text/html"], [b"text/html", b"a/b"], [b"text/css", b"text/plain"]),
        (["!+xml"], [b"application/xml", b"text/html"], [b"image/svg+xml", b"application/a+xml"]),
        (["!+xml", "image/svg+xml"], [b"image/svg+xml"], [b"application/a+xml"]),
        (["*/*", "!Application/PDF "], [b"a/b"], [b"application/pdf"]),
    ],
    ids=str,
)
def test_some_types_can_be_left_out(
    types: list[str], taken: list[bytes | None], left_out: list[bytes]
) -> None:
    """The entry that says most of a type decides, in whatever order they stand."""
    for listed in (types, types[::-1]):
        problems = Problems("compression")
        matches = matcher(listed, "content_types", problems, usual=COMPRESSIBLE)

        assert [matches(value) for value in taken] == [True] * len(taken)
        assert [matches(value) for value in left_out] == [False] * len(left_out)
        assert bool(problems.found) == ("!text/*" in types and "text/*" in types)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"text/event-stream", True),
        (b"Application/JSONL; charset=utf-8", True),
        (b"application/geo+json-seq", True),
        (b"application/json", False),
        (b"text/plain", False),
        (None, False),
    ],
)
def test_some_types_are_streams_by_their_nature(value: bytes | None, *, expected: bool) -> None:
    """Of others, and of none, the body tells more."""
    assert streamed(value) == expected


@given(st.binary(max_size=40))
def test_any_value_can_be_judged(value: bytes) -> None:
    """And is judged the same again."""
    assert by_default(value) == by_default(value)


def test_the_cache_is_bounded() -> None:
    """An app may make a new boundary for each response."""
    for number in range(3000):
        assert not by_default(b"multipart/mixed; boundary=%d" % number)
