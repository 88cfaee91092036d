"""What is masked in an exchange, and how it is said."""

from __future__ import annotations

import gzip
import hashlib
import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import open_store, record
from asgi_mw.export.jsonl import read_jsonl, write_jsonl
from asgi_mw.recorder.rows import row_of
from asgi_mw.redaction import Redaction
from asgi_mw.testing import request, run, websocket

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw import Exchange
    from asgi_mw.types import App, Message, Receive, Scope, Send

ACCEPT: Message = {"type": "websocket.accept"}
JSON = (b"content-type", b"application/json")


def _answering(headers: Any, *pieces: bytes) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, piece in enumerate(pieces, start=1):
            more = number < len(pieces)
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    return app


def _exchange(app: App, *, redact: Any = None, options: Any = None, **given: Any) -> Exchange:
    store = open_store("memory:")
    run(request(record(app, store=store, redact=redact, **(options or {})), **given))
    [exchange] = store.exchanges()
    return exchange


def _bodies(exchange: Exchange) -> list[bytes]:
    return [e.message["body"] for e in exchange.events if e.type == "http.response.body"]


def test_a_secret_over_two_messages_is_masked_and_the_border_kept() -> None:
    """As many messages as were sent, each with its true size."""
    exchange = _exchange(_answering([JSON], b'{"pin": "12', b'34", "a": 1}'))
    assert b'{"pin": "[redacted]", "a": 1}' == b"".join(_bodies(exchange))
    assert [11, 12] == [event.size for event in exchange.events[2:]]
    assert "body pin" in exchange.redacted


def test_a_coded_body_is_kept_decoded_and_says_so() -> None:
    """For only what can be read can be masked."""
    coded = gzip.compress(b'{"pin": "1234", "a": 1}')
    headers = [JSON, (b"content-encoding", b"gzip")]
    exchange = _exchange(_answering(headers, coded[:15], coded[15:]))
    assert b'{"pin": "[redacted]", "a": 1}' == b"".join(_bodies(exchange))
    assert [True, True] == [event.message["decoded"] for event in exchange.events[2:]]
    assert [15, len(coded) - 15] == [event.size for event in exchange.events[2:]]


@pytest.mark.parametrize("kind", [b"application/octet-stream", b"image/png"])
def test_what_cannot_be_searched_is_kept_as_size_and_digest(kind: bytes) -> None:
    """Its bytes are counted as not kept, with the reason."""
    data = b"\x00\x01binary"
    exchange = _exchange(_answering([(b"content-type", kind)], data))
    event = exchange.events[-1]
    assert (b"", len(data), True) == (event.message["body"], event.size, event.truncated)
    assert hashlib.sha256(data).hexdigest() == event.message["sha256"]
    [(reason, count)] = exchange.dropped.items()
    assert (True, len(data)) == (reason.startswith("bytes not kept: "), count)


def test_raw_bodies_are_kept_as_they_are_if_asked_for() -> None:
    """Headers are masked nevertheless."""
    headers = [JSON, (b"set-cookie", b"a=1")]
    redact = Redaction(bodies="raw")
    exchange = _exchange(_answering(headers, b'{"pin": "1234"}'), redact=redact)
    assert [b'{"pin": "1234"}'] == _bodies(exchange)
    assert (b"set-cookie", b"a=[redacted]") in list(
        map(tuple, exchange.events[1].message["headers"])
    )


def test_more_names_can_be_secret() -> None:
    """Given as plain names to the layer."""
    exchange = _exchange(
        _answering([JSON], b'{"iban": "DE02", "a": 1}'), redact=["iban"], target="/?iban=DE02"
    )
    assert [b'{"iban": "[redacted]", "a": 1}'] == _bodies(exchange)
    assert b"iban=[redacted]" == exchange.scope["query_string"]


def test_what_was_masked_is_named_once() -> None:
    """Where it was, and what it is called."""
    exchange = _exchange(
        _answering([JSON], b'{"pin": "1234"}'),
        target="/?token=abc",
        headers=[("authorization", "Bearer abc")],
        body=b'{"pin": 1}',
    )
    assert 1 == exchange.redacted.count("body pin")
    assert len(set(exchange.redacted)) == len(exchange.redacted)
    assert "[redacted]" in str(exchange.header("authorization"))


@pytest.mark.parametrize("headers", [5, None, [None], [(1, 2)], ["text"], {"a": "b"}], ids=repr)
def test_headers_that_are_none_hide_no_exchange(headers: Any) -> None:
    """An app that sends what no server takes is the one that somebody wants to look at."""
    exchange = _exchange(_answering(headers, b'{"pin": "1234"}'))
    assert ("http", 200) == (exchange.type, exchange.status)
    assert b"1234" not in b"".join(_bodies(exchange))


def test_what_is_cut_has_no_digest() -> None:
    """That of a part would be taken for that of the whole."""
    event = _exchange(_answering([(b"content-type", b"image/png")], bytes(70_000))).events[-1]
    assert (b"", 70_000, True) == (event.message["body"], event.size, event.truncated)
    assert "sha256" not in event.message


