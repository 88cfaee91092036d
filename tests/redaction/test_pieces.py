"""What is but a piece of a text shows no part of a secret at its cut ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from asgi_mw.redaction import DEFAULT
from tests.redaction.shapes import CANARY, INNERMOST, parts, pieces, texts
from tests.tried import tried

SECRET = "hUnTeR2sEcReT9"


@tried(400)
@given(piece=pieces())
def test_no_piece_of_any_text_shows_a_secret(piece: tuple[str, dict[str, Any]]) -> None:
    """As text or as a message, nested and cut at its head, its tail, or both."""
    text, cut = piece
    message = DEFAULT.message(text.encode(), **cut).pieces
    assert [] == parts(DEFAULT.text(text, **cut))
    assert message is not None
    assert [] == parts(message[0].decode())


@tried(200)
@given(text=texts())
def test_a_wrong_media_type_shows_no_secret(text: str) -> None:
    """What says how it is to be read is asked, and so are the others."""
    for kind in (b"text/plain", b"application/json", b"application/x-www-form-urlencoded"):
        result = DEFAULT.body([text.encode()], content_type=kind).pieces
        assert result is not None
        assert [] == parts(result[0].decode())


@pytest.mark.parametrize("text", INNERMOST.values(), ids=INNERMOST.keys())
def test_every_cut_of_every_shape_is_masked(text: str) -> None:
    """At each place, from either side."""
    whole = text % CANARY
    for at in range(len(whole) + 1):
        assert [] == parts(DEFAULT.text(whole[:at], cut=True))
        assert [] == parts(DEFAULT.text(whole[at:], headless=at > 0))


HEADLESS = {
    "in a value": (f"zzz{SECRET}zzz'\nx", "[redacted]\nx"),
    "in a name": (f"word='a\n{SECRET}'\nx", "[redacted]'\nx"),
    "in an element": (f"x\n{SECRET}</password><a>b", "[redacted]<a>b"),
    "in a name element": (f"sword</key>\n<value>{SECRET}</value>", "[redacted]</value>"),
    "in a key": (f"MII\n{SECRET}\n-----END PRIVATE KEY-----", "[redacted] PRIVATE KEY-----"),
    "in a block": (f"a\n    b\n  {SECRET}\nuser: a", "[redacted]\nuser: a"),
    "in brackets": (f"'a': 1,\n'b': '{SECRET}'}}\nx", "[redacted]\nx"),
    "behind a section": (f"exp\nnumber = {SECRET}\nx", "[redacted]\nnumber = [redacted]\nx"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), HEADLESS.values(), ids=HEADLESS.keys())
def test_what_may_belong_to_a_lost_name_is_masked(text: str, expected: str) -> None:
    """Up to where the string, element or block can end that the text may begin in."""
    assert expected == DEFAULT.text(text, headless=True)


CUT = {
    "user": (f"https://{SECRET}", "https://[redacted]"),
    "userinfo": (f"https://ann:{SECRET}", "https://[redacted]"),
    "field": (f'<input value="{SECRET}" na', '<input value="[redacted]" na'),
    "number": ('{"pin": 12', '{"pin": "[redacted]"'),
    "literal": ("a password=none", "a password=[redacted]"),
    "lines": (f'a password="x\n{SECRET}', 'a password="[redacted]'),
    "encoded": (f"/x/https%3A%2F%2Fann%3A{SECRET}", "/x/https%3A%2F%2F[redacted]"),
}


@pytest.mark.parametrize(("text", "expected"), CUT.values(), ids=CUT.keys())
def test_what_the_lost_end_may_name_is_masked(text: str, expected: str) -> None:
    """The at sign of a URL, the name behind its value, the rest of a number."""
    assert expected == DEFAULT.text(text, cut=True)


def test_a_query_and_headers_may_be_pieces() -> None:
    """Of a query the first pair may be the rest of one; of a header the name is known."""
    assert DEFAULT.query(b"zz&page=2&u=https://ann", cut=True, headless=True) == (
        b"[redacted]&page=2&u=https://[redacted]",
        ("cut", "userinfo"),
    )
    pairs = [(b"location", b"https://ann:x"), (b"cookie", b"zz=a"), (b"x-a", b"zz; b")]
    assert DEFAULT.headers(pairs, cut=True)[0] == [
        (b"location", b"https://[redacted]"),
        (b"cookie", b"zz=[redacted]"),
        (b"x-a", b"zz; b"),
    ]
    assert DEFAULT.headers(pairs[1:], headless=True)[0] == [
        (b"cookie", b"[redacted]"),
        (b"x-a", b"[redacted]"),
    ]


@pytest.mark.parametrize("kind", [b"application/json", b"multipart/form-data; boundary=b", b""])
def test_a_body_may_begin_in_the_middle(kind: bytes) -> None:
    """Its first part or string is then nobody's."""
    body = f'{SECRET}\r\n--b\r\n\r\n{{"a": 1}}'.encode()
    [shown] = DEFAULT.body([body], content_type=kind, headless=True).pieces or ()
    assert SECRET.encode() not in shown
