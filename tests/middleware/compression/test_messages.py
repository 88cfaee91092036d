"""Single messages are copied, divided and read from files as their extensions say."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw.middleware.compression import compression
from asgi_mw.middleware.compression.messages import open_ended, own, part_of
from asgi_mw.middleware.compression.stream import SLICE
from asgi_mw.testing import request
from tests.middleware.compression.decoding import CODINGS, Decoder, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
HEAD = b"what stands before the file\n" * 40
CONTENT = b"".join(b"line %d of the file\n" % number for number in range(20_000))  # 400 KB


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Any]:
    """A file that an app has opened."""
    path = tmp_path / "content.txt"
    path.write_bytes(CONTENT)
    with path.open("rb") as opened:
        yield opened


def body(payload: bytes, *, more: bool = True) -> Message:
    """An ``http.response.body``."""
    return {"type": "http.response.body", "body": payload, "more_body": more}


def zerocopy(file: Any, *, more: bool = False, **options: Any) -> Message:
    """An ``http.response.zerocopysend``."""
    return {"type": "http.response.zerocopysend", "file": file, "more_body": more, **options}


def declared(length: int) -> Message:
    """A start that says how long the body gets."""
    return {**START, "headers": [(b"content-length", b"%d" % length)]}


def sends(*messages: Message) -> App:
    """An app that sends *messages*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


def test_what_is_held_is_a_copy() -> None:
    """With lists of its own."""
    message: Message = {"type": "http.response.early_hint", "links": [b"</a.css>"]}
    held = own(message)
    message["links"].clear()

    assert held == {"type": "http.response.early_hint", "links": [b"</a.css>"]}