def test_a_websocket_message_is_masked_for_itself() -> None:
    """Text stays text, and bytes stay bytes; what is no text is kept as its digest."""
    store = open_store("memory:")

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] == "websocket.receive":
            pass

    given: list[Any] = ['{"pin": "12", "é": 1}', b'{"pin": "12"}', b"\xff\x00", "\ud800 lone"]
    run(websocket(record(echo, store=store), messages=given))
    [exchange] = store.exchanges()
    events = [event for event in exchange.events if event.type == "websocket.receive"]
    assert '{"pin": "[redacted]", "é": 1}' == events[0].message["text"]
    assert b'{"pin": "[redacted]"}' == events[1].message["bytes"]
    assert hashlib.sha256(b"\xff\x00").hexdigest() == events[2].message["sha256"]
    lone = "\ud800 lone".encode("utf-8", "surrogatepass")
    assert hashlib.sha256(lone).hexdigest() == events[3].message["sha256"]


def test_an_exception_is_kept_with_its_cause_and_its_moment() -> None:
    """Type with its module, text, traceback; a ``__str__`` that fails is said."""

    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 500})
        await send({"type": "http.response.body"})
        raise OddError from KeyError("cause")

    exchange = _exchange(app)
    assert exchange.error is not None
    assert exchange.error.type.endswith("OddError")
    assert "RuntimeError" in exchange.error.message
    assert "KeyError: 'cause'" in exchange.error.traceback
    assert exchange.error.at >= (exchange.ended or 0) > 0
    assert "error" == exchange.outcome


def test_background_work_after_a_response_leaves_it_complete() -> None:
    """The time is that of the last message, the error is kept beside it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})
        raise ValueError("in the background")

    exchange = _exchange(app)
    assert ("complete", "ValueError") == (exchange.outcome, exchange.error and exchange.error.type)
    assert exchange.ended == exchange.events[-1].returned


@pytest.mark.parametrize("body", [{}, {"body": b"ok"}, {"body": b""}, {"body": 5}], ids=repr)
@pytest.mark.parametrize("key", ["text", "bytes"])
def test_a_payload_where_none_belongs_is_masked_as_well(body: Any, key: str) -> None:
    """Beside a body, in whatever message."""
    secret = "token=canary-4711" if key == "text" else b"token=canary-4711"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for kind in ("http.response.start", "http.response.body", "http.response.made_up"):
            await send({"type": kind, "status": 200, "headers": [], **body, key: secret})

    exchange = _exchange(app)
    assert 3 == sum("token=[redacted]" in repr(event.message) for event in exchange.events)
    assert "canary-4711" not in repr(exchange)


@pytest.mark.parametrize(
    "options",
    [
        {"target": "/token=x?token=y&page=2", "method": "post", "body": b"abc"},
        {"headers": [(b"authorization", b"secret")]},
    ],
)
@pytest.mark.parametrize("layers", [False, True])
def test_a_line_says_the_same_as_the_whole_exchange(*, options: Any, layers: bool) -> None:
    """With the same masked, though it reads less."""
    store = open_store("memory:")
    run(request(record(_answering([JSON], b"{}"), store=store, layers=layers), **options))
    [exchange] = store.exchanges()
    [row] = store.rows()
    assert row_of(exchange) == row
    assert "token=x" not in row.path and "token=y" not in row.query


def test_a_line_of_a_websocket_says_how_it_was_closed() -> None:
    """And with which code."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000, "reason": "over"})

    store = open_store("memory:")
    run(websocket(record(app, store=store)))
    [exchange] = store.exchanges()
    [row] = store.rows()
    assert row_of(exchange) == row
    assert (4000, "app") == (row.close_code, row.close_by)


class _LeftError(OSError):
    """What a server of its own kind raises for a client that left."""


@pytest.mark.parametrize("where", ["memory:", "folder"])
def test_the_first_send_that_failed_says_when_the_client_left(tmp_path: Path, where: str) -> None:
    """Also if the name of what it raised does not show it, and that of a later one does."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in (ACCEPT, ACCEPT, {"type": "websocket.close", "code": 4000}):
            with suppress(OSError):
                await send(message)

    store = open_store(where if where == "memory:" else tmp_path / "spool")
    run(websocket(record(app, store=store), send_errors={1: _LeftError(), 3: OSError()}))
    [exchange] = store.exchanges()
    [row] = store.rows()
    store.close()
    first = exchange.events[0]
    assert ("_LeftError", "client_gone") == (first.raised, exchange.outcome)
    assert (None, first.returned) == (exchange.close, exchange.gone)
    assert row_of(exchange) == row
    file = io.StringIO()
    write_jsonl([exchange], file)
    [again] = read_jsonl(io.BytesIO(file.getvalue().encode()))
    assert (None, first.returned) == (again.close, again.gone)
