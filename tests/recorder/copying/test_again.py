"""What differs from the request that was recorded is said, and masked values have a place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asgi_mw.recorder.copying.again import request_again
from tests.recorder.made import made


def test_masked_values_have_a_named_place() -> None:
    """No mask is sent: what the recording hid is a placeholder that a note names."""
    one = made(
        method="POST",
        headers=[
            (b"authorization", b"Bearer [redacted]"),
            (b"cookie", b"sid=[redacted]; theme=dark"),
        ],
        scope={"query_string": b"token=[redacted]&page=2", "raw_path": b"/reset/[redacted]"},
        request=b'{"password": "[redacted]", "pin":"[redacted]"}',
    )
    found = request_again(one)

    assert [
        (b"authorization", b"Bearer <authorization>"),
        (b"cookie", b"sid=<sid>; theme=dark"),
    ] == (found.headers)
    assert "/reset/<path>?token=<token>&page=2" == found.target
    assert b'{"password": "<password>", "pin":"<pin>"}' == found.body
    masked = "<authorization> <sid> <path> <token> <password> <pin>"
    assert [f"masked in the recording, to be filled in: {masked}"] == found.notes


def test_a_place_may_look_otherwise() -> None:
    """For who writes it in another language."""
    again = request_again(made(request=b'{"pin": "[redacted]"}'), "${{{}}}")
    assert b'{"pin": "${pin}"}' == again.body
    assert ["masked in the recording, to be filled in: ${pin}"] == again.notes


def test_a_long_word_before_a_mask_costs_nothing() -> None:
    """A name is looked for near the mask: a body of one word takes no hours."""
    found = request_again(made(request=b"a" * 4_000_000 + b'"[redacted]'))

    assert found.body.endswith(b'a"<body>')


@pytest.mark.parametrize(
    ("message", "note"),
    [
        ({"size": 5000, "truncated": True}, "the body is cut: 3 of 5000 bytes were kept"),
        (
            {"message": {"type": "http.request", "body": b"abc", "decoded": True}},
            "the body was recorded decoded: content-encoding is left out",
        ),
    ],
)
def test_a_body_that_is_another_is_said(message: dict[str, Any], note: str) -> None:
    """What was not kept cannot be sent; what was kept decoded is sent as that."""
    one = made(request=b"abc", headers=[(b"content-encoding", b"gzip")])
    found = request_again(replace(one, events=(replace(one.events[0], **message),)))

    assert ([note], b"abc") == (found.notes, found.body)
    assert ("cut" in note) is found.says(b"content-encoding")


@pytest.mark.parametrize(
    ("scope", "origin"),
    [
        ({"headers": [(b"host", b"shop.test:81")]}, "http://shop.test:81"),
        ({"headers": [(b"host", b"[::1]:81")], "scheme": "wss"}, "https://[::1]:81"),
        ({"headers": [(b"host", b"a/b")]}, "http://127.0.0.1:80"),
        ({"headers": [(b"host", b"'; id")], "server": ["::1", 81]}, "http://[::1]:81"),
        ({"server": ["shop.test", None]}, "http://shop.test"),
        ({"server": ["/run/app.sock", None]}, "http://localhost"),
        ({"server": None, "headers": None}, "http://localhost"),
        ({"server": ["a b", 80], "headers": "odd"}, "http://localhost"),
    ],
)
def test_the_authority_is_one_or_another(scope: dict[str, Any], origin: str) -> None:
    """Of the host header; where that is none, of the server's address."""
    assert origin == request_again(made(scope=scope)).origin


def test_a_head_has_no_body_and_a_websocket_only_a_handshake() -> None:
    """Both are said."""
    head = request_again(made(method="HEAD", request=b"x"))
    handshake = request_again(made(kind="websocket", method=""))

    assert (b"", ["the body of this HEAD is left out"]) == (head.body, head.notes)
    assert ("GET", ["a WebSocket: this makes only the handshake"]) == (
        handshake.method,
        handshake.notes,
    )


def test_files_of_a_form_are_said_to_be_missing() -> None:
    """The recorder keeps how long they are."""
    part = b'--b\r\ncontent-disposition: form-data; name="file"\r\n\r\n[2000 bytes]\r\n--b--\r\n'
    found = request_again(made(method="POST", request=part))

    assert ["the recording has no files: put each where it says [… bytes]"] == found.notes
