"""A HAR is read entry by entry, and what we wrote is as it was."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_mw import open_store, record
from asgi_mw.events import Event
from asgi_mw.export import DocumentError, Taken, read_har
from asgi_mw.parts import body_of, headers_of, payload_in
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.masking import masked_exchange
from asgi_mw.testing import request, run, websocket
from tests.cli.conftest import app
from tests.cli.facts import EXCHANGE, FAILED, LOST
from tests.export.har.trip import RAW, again, of_entries, read, written
from tests.recorder.made import MS, made
from tests.tried import tried

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

NAMES = st.from_regex(rb"[a-z-]{1,12}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("startedDateTime", "time", "request", "response", "timings", "url", "status"),
                    *("headers", "postData", "content", "text", "encoding", "size", "bodySize"),
                    *(
                        "_webSocketMessages",
                        "_eventSourceMessages",
                        "_asgi",
                        "id",
                        "close",
                        "error",
                    ),
                ]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


def facts(exchange: Exchange) -> dict[str, Any]:
    """What an archive has to keep of an exchange."""
    messages = [
        (event.type, payload_in(event.message), event.size)
        for event in exchange.events
        if event.type in ("websocket.receive", "websocket.send")
    ]
    return {
        "id": exchange.id,
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.scope.get("query_string"),
        "headers": headers_of(exchange, "receive"),
        "request": body_of(exchange, "receive"),
        "status": exchange.answer,
        "answer": headers_of(exchange, "send"),
        "response": body_of(exchange, "send"),
        "messages": messages,
        "close": exchange.close,
        "began": exchange.began // 1000,
        "ended": exchange.ended,
        "outcome": exchange.outcome,
        "error": exchange.error,
        "client": exchange.scope.get("client"),
        "ids": (exchange.request_id, exchange.trace_id, exchange.span_id, exchange.route),
    }


@given(
    method=st.sampled_from(["GET", "POST", "PURGE"]),
    path=st.text(st.characters(min_codepoint=33, codec="utf-8"), max_size=12),
    query=st.binary(max_size=12),
    headers=st.lists(st.tuples(NAMES, st.binary(max_size=12)), max_size=4),
    sent=st.lists(st.tuples(NAMES, st.binary(max_size=12)), max_size=4),
    bodies=st.tuples(st.binary(max_size=30), st.binary(max_size=30)),
    status=st.integers(100, 599),
    took=st.integers(3, 100_000),
)
@settings(max_examples=150, deadline=None)
def test_what_we_wrote_is_as_it_was(  # each is a part of an exchange
    *,
    method: str,
    path: str,
    query: bytes,
    headers: list[tuple[bytes, bytes]],
    sent: list[tuple[bytes, bytes]],
    bodies: tuple[bytes, bytes],
    status: int,
    took: int,
) -> None:
    """Whatever octets are in it; masked, as whatever is recorded."""
    exchange = made(
        method=method,
        path=f"/{path}",
        headers=headers,
        request=bodies[0],
        response=bodies[1],
        status=status,
        sent=sent,
        took=took,
        scope={"query_string": query},
    )
    # A coding of which the body is none stays in both
    exchange = masked_exchange(exchange, RAW)
    [found] = again(exchange, redact=RAW)
    kept = facts(exchange)
    # An address has no octets that no address has
    kept["query"] = found.scope["query_string"] if kept["query"].isascii() else None
    assert kept | {"query": None} == facts(found) | {"query": None}


def test_recorded_traffic_is_as_it_was() -> None:
    """Requests, what the app left with an exception, and a WebSocket."""
    store = open_store("memory:")
    recorded = record(app, store=store)
    run(request(recorded, "GET", "/users/7?token=s3cret&page=2"))
    run(request(recorded, "POST", "/crash", body=b'{"password": "x"}'))
    run(websocket(recorded, "/ws", messages=["hello", "token=s3cret"]))
    exchanges = list(store.exchanges())
    assert [facts(one) for one in exchanges] == [facts(one) for one in again(*exchanges)]
    assert b"s3cret" not in json.dumps(written(*exchanges)).encode()


def test_what_was_cut_lost_or_failed_is_as_it_was() -> None:
    """The marks of the recording are in a member of ours."""
    *others, body = made().events
    cut = replace(made(), events=(*others, replace(body, size=92, truncated=True)))
    first = [cut, FAILED, LOST, replace(EXCHANGE, dropped={})]
    assert [facts(one) for one in first] == [facts(one) for one in again(*first, redact=RAW)]


def test_a_stream_keeps_its_parts_and_their_moments() -> None:
    """To the microsecond."""
    start = Event(
        "send",
        MS,
        MS,
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/event-stream")],
        },
    )
    parts = [
        Event(
            "send",
            at * MS,
            at * MS,
            {"type": "http.response.body", "body": b"data: %d\n\n" % at, "more_body": at < 9},
            9,
        )
        for at in (5, 7, 9)
    ]
    exchange = replace(made(), events=(start, *parts), ended=9 * MS)
    [found] = again(exchange)
    bodies = [event for event in found.events if event.type == "http.response.body"]
    assert [(one.called, one.message["body"]) for one in parts] == [
        (one.called, one.message["body"]) for one in bodies
    ]


def test_secrets_are_masked_as_if_they_were_recorded() -> None:
    """In the address, the headers, the bodies and the messages."""
    entry = {
        "startedDateTime": "2026-05-04T10:00:00Z",
        "request": {
            "method": "POST",
            "url": "https://a.test/x?token=s3cret",
            "headers": [{"name": "Authorization", "value": "Bearer s3cret"}],
            "postData": {"mimeType": "application/json", "text": '{"password": "s3cret"}'},
        },
        "response": {
            "status": 200,
            "headers": [{"name": "Set-Cookie", "value": "session=s3cret; Path=/"}],
            "content": {"text": '{"api_key": "s3cret"}'},
        },
        "_asgi": {"error": {"type": "E", "message": "password=s3cret"}},
    }
    socket = {
        **entry,
        "_webSocketMessages": [
            {"type": "send", "time": 1_777_888_800.2, "opcode": 1, "data": '{"token": "s3cret"}'}
        ],
        "response": {"status": 101},
    }
    found = of_entries(entry, socket)
    assert "s3cret" not in repr(found)
    assert {"scope token", "scope authorization", "body password", "header set-cookie"} <= set(
        found[0].redacted
    )


def test_what_is_no_exchange_is_counted() -> None:
    """And the others are read."""
    taken = Taken()
    good = {"startedDateTime": "2026-05-04T10:00:00Z", "request": {"url": "http://a/"}}
    found = of_entries(good, 3, {**good, "request": {"url": "data:x"}}, taken=taken)
    assert (1, 1) == (len(found), taken.count)
    assert {"it is no object": 1, "a URL that is none of HTTP: data": 1} == taken.left_out


@pytest.mark.parametrize(
    "text",
    [b"", b"3", b"{}", b'{"log": {}}', b'{"log": {"entries": 3}}', b"\xff", b"<html>"],
)
def test_what_is_no_archive_is_refused(text: bytes) -> None:
    """With the place where it ends to be one."""
    with pytest.raises(DocumentError):
        read(text)


@pytest.mark.parametrize("depth", [100, 700, 900, 950, 980])
def test_whatever_is_nested_how_deep_it_is_read_or_left_out(depth: int) -> None:
    """The others are read, unless nobody can say where it ends."""
    good = '{"startedDateTime": "2026-05-04T10:00:00Z", "request": {"url": "http://a/"}'
    deep = f'{good}, "x": {"[" * depth}{"]" * depth}}}'
    taken, said = Taken(), ""
    try:
        read(f'{{"log": {{"entries": [{deep}, {good}}}]}}}}'.encode(), taken=taken)
    except DocumentError as error:
        said = str(error)
    assert "nested too deep" in said or taken.count + sum(taken.left_out.values()) == 2


@given(st.lists(JSON, max_size=3))
@tried(200)
def test_whatever_an_entry_holds_a_store_can_keep_it(found: list[Any]) -> None:
    """Or it is counted as none."""
    good = {"startedDateTime": "2026-05-04T10:00:00Z", "request": {"url": "http://a/"}}
    with_parts = [{**good, **one} for one in found if isinstance(one, dict)]
    for exchange in of_entries(*found, *with_parts):
        encode(exchange)


def test_one_entry_is_read_before_the_next() -> None:
    """So that no more than one is in memory."""
    good = {"startedDateTime": "2026-05-04T10:00:00Z", "request": {"url": "http://a/"}}
    file = io.BytesIO(json.dumps({"log": {"entries": [good] * 10_000}}).encode())
    next(read_har(file))
    assert file.tell() < 100_000
