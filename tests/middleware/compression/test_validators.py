"""What of a conditional request is mapped, and what is never."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.middleware.compression.validators import mapped, weak


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (b'W/"a"', b'W/"a", "a"'),
        (b'W/"a", "b", W/"c"', b'W/"a", "a", "b", W/"c", "c"'),
        (b'W/""', b'W/"", ""'),
        (b'W/"a,b"', b'W/"a,b", "a,b"'),
        (b'"W/"', b'"W/"'),
        (b'"a"', b'"a"'),
        (b"*", b"*"),
        (b'W/"open', b'W/"open'),
        (b"W/a", b"W/a"),
        (b"", b""),
    ],
)
def test_a_weak_tag_is_joined_by_its_strong_form(given: bytes, seen: bytes) -> None:
    """Because many apps compare tags as strings; all else stays."""
    before = [(b"host", b"a"), (b"If-None-Match", given), (b"x", b"y")]
    after = mapped(before, coded=True)

    assert after == [(b"host", b"a"), (b"If-None-Match", seen), (b"x", b"y")]
    assert before[1][1] == given


@pytest.mark.parametrize(
    ("condition", "coded", "stays"),
    [
        (b'"strong"', True, True),
        (b' "strong"', True, True),
        (b'W/"weak"', True, False),
        (b"Wed, 21 Oct 2026 07:28:00 GMT", True, False),
        (b"nonsense", True, False),
        (b"", True, False),
        (b'W/"weak"', False, True),
        (b"Wed, 21 Oct 2026 07:28:00 GMT", False, True),
    ],
)
def test_a_range_is_asked_for_only_if_it_fits_what_the_client_has(
    condition: bytes, *, coded: bool, stays: bool
) -> None:
    """A date or a weak tag says nothing about the coding."""
    headers = [(b"Range", b"bytes=5-"), (b"If-Range", condition), (b"host", b"a")]

    assert mapped(headers, coded=coded) == (headers if stays else [(b"host", b"a")])


def test_if_match_is_never_mapped() -> None:
    """It asks for a strong comparison, which a weak tag cannot pass (RFC 9110 13.1.1)."""
    headers = [(b"if-match", b'W/"a"')]

    assert mapped(headers, coded=True) is headers


@pytest.mark.parametrize(
    ("tag", "seen"),
    [(b'"a"', b'W/"a"'), (b'W/"a"', b'W/"a"'), (b'w/"a"', b'w/"a"'), (b"a", b"a"), (b"", b"")],
)
def test_a_tag_is_weakened_once(tag: bytes, seen: bytes) -> None:
    """What is none is for its reader to judge."""
    assert weak(tag) == seen
    assert weak(weak(tag)) == seen


@given(st.binary(max_size=80))
def test_any_bytes_can_be_mapped(value: bytes) -> None:
    """Nothing that was given is lost."""
    [(_, after)] = mapped([(b"if-none-match", value)], coded=True)

    assert all(part in after for part in value.split(b","))