async def test_an_answer_to_head_is_divided() -> None:
    """So that no server makes a length of it."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await open_ended(send, body(b"page", more=False))

    assert sent == [body(b"page"), body(b"", more=False)]


@pytest.mark.parametrize(
    ("options", "done", "expected"),
    [
        ({"offset": 5}, 0, CONTENT[5 : 5 + SLICE]),
        ({"offset": 5}, 100, CONTENT[105 : 105 + SLICE]),
        ({"offset": 5, "count": 10}, 0, CONTENT[5:15]),
        ({"offset": 5, "count": 10}, 4, CONTENT[9:15]),
        ({"offset": len(CONTENT) - 3, "count": 10}, 0, CONTENT[-3:]),
        ({"offset": len(CONTENT)}, 0, b""),
        ({"count": 0}, 0, b""),
        ({}, 0, CONTENT[:SLICE]),
    ],
    ids=repr,
)
def test_a_file_is_read_in_parts(
    file: Any, options: dict[str, Any], done: int, expected: bytes
) -> None:
    """Within its offset and its count."""
    assert part_of(zerocopy(file, **options), done) == expected


def test_without_an_offset_a_file_is_read_on(file: Any) -> None:
    """From where its descriptor stands."""
    message = zerocopy(file, count=SLICE + 5)

    assert part_of(message, 0) == CONTENT[:SLICE]
    assert part_of(message, SLICE) == CONTENT[SLICE : SLICE + 5]


FILES: dict[str, tuple[list[Message], dict[str, Any], bytes]] = {
    "amid a stream": ([START], {"offset": 7, "count": 1000}, CONTENT[7:1007]),
    "a long file": ([START], {}, CONTENT),
    "a short body": ([declared(len(HEAD) + 1000)], {"offset": 0, "count": 1000}, CONTENT[:1000]),
    "a long body": ([declared(len(HEAD) + len(CONTENT))], {"offset": 0}, CONTENT),
    "no byte": ([START], {"count": 0}, b""),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize(("before", "options", "expected"), FILES.values(), ids=FILES)
async def test_a_file_amid_a_coded_body_is_coded(
    file: Any, coding: str, before: list[Message], options: dict[str, Any], expected: bytes
) -> None:
    """The server would send its bytes as they are, behind what was coded."""
    messages = [*before, body(HEAD), zerocopy(file, **options)]
    result = await request(compression(sends(*messages)), headers={"accept-encoding": coding})

    assert result.raised is None
    assert {message["type"] for message in result.sent[1:]} == {"http.response.body"}
    assert [message["more_body"] for message in result.sent[1:]].index(False) == len(
        result.sent
    ) - 2
    assert decoded(coding.encode(), result.body) == HEAD + expected


@pytest.mark.parametrize("coding", CODINGS)
async def test_a_body_goes_on_behind_a_file(file: Any, coding: str) -> None:
    """Each message can be decoded when it is sent, as in any stream."""
    messages = [body(HEAD), zerocopy(file, more=True, count=1000), body(b"tail", more=False)]
    result = await request(
        compression(sends(START, *messages)), headers={"accept-encoding": coding}
    )
    decoder = Decoder(coding.encode())

    assert [decoder.feed(message["body"]) for message in result.sent[1:]] == [
        HEAD,
        HEAD + CONTENT[:1000],
        HEAD + CONTENT[:1000] + b"tail",
    ]
    assert decoder.ended


@pytest.mark.parametrize("asked", ["gzip", "identity"])
async def test_a_file_before_any_body_is_left_alone(file: Any, asked: str) -> None:
    """And so is what follows it."""
    messages = [
        declared(1008),
        zerocopy(file, more=True, count=1000),
        body(b"the tail", more=False),
    ]
    scope: dict[str, Any] = {"extensions": {"http.response.zerocopysend": {}}}
    app = compression(sends(*messages))
    result = await request(app, headers={"accept-encoding": asked}, scope=scope)

    assert result.sent == messages


async def test_a_file_amid_a_body_that_is_not_coded_is_left_alone(file: Any) -> None:
    """The server sends both as they are."""
    messages = [body(HEAD), zerocopy(file, more=True), body(b"the tail", more=False)]
    result = await request(compression(sends(START, *messages)))

    assert result.sent[1:] == messages


@pytest.mark.parametrize("owed", [-100, 100])
async def test_a_file_that_is_not_as_long_as_declared_cuts_the_body(file: Any, owed: int) -> None:
    """It may have grown or shrunk since: the client hears of no end."""
    messages = [declared(len(HEAD + CONTENT) + owed), body(HEAD), zerocopy(file, offset=0)]
    result = await request(compression(sends(*messages)), headers={"accept-encoding": "gzip"})
    decoder = Decoder(b"gzip")

    assert isinstance(result.raised, RuntimeError)
    assert (HEAD + CONTENT).startswith(decoder.feed(result.body))
    assert not decoder.ended
    assert all(message["more_body"] for message in result.sent[1:])


async def test_a_file_that_cannot_be_read_cuts_the_body() -> None:
    """The app hears why, and no decoder takes what was sent for the whole."""
    errors: list[Exception] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(body(HEAD))
        try:
            await send(zerocopy(io.BytesIO(b"no file of the system"), more=True))
        except OSError as error:
            errors.append(error)
        await send(body(b"the tail", more=False))

    result = await request(compression(app), headers={"accept-encoding": "gzip"})
    decoder = Decoder(b"gzip")

    assert [type(error) for error in errors] == [io.UnsupportedOperation]
    assert decoder.feed(result.body) == HEAD
    assert not decoder.ended
    assert all(message["more_body"] for message in result.sent[1:])


@pytest.mark.parametrize("start", [START, declared(len(HEAD) + 1000)], ids=["stream", "short"])
async def test_a_file_whose_reading_is_cancelled_cuts_the_body(file: Any, start: Message) -> None:
    """Nothing is joined to the gap, neither a body nor another file."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start)
        await send(body(HEAD))
        with anyio.CancelScope() as cancel:
            cancel.cancel()
            await send(zerocopy(file, more=True, offset=0, count=1000))
        await send(zerocopy(file, more=True, offset=0, count=1000))
        await send(body(CONTENT[:1000], more=False))

    result = await request(compression(app), headers={"accept-encoding": "gzip"})
    decoder = zlib.decompressobj(31)

    assert HEAD.startswith(decoder.decompress(result.body))
    assert not decoder.eof
    assert all(message["more_body"] for message in result.sent[1:])
