"""What a message holds, and the messages of a plain answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.messages import payload_size, send_plain
from tests.naming import plain

if TYPE_CHECKING:
    from asgi_mw.types import Message


@pytest.mark.parametrize(
    ("message", "size"),
    [
        ({"body": b"abc"}, 3),
        ({"body": bytearray(b"abc")}, 3),
        ({"body": memoryview(b"abcdefgh").cast("I")}, 8),
        ({"bytes": b"abc", "text": None}, 3),
        ({"bytes": None, "text": "é"}, 2),
        ({"bytes": b"", "text": "ab"}, 2),
        ({"text": "\udc80"}, 3),
        ({"text": "🙂"}, 4),
        ({"body": b""}, 0),
        ({"body": None}, 0),
        ({"body": 5}, 0),
        ({}, 0),
    ],
    ids=plain,
)
def test_the_size_of_a_payload_is_in_bytes(message: Message, size: int) -> None:
    """Whatever the type; what is no payload has no size."""
    assert payload_size({"type": "x", **message}) == size


@pytest.mark.anyio
async def test_a_plain_answer() -> None:
    """Its length and type are said."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await send_plain(send, 413, "größer")

    assert sent == [
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"8"),
            ],
        },
        {"type": "http.response.body", "body": "größer".encode(), "more_body": False},
    ]
