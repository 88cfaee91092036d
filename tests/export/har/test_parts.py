"""Headers, cookies, queries and forms, as a HAR lists them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.export.har import parts

PAIRS = st.lists(st.tuples(st.binary(max_size=8), st.binary(max_size=40)), max_size=5)


def test_a_cookie_that_is_set_has_its_attributes() -> None:
    """The moment as ISO 8601 has it, and what is no date is left out."""
    values = [
        b"a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/; Domain=a.test; Secure; SameSite=Lax",
        b"b=2; expires=never",
    ]
    assert [
        {
            "name": "a",
            "value": "1",
            "path": "/",
            "domain": "a.test",
            "sameSite": "Lax",
            "expires": "2026-10-21T07:28:00+00:00",
            "httpOnly": False,
            "secure": True,
        },
        {"name": "b", "value": "2", "httpOnly": False, "secure": False},
    ] == parts.response_cookies([(b"Set-Cookie", value) for value in values])


def test_the_fields_of_a_form_with_a_file() -> None:
    """A file has its name and type, and what is no field is left out."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nA\r\nB\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n[12 bytes]\r\n--x\r\n\r\nno field\r\n--x--\r\n"
    )
    assert [
        {"name": "title", "value": "A\r\nB"},
        {"name": "file", "fileName": "a.png", "contentType": "image/png"},
    ] == parts.params('multipart/form-data; boundary="x"', body)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/json", b"a=1", None),
        ("multipart/form-data", b"--x", []),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1001), None),
        ("application/x-www-form-urlencoded", b"a=1" * 400_000, None),
    ],
    ids=["no form", "no boundary", "too many fields", "too long"],
)
def test_what_is_no_form_or_too_large_has_no_fields(
    kind: str, body: bytes, expected: object
) -> None:
    """A list of nothing, or none at all."""
    assert expected == parts.params(kind, body)


@given(PAIRS)
def test_no_header_is_lost(pairs: list[tuple[bytes, bytes]]) -> None:
    """Each octet is a character."""
    assert pairs == [
        (one["name"].encode("latin-1"), one["value"].encode("latin-1"))
        for one in parts.headers(pairs)
    ]


@given(PAIRS, st.text(max_size=40), st.binary(max_size=80))
def test_whatever_is_in_them_nothing_raises(
    pairs: list[tuple[bytes, bytes]], kind: str, body: bytes
) -> None:
    """A recording may hold anything."""
    parts.request_cookies([(b"cookie", value) for _, value in pairs])
    parts.response_cookies([(b"set-cookie", value) for _, value in pairs])
    for one in (kind, "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"):
        parts.params(one, body)
