from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from asgi_mw.events import Event, Failure
from asgi_mw.export.otlp.record import record_of
from tests.cli.facts import EXCHANGE, FAILED, LOST
from tests.recorder.made import MS, made

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def said(record: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a record, each as its value."""
    return {
        one["key"]: int(value) if kind == "intValue" else value
        for one in record["attributes"]
        for kind, value in one["value"].items()
    }


def test_an_exchange_has_the_attributes_of_its_span() -> None:
    """And what only a recording knows, under names of its own."""
    exchange = made(
        method="POST",
        path="/orders/7",
        route="/orders/{id}",
        headers=[(b"host", b"shop.test:8000"), (b"user-agent", b"curl/8")],
        request=b"{}",
        response=b"[1]",
        status=201,
        scope={"query_string": b"page=2", "raw_path": b"/orders/7"},
    )
    assert said(record_of(exchange)) == {
        "http.request.method": "POST",
        "url.scheme": "http",
        "url.path": "/orders/7",
        "url.query": "page=2",
        "http.route": "/orders/{id}",
        "http.response.status_code": 201,
        "server.address": "shop.test",
        "server.port": 8000,
        "client.address": "127.0.0.1",
        "network.peer.address": "127.0.0.1",
        "network.peer.port": 50_001,
        "network.protocol.version": "1.1",
        "user_agent.original": "curl/8",
        "http.request.body.size": 2,
        "http.response.body.size": 3,
        "asgi_mw.exchange.id": exchange.id,
        "asgi_mw.type": "http",
        "asgi_mw.outcome": "complete",
        "asgi_mw.duration": 0.012,
        "asgi_mw.request_id": exchange.request_id,
    }


def test_a_record_is_an_event_of_the_moment_when_the_response_was_over() -> None:
    """With the ids of its span, and a line for lists."""
    exchange = made(trace_id=TRACE, span_id=SPAN, route="/orders", took=12)
    record = record_of(exchange)
    when = str(exchange.began + 12 * MS)
    assert {name: one for name, one in record.items() if name != "attributes"} == {
        "timeUnixNano": when,
        "observedTimeUnixNano": when,
        "severityNumber": 9,
        "severityText": "INFO",
        "eventName": "asgi_mw.exchange",
        "body": {"stringValue": "GET /orders 200 in 12.0 ms"},
        "traceId": TRACE,
        "spanId": SPAN,
    }


@pytest.mark.parametrize("ids", [{}, {"trace_id": TRACE}, {"trace_id": "AB" * 16, "span_id": SPAN}])
def test_what_is_no_id_is_none(ids: dict[str, Any]) -> None:
    """A receiver would refuse the batch."""
    assert not {"traceId", "spanId"} & record_of(made(**ids)).keys()


ERROR = Failure("ValueError", "no way", "Traceback ...", 2 * MS)


@pytest.mark.parametrize(
    ("exchange", "severity", "kind"),
    [
        (made(), "INFO", None),
        (made(status=404), "INFO", None),
        (made(status=503), "ERROR", "503"),
        (made(status=500, error=ERROR), "ERROR", "ValueError"),
        (made(error=ERROR), "WARN", None),
        (made(outcome="error", error=ERROR), "ERROR", "ValueError"),
        (made(outcome="client_gone"), "INFO", "client_gone"),
        (made(outcome="cancelled"), "INFO", "cancelled"),
        (made(outcome="incomplete"), "WARN", "incomplete"),
        (LOST, "ERROR", "lost"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else None,
)
def test_how_it_failed_is_said_as_by_the_span(exchange: Any, severity: str, kind: str) -> None:
    """The severity is that of the access log."""
    record = record_of(exchange)
    assert (severity, kind) == (record["severityText"], said(record).get("error.type"))


def test_an_exception_is_whole() -> None:
    """Its message and its traceback are masked by the recording."""
    facts = said(record_of(FAILED))
    assert FAILED.error is not None
    assert {name: facts[name] for name in facts if name.startswith("exception.")} == {
        "exception.type": FAILED.error.type,
        "exception.message": FAILED.error.message,
        "exception.stacktrace": FAILED.error.traceback,
    }
    # What the client got, though the app sent nothing
    assert facts["http.response.status_code"] == 500


def test_a_websocket_says_how_it_was_closed() -> None:
    """Its messages have no name in the conventions."""
    events = (
        Event("send", 1, 2, {"type": "websocket.accept"}),
        Event("send", 3, 4, {"type": "websocket.send", "text": "hello"}, 5),
        Event("send", 5, 6, {"type": "websocket.close", "code": 1011}),
    )
    record = record_of(made(kind="websocket", events=events, scope={"scheme": "ws"}), 1000)
    facts = said(record)
    assert (facts["http.request.method"], facts["url.scheme"]) == ("GET", "ws")
    assert (facts["asgi_mw.close.code"], facts["asgi_mw.close.by"]) == (1011, "app")
    assert (facts["http.response.status_code"], facts["error.type"]) == (101, "1011")
    assert "hello" not in json.dumps(record)


def test_bodies_are_there_if_they_are_asked_for() -> None:
    """And what was cut says so."""
    exchange = made(request=b'{"name": "Ada"}', response=b"0123456789")
    assert not [name for name in said(record_of(exchange)) if "content" in name]
    facts = said(record_of(exchange, 8))
    assert {name: one for name, one in facts.items() if "content" in name or "cut" in name} == {
        "http.request.body.content": '{"name":',
        "http.response.body.content": "01234567",
    }
    assert facts["asgi_mw.request.body.truncated"] is True
    assert facts["asgi_mw.response.body.truncated"] is True
    whole = said(record_of(exchange, 1000))
    assert not [name for name in whole if "truncated" in name]


def test_a_method_that_is_none_is_the_original() -> None:
    """As on the span."""
    facts = said(record_of(made(method="PURGE")))
    assert facts["http.request.method"] == "_OTHER"
    assert facts["http.request.method_original"] == "PURGE"


@pytest.mark.parametrize("value", [None, 7, [], {}, True, "\udc80\0", b"\xff", [1, 2], ["a", []]])
def test_what_is_no_scope_is_no_failure(value: Any) -> None:
    """Anybody may have written a recording; what receivers refuse is written in another way."""
    names = ["method", "path", "raw_path", "query_string", "scheme", "http_version", "headers"]
    scope = dict.fromkeys([*names, "client", "server"], value)
    message = {"type": "websocket.close", "code": value}
    exchange = replace(
        made(kind="websocket", route="\udc80", events=(Event("send", 1, 2, message),)),
        scope=scope,
        began=-(2**70),
    )
    record = record_of(exchange, 100)
    assert record["timeUnixNano"] == "0"
    json.dumps(record, ensure_ascii=False).encode()


def test_a_text_without_an_end_is_cut() -> None:
    """Of all attributes together, a line of a file takes no more than a collector reads."""
    long = made(path="/" + "x" * 100_000, route="/" + "x" * 100_000)
    assert {len(one) for one in said(record_of(long)).values() if str(one).startswith("/x")} == {
        8_192
    }
    assert len(record_of(long)["body"]["stringValue"]) < 300


def test_an_exchange_of_the_recorder() -> None:
    """As in the other tests of formats."""
    record = record_of(EXCHANGE)
    assert record["body"]["stringValue"].startswith(EXCHANGE.method)
