"""A glance never says other than reading, and suffices for what is usual."""

from __future__ import annotations

import pytest
from hypothesis import given

from asgi_mw.redaction import Redaction
from asgi_mw.redaction.glance import is_clean
from asgi_mw.redaction.names import compile_names
from tests.redaction.lookalikes import check, seeds
from tests.tried import tried

secret = compile_names()


@tried(200)
@given(seed=seeds)
def test_a_glance_changes_nothing(seed: int) -> None:
    """Neither for JSON nor for texts, whole or cut, in any place that they may come in."""
    check(seed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/items/7",
        "https://example.org/items/7?page=2&sort=name#top",
        "2026-01-02T03:04:05.123456Z",
        "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
        "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
        "from=2026-01-02T03%3A04%3A05Z&q=red+shoes",
        "TimeoutError: no answer within 3 s from db:5432 (ann@example.org)",
        "/caf\u00e9/a%20b",
        "default-src 'self'; img-src https:",
        "<h1>Hello</h1>\n<p>a = b</p>",
        "closed by the other side, see the design of the company",
        "shipping@example.org, https://example.org/shipping",
    ],
)
def test_what_is_usual_needs_no_second_look(text: str) -> None:
    """Else the glance would be for nothing."""
    assert is_clean(text, secret)
    assert text == Redaction().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "pin=1",
        "p_i_n=1",
        "sent Basic YWRtaW46cHc=",
        "sent Bearer abc to https://example.org/",
        "https://a-pin@example.org/",
        "a eyJhbGciOiJub25lIn0.e30.x",
        "-----BEGIN PRIVATE KEY-----",
        "https://ann:x@example.org/",
        "a%3D1&p%2569n=1",
        "a%25253D1",
        "a=&#112;in=1",
        "a=\\x70in=1",
        "to\N{KELVIN SIGN}en=1",
        "to\N{KELVIN SIGN}en=1".encode().decode("latin-1"),
        "to%C3%A2%C2%84%C2%AAen=1",
        "cc:\n  exp: 1\n  num: 2",
        'data: {"pi\ndata: n": 1}\n\n',
    ],
)
def test_what_may_be_a_secret_is_read(text: str) -> None:
    """As a name, a shape, or in an encoding."""
    assert not is_clean(text, secret)


@pytest.mark.parametrize("name", ["iban2", "gr\u00f6\u00dfe", "user id"])
def test_a_name_that_was_added_is_seen(name: str) -> None:
    """Its digits count, and where it is no ASCII nothing is plainly clean."""
    added = compile_names([name])
    assert not is_clean(f"{name}=1", added)
    assert is_clean("a=1", added) == name.isascii()
