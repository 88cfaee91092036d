from __future__ import annotations

from dataclasses import replace

import pytest

from asgi_mw.events import Event
from asgi_mw.export.otlp.content import Content, content_of
from asgi_mw.recorder.masking import with_masked_payloads
from asgi_mw.redaction import DEFAULT
from tests.recorder.made import made


@pytest.mark.parametrize(
    ("body", "limit", "value", "truncated"),
    [
        (b"", 10, None, False),
        (b"hello", 10, "hello", False),
        (b"hello", 5, "hello", False),
        (b"hello", 4, "hell", True),
        ("é€".encode(), 10, "é€", False),
        ("é€".encode(), 4, "é", True),
        (b"caf\xe9", 10, "café", False),
        (b"hello", 0, "", True),
    ],
)
def test_a_body_is_text_and_cut_between_characters(
    body: bytes,
    limit: int,
    value: str | None,
    truncated: bool,  # noqa: FBT001  # pytest gives it so
) -> None:
    """In UTF-8, or else each octet is a character."""
    assert content_of(made(response=body), "send", limit) == Content(value, truncated)
    assert content_of(made(request=body), "receive", limit) == Content(value, truncated)


def test_what_the_recording_cut_is_truncated() -> None:
    """Also where nothing more is cut."""
    exchange = made(response=b"hello")
    *others, last = exchange.events
    cut = replace(exchange, events=(*others, replace(last, truncated=True, size=500)))
    assert content_of(cut, "send", 100) == Content("hello", truncated=True)


def test_what_is_no_text_was_not_kept() -> None:
    """It cannot be masked."""
    exchange = made(response=b"\x89PNG\xff", sent=[(b"content-type", b"image/png")])
    masked = with_masked_payloads(exchange, DEFAULT)
    assert content_of(masked, "send", 100) == Content(None, truncated=True)


def test_a_body_in_pieces_is_one() -> None:
    """As it went through send."""
    pieces = (
        Event("send", 1, 2, {"type": "http.response.start", "status": 200, "headers": []}),
        Event("send", 3, 4, {"type": "http.response.body", "body": b"caf\xc3"}, 4),
        Event("send", 5, 6, {"type": "http.response.body", "body": b"\xa9!"}, 2),
    )
    assert content_of(replace(made(), events=pieces), "send", 100) == Content("café!", False)
