"""One exchange as an entry of a HAR."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from asgi_mw.events import Event, Failure
from asgi_mw.export.har.entry import moment
from tests.cli.facts import FAILED, LOST
from tests.export.har.trip import RAW, entries
from tests.recorder.made import MS, made


def test_a_request_and_its_answer() -> None:
    """All that a HAR has a place for; what does not apply is -1."""
    exchange = made(
        method="POST",
        path="/caf\xe9",
        headers=[
            (b"host", b"shop.test:8000"),
            (b"cookie", b"a=[redacted]"),
            (b"content-type", b"a/json"),
        ],
        request=b"{}",
        response=b'{"a": 1}',
        status=201,
        sent=[(b"content-type", b"application/json"), (b"location", b"/x")],
        scope={"query_string": b"q=a%20b", "http_version": "2", "scheme": "https"},
    )
    [entry] = entries(exchange)
    assert {
        "method": "POST",
        "url": "https://shop.test:8000/caf%C3%A9?q=a%20b",
        "httpVersion": "HTTP/2",
        "cookies": [{"name": "a", "value": "[redacted]"}],
        "headers": [
            {"name": "host", "value": "shop.test:8000"},
            {"name": "cookie", "value": "a=[redacted]"},
            {"name": "content-type", "value": "a/json"},
        ],
        "queryString": [{"name": "q", "value": "a b"}],
        "headersSize": -1,
        "bodySize": 2,
        "postData": {"mimeType": "a/json", "text": "{}"},
    } == entry["request"]
    assert {
        "status": 201,
        "statusText": "Created",
        "httpVersion": "HTTP/2",
        "cookies": [],
        "headers": [
            {"name": "content-type", "value": "application/json"},
            {"name": "location", "value": "/x"},
        ],
        "content": {"size": 8, "mimeType": "application/json", "text": '{"a": 1}'},
        "redirectURL": "/x",
        "headersSize": -1,
        "bodySize": 8,
    } == entry["response"]
    assert (1.5, 0.5, 10.0, 12.0) == (
        *(entry["timings"][name] for name in ("send", "wait", "receive")),
        entry["time"],
    )
    assert ("127.0.0.1", "50001") == (entry["serverIPAddress"], entry["connection"])
    assert exchange.id == entry["_asgi"]["id"]


def test_a_body_that_is_no_text_is_in_base64() -> None:
    """Of a request, where a HAR has no word for it, a custom member says so."""
    [entry] = entries(made(method="PUT", request=b"\xff", response=b"\x00\xfe"), redact=RAW)
    posted, content = entry["request"]["postData"], entry["response"]["content"]
    assert ("/w==", "base64") == (posted["text"], posted["_encoding"])
    assert ("AP4=", "base64") == (content["text"], content["encoding"])


@pytest.mark.parametrize("recorded", ["coded", "decoded"])
def test_a_coding_is_undone(recorded: str) -> None:
    """As browsers have it: the size is that of the content, and what the coding saved is said."""
    plain = b'{"a": "' + b"b" * 500 + b'"}'
    coded = gzip.compress(plain)
    exchange = made(response=coded, sent=[(b"content-encoding", b"gzip")])
    start, body = exchange.events[1:]
    if recorded == "decoded":
        message = {**body.message, "body": plain, "decoded": True}
        exchange = replace(exchange, events=(start, replace(body, message=message)))
    [entry] = entries(exchange, redact=RAW)
    content = entry["response"]["content"]
    assert (len(plain), len(plain) - len(coded), plain.decode()) == (
        content["size"],
        content["compression"],
        content["text"],
    )
    assert len(coded) == entry["response"]["bodySize"]


def test_what_was_cut_or_masked_is_said() -> None:
    """In the comment of the entry, and of the body."""
    exchange = made(redacted=("scope authorization",), dropped={"bytes over body_limit": 90})
    *others, body = exchange.events
    cut = replace(body, size=92, truncated=True)
    [entry] = entries(replace(exchange, events=(*others, cut)))
    assert (
        "masked: scope authorization; body of the response: 2 of 92 bytes were kept; "
        "bytes over body_limit: 90"
    ) == entry["comment"]
    assert "2 of 92 bytes were kept" == entry["response"]["content"]["comment"]
    assert 92 == entry["response"]["content"]["size"]


def test_an_outcome_that_is_no_complete_response_is_an_error() -> None:
    """As Chrome has it, in the response; the answer that the server gave is told from the app's."""
    gone = made(outcome="client_gone", events=(), ended=5 * MS)
    crash = made(outcome="error", events=(), error=Failure("KeyError", "'a'", "", 0))
    [failed, lost, left, crashed] = entries(FAILED, LOST, gone, crash)
    assert "error: app.Oops: it broke\x1b[31m" == failed["response"]["_error"]
    assert ("lost", 0) == (lost["response"]["_error"], lost["response"]["status"])
    assert ("client_gone", 0) == (left["response"]["_error"], left["response"]["status"])
    assert (500, "the server's own: the app sent none") == (
        crashed["response"]["status"],
        crashed["response"]["comment"],
    )


def test_a_socket_has_its_scheme_and_subprotocol() -> None:
    """What the server makes of the choice of the app is a header of the response."""
    events = (
        Event("receive", 0, MS, {"type": "websocket.connect"}),
        Event("send", MS, MS, {"type": "websocket.accept", "subprotocol": "chat"}),
    )
    scope = {"scheme": "wss", "subprotocols": ["chat"]}
    [entry] = entries(made(kind="websocket", events=events, scope=scope))
    assert ("wss://127.0.0.1:80/orders", 101, "websocket", []) == (
        entry["request"]["url"],
        entry["response"]["status"],
        entry["_resourceType"],
        entry["_webSocketMessages"],
    )
    assert [{"name": "sec-websocket-protocol", "value": "chat"}] == entry["response"]["headers"]


def test_an_event_stream_has_its_events() -> None:
    """Beside its text."""
    stream = [(b"content-type", b"text/event-stream")]
    [entry] = entries(made(response=b"data: 1\n\n", sent=stream))
    [event] = entry["_eventSourceMessages"]
    assert ("eventsource", "1", "data: 1\n\n") == (
        entry["_resourceType"],
        event["data"],
        entry["response"]["content"]["text"],
    )


def test_odd_statuses_and_hosts_have_no_phrase_and_no_address() -> None:
    """A recording may hold any."""
    [entry] = entries(made(status=799, scope={"server": ["unix:/a", None], "client": None}))
    assert ("", False, False) == (
        entry["response"]["statusText"],
        "serverIPAddress" in entry,
        "connection" in entry,
    )


def test_a_moment_has_microseconds() -> None:
    """Which every browser reads."""
    assert "2025-06-15T15:06:40.123456Z" == moment(1_750_000_000_123_456_789)
