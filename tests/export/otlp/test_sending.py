from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store, record, tracing
from asgi_mw.export import DeliveryError, send_otlp
from asgi_mw.export.otlp import batches as room
from asgi_mw.otlp import configure
from asgi_mw.redaction import DEFAULT
from asgi_mw.testing import request, run
from tests.cli.facts import NO_LIFESPAN
from tests.export.otlp.test_collector import REJECTED, Answer, serving
from tests.otlp.received import receiving
from tests.recorder.made import made

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.types import Receive, Scope, Send

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes by a proxy."""
    monkeypatch.setenv("NO_PROXY", "*")


def test_a_real_receiver_has_what_was_recorded(tmp_path: Path) -> None:
    """One record of each exchange, with its span, its attributes and its masked bodies."""
    kind = [(b"content-type", b"application/json")]
    exchange = made(
        method="POST",
        route="/orders",
        headers=kind,
        request=b'{"password": "hunter2", "name": "Ad\xc3\xa9"}',
        response=b'{"id": 7}',
        sent=kind,
        trace_id=TRACE,
        span_id=SPAN,
    )
    with receiving(tmp_path) as receiver:
        written = send_otlp(
            chain([exchange, NO_LIFESPAN], map(made, range(2, 300))), receiver.url, redact=DEFAULT
        )
        receiver.wait_for(made(299).id)
        first, *others = receiver.records("LogRecord")
    assert written.count == 1 + len(others) == 299
    assert written.left_out == {"lifespan, which is no HTTP": 1}
    assert first.scope == "asgi_mw"
    assert (first.facts["Trace ID"], first.facts["Span ID"]) == (TRACE, SPAN)
    assert first.facts["EventName"] == "asgi_mw.exchange"
    assert first.facts["Timestamp"] == str(exchange.began + 12_000_000)
    assert first.attributes["http.route"] == "/orders"
    assert first.attributes["http.request.body.content"] == (
        '{"password": "[redacted]", "name": "Adé"}'
    )
    assert first.attributes["http.response.body.content"] == '{"id": 7}'
    assert "hunter2" not in receiver.log.read_text("utf-8")


def test_a_record_stands_beside_its_span(tmp_path: Path) -> None:
    """The app was traced and recorded; the span came from it, the record from the store."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"made"})

    store = open_store("memory:")
    with receiving(tmp_path) as receiver:
        with configure(endpoint=receiver.url, globally=False, signals=["traces"]) as telemetry:
            traced = tracing(app, tracer_provider=telemetry.tracer_provider)
            run(request(record(traced, store=store), "POST", "/orders"))
        send_otlp(store.exchanges(), receiver.url)
        receiver.wait_for("SPAN_KIND_SERVER")
        receiver.wait_for("asgi_mw.exchange")
        receiver.settle()
        [span], [log] = receiver.records("Span"), receiver.records("LogRecord")
    assert log.facts["Trace ID"] == span.facts["Trace ID"]
    assert log.facts["Span ID"] == span.facts["ID"]
    shared = log.attributes.keys() & span.attributes.keys()
    assert {name: log.attributes[name] for name in shared} == {
        name: span.attributes[name] for name in shared
    }
    assert shared == span.attributes.keys()


def test_what_was_rejected_is_left_out() -> None:
    """With the words of the collector."""
    with serving(Answer(200, REJECTED)) as server:
        written = send_otlp([made(1), made(2)], server.url)
    assert (written.count, written.lines()) == (
        1,
        ["1 exchange is left out: the collector rejected it (too old)."],
    )


def test_how_far_it_came_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was taken before stays there."""
    monkeypatch.setattr(room, "_RECORDS", 2)
    with (
        serving(Answer(), Answer(), Answer(400)) as server,
        pytest.raises(DeliveryError, match="400") as caught,
    ):
        send_otlp(map(made, range(1, 9)), server.url)
    assert caught.value.sent == 4
    assert str(caught.value).endswith("; 4 exchanges had been sent before")
