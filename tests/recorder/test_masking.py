"""Payloads are masked as they are recorded, and so are those of an exchange that is at hand."""

from __future__ import annotations

import gzip
from dataclasses import replace

from asgi_mw.events import Event, Failure
from asgi_mw.parts import body_of
from asgi_mw.recorder.masking import masked_exchange, with_masked_payloads
from asgi_mw.redaction import DEFAULT, Redaction
from tests.recorder.made import MS, made


def test_an_exchange_is_masked_as_if_it_were_recorded() -> None:
    """Scope, headers, bodies, messages and what failed."""
    exchange = made(
        headers=[(b"authorization", b"Bearer s3cret")],
        request=b'{"password": "s3cret"}',
        sent=[(b"set-cookie", b"session=s3cret")],
        scope={"query_string": b"token=s3cret"},
        error=Failure("E", "password=s3cret", "password=s3cret", 1),
    )
    masked = masked_exchange(exchange, DEFAULT)
    assert "s3cret" not in repr(masked)
    assert ("scope token", "scope authorization", "header set-cookie", "body password") == (
        masked.redacted
    )
    assert exchange.events[0].message["body"] == b'{"password": "s3cret"}'


def test_only_its_payloads_are_masked_again() -> None:
    """Twice is as once, and the true sizes stay."""
    exchange = made(request=b'{"password": "s3cret"}')
    once = with_masked_payloads(exchange, DEFAULT)
    assert b'{"password": "[redacted]"}' == body_of(once, "receive").data
    assert len(b'{"password": "s3cret"}') == body_of(once, "receive").size
    assert once == with_masked_payloads(once, DEFAULT)


def test_what_was_decoded_is_not_decoded_again() -> None:
    """Though the header still names the coding."""
    coding = [(b"content-encoding", b"gzip")]
    exchange = made(response=gzip.compress(b'{"pin": "1234"}'), sent=coding)
    once = with_masked_payloads(exchange, DEFAULT)
    assert b'{"pin": "[redacted]"}' == body_of(once, "send").data
    assert once == with_masked_payloads(once, DEFAULT)


def test_what_is_no_text_is_kept_as_a_digest() -> None:
    """Of a message of a WebSocket, too; and nothing of any, if none is to be kept."""
    events = (
        Event("receive", 0, MS, {"type": "websocket.receive", "bytes": b"\x00\xff"}, 2),
        Event("receive", 0, MS, {"type": "websocket.receive", "text": "hello"}, 5),
    )
    exchange = replace(made(kind="websocket"), events=events)
    binary, text = with_masked_payloads(exchange, DEFAULT).events
    assert (b"", True, 64) == (
        binary.message["bytes"],
        binary.truncated,
        len(binary.message["sha256"]),
    )
    assert "hello" == text.message["text"]
    none = with_masked_payloads(exchange, Redaction(bodies="none"))
    assert [b"", ""] == [none.events[0].message["bytes"], none.events[1].message["text"]]
