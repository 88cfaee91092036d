"""Messages of WebSockets and event streams, as Chrome has them in a HAR."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.events import Event
from asgi_mw.export.har import conversation
from tests.recorder.made import MS, made

BEGAN = made().began / 1e9


def body(at: int, data: bytes, *, more: bool = True) -> Event:
    """A part of a response; *at* in ms."""
    message = {"type": "http.response.body", "body": data, "more_body": more}
    return Event("send", at * MS, at * MS, message, len(data))


def test_a_socket_is_seen_from_the_client() -> None:
    """What the app receives the client sends; bytes are in base64."""
    events = (
        Event("receive", 0, MS, {"type": "websocket.connect"}),
        Event("send", MS, MS, {"type": "websocket.accept"}),
        Event("receive", MS, 3 * MS, {"type": "websocket.receive", "text": "hi"}, 2),
        Event("send", 4 * MS, 9 * MS, {"type": "websocket.send", "bytes": b"\xff"}, 1),
        Event("send", 5 * MS, 9 * MS, {"type": "websocket.send", "bytes": b"", "x": 1}, 70, True),
    )
    assert [
        {"type": "send", "time": round(BEGAN + 0.003, 6), "opcode": 1, "data": "hi"},
        {"type": "receive", "time": round(BEGAN + 0.004, 6), "opcode": 2, "data": "/w=="},
        {
            "type": "receive",
            "time": round(BEGAN + 0.005, 6),
            "opcode": 2,
            "data": "",
            "_size": 70,
            "_cut": True,
        },
    ] == conversation.frames(made(kind="websocket", events=events))


def test_an_event_is_there_with_the_message_in_which_it_ends() -> None:
    """Its parts may come in several; a name and data hold for one event, an id for those after."""
    exchange = made(
        events=(
            body(1, b": hello\n\nevent: add\nid: 7\nda"),
            body(2, b"ta: 1\r\ndata:2\r"),
            body(3, b"\n\r\ndata: 3\n\nevent: none\n\n"),
            body(4, b"data: cut", more=False),
        )
    )
    third = round(BEGAN + 0.003, 6)
    assert [
        {"time": third, "eventName": "add", "eventId": "7", "data": "1\n2"},
        {"time": third, "eventName": "message", "eventId": "7", "data": "3"},
    ] == conversation.events(exchange)


@given(st.lists(st.sampled_from([b"data: a", b"\n", b"\r", b"\r\n", b"id: 1"]), max_size=20))
def test_where_messages_end_does_not_matter(pieces: list[bytes]) -> None:
    """The same events, however the stream was cut."""

    def said(parts: list[bytes]) -> list[object]:
        last = len(parts) - 1
        events = tuple(body(1, part, more=at < last) for at, part in enumerate(parts))
        found = conversation.events(replace(made(), events=events))
        return [{**one, "time": 0} for one in found]

    whole = b"".join(pieces)
    assert said([whole]) == said([whole[at : at + 1] for at in range(len(whole))] or [b""])
