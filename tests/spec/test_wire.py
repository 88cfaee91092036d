from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.spec.wire import Wire


def _played(*messages: dict[str, Any], scope: dict[str, Any] | None = None) -> list[str]:
    """The rules that a response breaks, of which the last message is the end."""
    wire, found = Wire(scope or {}), []
    for number, message in enumerate(messages, start=1):
        wire.keep()
        over = number == len(messages)
        found += [rule for rule, _ in wire.sending(message["type"], message, None, over=over)]
    return found


def _start(*pairs: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": [*pairs]}


def _body(data: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data}


def _long(length: bytes) -> tuple[bytes, bytes]:
    return (b"content-length", length)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([_start(_long(b"2")), _body(b"hi")], []),
        ([_start(_long(b"2")), _body(b"h"), _body(b"i")], []),
        ([_start(_long(b"2")), _body(b"h")], ["wire.length.differs"]),
        ([_start(_long(b"1")), _body(b"hi"), _body(b"hi")], ["wire.length.differs"]),
        ([_start(_long(b"1" * 20)), _body(b"")], ["wire.length.malformed"]),
        ([_start(_long(b"2"), status=304), _body(b"")], []),
        ([_start(status=304), _body(b"hi")], ["wire.body.forbidden"]),
        ([_start(_long(b"0"), status=204), _body(b"")], ["wire.length.forbidden"]),
        ([_start(status=600), _body(b"")], ["wire.status"]),
        ([_start((b"", b"")), _body(b"")], ["wire.header.name"]),
    ],
)
def test_a_response(messages: list[dict[str, Any]], expected: list[str]) -> None:
    assert _played(*messages) == expected


def test_a_response_to_head_has_the_length_of_another() -> None:
    scope = {"method": "HEAD"}
    assert _played(_start(_long(b"9")), _body(b""), scope=scope) == []
    assert _played(_start(_long(b"9")), _body(b"hi"), scope=scope) == ["wire.body.of-head"]


def test_what_was_refused_did_not_count() -> None:
    wire = Wire({})
    wire.keep()
    assert list(wire.sending("http.response.start", _start(_long(b"9")), None, over=False)) == []
    wire.undo()
    assert list(wire.sending("http.response.start", _start(_long(b"2")), None, over=False)) == []
    assert list(wire.sending("http.response.body", _body(b"hi"), None, over=True)) == []


def test_a_request_is_as_long_as_it_says() -> None:
    """The size is that of the recording, if it has less of the body."""
    wire = Wire({"headers": [_long(b"3")]})
    part = {"type": "http.request", "body": b"h", "more_body": True}
    assert list(wire.received(part, 2)) == []
    [(rule, said)] = wire.received({"type": "http.request", "body": b""}, None)
    assert (rule, said) == (
        "wire.request.length",
        "content-length is 3, and the body has 2 bytes",
    )
    assert list(wire.received({"type": "http.request", "body": b"more"}, None)) == []


def test_a_close_has_a_code_only_once_it_was_accepted() -> None:
    close = {"type": "websocket.close", "code": 1006}
    assert _played(close) == []
    assert _played({"type": "websocket.accept"}, close) == ["wire.websocket.code"]
