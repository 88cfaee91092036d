"""Facts about results: what was recorded, and the words for it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.testing import Result, play, request, run, websocket, websocket_scope
from asgi_mw.testing.result import consumed, snapshot

if TYPE_CHECKING:
    from asgi_mw.types import Message, Receive, Scope, Send

START = {"type": "http.response.start", "status": 200}


def sending(*messages: Any) -> Any:
    """Make an app that sends *messages*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


def test_sent_messages_are_deep_snapshots_and_the_identical_objects() -> None:
    """What the app does to a message after sending it is seen in the object only."""
    message: Message = {"type": "http.response.start", "status": 200, "headers": [[b"a", b"1"]]}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(message)
        message["headers"][0][1] = b"2"
        message["status"] = 500

    result = run(request(app))

    assert (result.sent) == [
        {"type": "http.response.start", "status": 200, "headers": [(b"a", b"1")]}
    ]
    assert message is result.originals[0]
    assert message["headers"] == [[b"a", b"2"]]


def test_a_message_that_is_sent_is_not_changed() -> None:
    """The wire leaves the app's object as it was, lists of lists included."""
    message: Message = {**START, "headers": [[b"a", b"1"]], "x": {"y": [1]}}

    run(request(sending(message)))

    assert message == {**START, "headers": [[b"a", b"1"]], "x": {"y": [1]}}


def test_an_http_response_in_words() -> None:
    """Status, headers in any case, body and trailers are read from what was delivered."""
    result = run(
        request(
            sending(
                {
                    "type": "http.response.start",
                    "status": 207,
                    "headers": [(b"Set-Cookie", b"a"), (b"set-cookie", b"b")],
                    "trailers": True,
                },
                {"type": "http.response.body", "body": b"ab", "more_body": True},
                {"type": "http.response.body", "body": memoryview(b"cd")},
                {"type": "http.response.trailers", "headers": [(b"t", b"1")]},
                {"type": "http.response.body", "body": b"too late"},
            )
        )
    )

    assert (
        result.status,
        result.header("SET-cookie"),
        result.all(b"set-cookie"),
        result.header("x"),
    ) == (207, b"a", [b"a", b"b"], None)
    assert (result.body, result.trailers, result.complete) == (b"abcd", [(b"t", b"1")], True)
    assert [call.delivered for call in result.sends] == [True, True, True, True, False]


def test_a_connection_without_answer_in_words() -> None:
    """Nothing is invented in the app's place."""
    result = run(request(sending()))

    assert (
        result.status,
        result.headers,
        result.body,
        result.trailers,
        result.complete,
    ) == (None, [], b"", [], False)
    assert (
        result.accepted,
        result.subprotocol,
        result.texts,
        result.blobs,
        result.closed,
        result.denied,
    ) == (False, None, [], [], None, None)


def test_a_websocket_in_words() -> None:
    """Texts, bytes, subprotocol and the app's close."""
    result = run(
        websocket(
            sending(
                {"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"a", b"1")]},
                {"type": "websocket.send", "text": "", "bytes": None},
                {"type": "websocket.send", "bytes": b"x"},
                {"type": "websocket.close", "code": 4000, "reason": "bye"},
            )
        )
    )

    assert (
        result.accepted,
        result.subprotocol,
        result.texts,
        result.blobs,
        result.closed,
        result.denied,
    ) == (True, "chat", [""], [b"x"], (4000, "bye"), None)
    assert result.header("a") == b"1"


@pytest.mark.parametrize(
    ("messages", "denied", "closed", "body"),
    [
        ([{"type": "websocket.close"}], 403, (1000, ""), b""),
        (
            [
                {"type": "websocket.http.response.start", "status": 401},
                {"type": "websocket.http.response.body", "body": b"who?"},
            ],
            401,
            None,
            b"who?",
        ),
    ],
    ids=["close", "denial response"],
)
def test_a_denied_websocket_in_words(
    messages: list[Message], denied: int, closed: tuple[int, str] | None, body: bytes
) -> None:
    """A close before the accept reaches the client as a 403."""
    result = run(play(sending(*messages), websocket_scope()))

    assert (denied, closed, body) == (result.denied, result.closed, result.body)


def test_broken_messages_are_recorded_as_they_are() -> None:
    """The wire does not judge unless it is told to."""
    broken: list[Any] = [None, 7, {}, {"type": "http.response.start", "headers": "x"}, {"links": 1}]

    result = run(request(sending(*broken)))

    assert broken == result.sent
    assert result.returned


def test_changes_of_what_belongs_to_the_server_are_named() -> None:
    """Of the scope, deeply, and of the messages that were given."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        message["body"] = b"mine"
        scope["asgi"]["x"] = 1
        scope["new"] = None
        del scope["client"]

    result = run(request(app))

    assert result.mutated() == ["scope['asgi']", "scope['client']", "scope['new']", "received[0]"]
    assert result.received[0]["body"] == b""


def test_an_app_that_changes_nothing_is_clean() -> None:
    """Nothing is named when nothing was changed."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    assert run(request(app, body=[b"a", b"b"])).mutated() == []


def test_calls_stand_in_the_order_in_which_they_were_made() -> None:
    """Both sides are in one list, numbered each for itself."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(START)
        await receive()

    result = run(request(app, body=[b"a", b"b"]))

    assert [(call.side, call.number) for call in result.calls] == [
        ("receive", 1),
        ("send", 1),
        ("receive", 2),
    ]


def test_a_snapshot_keeps_what_is_no_plain_value() -> None:
    """Files, iterators and objects are the same ones."""
    file, iterator = io.BytesIO(), iter([1])

    copy = snapshot({"file": file, "iterator": iterator, "buffer": bytearray(b"x")})

    assert copy["file"] is file
    assert copy["iterator"] is iterator
    assert list(iterator) == [1]
    assert type(copy["buffer"]) is bytes


def test_links_are_read_once_too() -> None:
    """An early hint carries an iterable as well."""
    assert consumed({"type": "http.response.early_hint", "links": iter([b"a"])}) == {
        "type": "http.response.early_hint",
        "links": [b"a"],
    }


def test_a_result_starts_empty() -> None:
    """Every fact has a value from the start."""
    result = Result({"type": "x"}, {"type": "x"})

    assert (result.sent, result.received, result.ended, result.raised) == ([], [], False, None)
