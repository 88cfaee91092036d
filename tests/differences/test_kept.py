"""What was not kept of a body or a message is no difference; what is known of it is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw import compare, open_store, record
from asgi_mw.missing import Missing
from asgi_mw.testing import after, request, run, websocket

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.types import App, Message, Receive, Scope, Send


def answered(kind: bytes, *pieces: bytes, limit: int = 65_536) -> Exchange:
    """A GET that is answered in *pieces*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", kind)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    return recorded(app, limit)


def said_on_websocket(*messages: str | bytes, limit: int = 65_536) -> Exchange:
    """A WebSocket on which the app says *messages*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for one in messages:
            said: Message = {"text": one} if isinstance(one, str) else {"bytes": one}
            await send({"type": "websocket.send", **said})
        await send({"type": "websocket.close"})

    return recorded(app, limit, is_websocket=True)


def recorded(app: App, limit: int, *, is_websocket: bool = False) -> Exchange:
    store = open_store("memory:")
    taped = record(app, store=store, body_limit=limit)
    run(websocket(taped, close=None) if is_websocket else request(taped))
    return next(iter(store.exchanges()))


def said(left: Exchange, right: Exchange) -> list[str]:
    return [str(one) for one in compare(left, right, ignore=["time"])]


EVENTS = b"data: 1\n\ndata: 22\n\n"
TEXT, STREAM, IMAGE = b"text/plain", b"text/event-stream", b"image/png"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (answered(TEXT, b"hello", limit=3), answered(TEXT, b"hello"), []),
        (answered(TEXT, b"hello"), answered(TEXT, b"hello", limit=3), []),
        (
            answered(TEXT, b"hello", limit=3),
            answered(TEXT, b"hell"),
            ['body: "5 bytes" → "4 bytes"'],
        ),
        (
            answered(TEXT, b"hello", limit=3),
            answered(TEXT, b"hullo"),
            ['body line 1: "hel" → "hul"'],
        ),
        (
            answered(STREAM, b"data: 1\n\ndata: 22\n\n", limit=15),
            answered(STREAM, b"data: 1\n\ndata: 22\n\n"),
            [],
        ),
        (answered(IMAGE, b"\x00\x01"), answered(IMAGE, b"\x00\x01"), []),
        (answered(IMAGE, b"\x00", b"\x01"), answered(IMAGE, b"\x00\x01"), []),
        (answered(IMAGE, b""), answered(IMAGE, b""), []),
        (answered(IMAGE, b"\x00\x01\x02", limit=2), answered(IMAGE, b"\x00\x01\x02"), []),
    ],
    ids=["cut", "cut now", "longer", "other", "events", "digest", "pieces", "empty", "cut digest"],
)
def test_as_much_of_a_body_is_compared_as_both_have(
    left: Exchange, right: Exchange, expected: list[str]
) -> None:
    """Its whole size is known."""
    assert expected == said(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (answered(IMAGE, b"\x00\x01"), answered(IMAGE, b"\x00\x02")),
        (answered(IMAGE, b"\x00\x01"), answered(IMAGE, b"\x00\x01\x02")),
        (said_on_websocket(b"\x00\xff"), said_on_websocket(b"\x00\xfe")),
    ],
    ids=["body", "size", "message"],
)
def test_what_was_not_kept_differs_by_size_and_digest(left: Exchange, right: Exchange) -> None:
    """Nobody searched it for secrets, so that it was not kept."""
    [difference] = compare(left, right, ignore=["time"])
    assert difference.path in ("", "1")  # it has no lines
    assert "bytes" in difference.left


def test_a_digest_is_compared_with_one_that_was_kept_otherwise() -> None:
    """Of a message that was recorded raw; without one, the size is all that is known."""
    masked, other = said_on_websocket(b"\x00\xff"), said_on_websocket(b"\x00\xfe")
    event = masked.events[2]
    raw = replace(event, message={**event.message, "bytes": b"\x00\xff"}, truncated=False)
    kept = replace(masked, events=(*masked.events[:2], raw, *masked.events[3:]))
    unknown = {**event.message, "sha256": ""}
    blank = replace(masked, events=(*masked.events[:2], replace(event, message=unknown)))

    assert [] == said(kept, masked)
    assert ["message"] == [one.part for one in compare(kept, other, ignore=["time"])]
    assert [] == [one for one in said(other, blank) if "message" in one]


def test_a_message_that_was_cut_is_compared_as_far_as_it_goes() -> None:
    """The others in whole."""
    left = said_on_websocket("hello", "you", limit=4)
    assert [] == said(left, said_on_websocket("hello", "you"))
    assert ['message 2 line 1: "you" → "me"'] == said(left, said_on_websocket("hello", "me"))


def test_a_gap_is_no_difference() -> None:
    """What is behind it is compared as far as both go."""
    whole = answered(TEXT, b"hello")
    assert [] == said(replace(whole, gap=1, events=whole.events[:1]), whole)


def test_how_much_is_in_a_gap_is_compared() -> None:
    """Unless the client left: how much was sent to it then, is chance."""
    whole = answered(TEXT, b"hello", b"you")
    place = whole.events.index(next(one for one in whole.events if one.message.get("body")))
    first = whole.events[: place + 1]
    less, same = (
        replace(whole, gap=place, events=first, missing=Missing(0, n, 1, 2)) for n in (2, 3)
    )
    left = replace(less, outcome="client_gone")

    assert [] == said(same, whole)
    assert ['body: "7 bytes" → "8 bytes"'] == said(less, whole)
    assert [] == [one for one in said(left, whole) if "bytes" in one]


def after_its_client_left(*pieces: bytes) -> Exchange:
    """A GET whose client leaves behind the first part; what is sent to nobody are *pieces*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one\n", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})

    store = open_store("memory:")
    run(request(record(app, store=store), disconnect=after("send", 2)))
    return next(iter(store.exchanges()))


def test_what_was_sent_to_a_client_that_had_left_is_no_difference() -> None:
    """How much of it there is, is chance."""
    left, right = after_its_client_left(), after_its_client_left(b"two\n")

    assert ["client_gone"] * 2 == [left.outcome, right.outcome]
    assert [] == [one for one in compare(left, right) if one.counts]
