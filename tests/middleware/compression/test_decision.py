"""Which responses could be compressed, and how their headers read then."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.middleware.compression.decision import eligible, kept

if TYPE_CHECKING:
    from asgi_mw.middleware.compression.decision import Eligible

TYPE = (b"content-type", b"text/plain")


def judged(status: Any = 200, *headers: Any) -> Eligible | None:
    """What is read from a start."""
    return eligible(status, list(headers), lambda value: value in {None, b"text/plain"}, 500)


@pytest.mark.parametrize("status", [200, 201, 202, 203, 226, 301, 304, 400, 404, 500, 599])
def test_any_status_with_content_is_eligible(status: int) -> None:
    """And 304, which speaks of a response that has some."""
    assert judged(status, TYPE) is not None
    assert judged(HTTPStatus.OK, TYPE) is not None


@pytest.mark.parametrize("status", [100, 101, 103, 199, 204, 205, 206, None, "200", 2.5])
def test_a_status_without_content_is_not(status: Any) -> None:
    """Nor is what is no status."""
    assert judged(status, TYPE) is None


@pytest.mark.parametrize(
    "header",
    [
        (b"content-encoding", b"gzip"),
        (b"Content-Encoding", b""),
        (b"content-range", b"bytes */5"),
        (b"cache-control", b"max-age=1, NO-TRANSFORM"),
        (b"content-type", b"image/png"),
        (b"content-length", b"499"),
        (b"content-length", b"-1"),
        (b"content-length", b"0x500"),
        (b"content-length", b""),
        (b"content-length", b"9" * 19),
        (b"a",),
        (b"a", b"b", b"c"),
        (None, b"b"),
        5,
    ],
)
def test_a_response_that_says_so_is_not(header: Any) -> None:
    """Or whose headers cannot be read."""
    assert judged(200, header) is None


def test_what_is_read_once_is_known() -> None:
    """Length, type, validator."""
    found = judged(200, TYPE, (b"Content-Length", b"0500"), (b"ETag", b'"a"'), (b"Vary", b"a"))

    assert found is not None
    assert (found.length, found.content_type, found.strong, found.varies) == (
        500,
        b"text/plain",
        True,
        True,
    )


def test_the_three_ways_to_say_it() -> None:
    """Not coded, coded, and without a body; the app's own list stays as it is."""
    headers = [
        (b"ETag", b'"a"'),
        (b"Accept-Ranges", b"bytes"),
        (b"Content-Length", b"900"),
        (b"content-md5", b"x"),
        (b"Set-Cookie", b"a=1"),
    ]
    found = judged(200, *headers)
    vary = (b"vary", b"Accept-Encoding")

    assert found is not None
    assert found.plain() == [(b"ETag", b'W/"a"'), *headers[1:], vary]
    assert found.bare() == [(b"ETag", b'W/"a"'), headers[4], vary]
    assert found.coded(b"br", 70) == [
        *found.bare(),
        (b"content-encoding", b"br"),
        (b"content-length", b"70"),
    ]
    assert found.coded(b"br", None) == [*found.bare(), (b"content-encoding", b"br")]
    assert found.headers == headers


def test_only_digests_of_the_body_are_wrong_in_trailers() -> None:
    """The same message where there are none; an iterator is read once."""
    trailers = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}
    other = {"type": "x", "headers": [(b"digest", b"1")]}
    once = {"type": "http.response.trailers", "headers": iter([(b"Digest", b"1"), (b"x", b"2")])}

    assert kept(trailers) is trailers
    assert kept(other) is other
    assert kept(once)["headers"] == [(b"x", b"2")]
    assert kept({"type": "http.response.trailers"}) == {"type": "http.response.trailers"}


@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=5))
def test_any_headers_can_be_judged(headers: list[tuple[bytes, bytes]]) -> None:
    """Nothing of them is lost that is not wrong."""
    found = judged(200, *headers)
    if found is not None:
        plain = found.plain()
        assert all(pair in plain for pair in headers if pair[0].lower() != b"etag")
