from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from asgi_mw.errors import ConfigError
from asgi_mw.events import Worker
from asgi_mw.export.otlp import batches as room
from asgi_mw.export.otlp.batches import BODY_LIMIT, batches
from asgi_mw.export.written import Written
from asgi_mw.redaction import DEFAULT, Redaction
from tests.cli.facts import NO_LIFESPAN
from tests.recorder.made import made

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.export.otlp.batches import Batch


def made_of(
    exchanges: Iterable[Exchange],
    written: Written | None = None,
    *,
    redact: Redaction | None = None,
) -> Iterator[Batch]:
    return batches(exchanges, written or Written(), redact=redact, body_limit=BODY_LIMIT)


def test_each_worker_is_a_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the service; the records of each are in their order."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    first, second = Worker("web-1", 7), Worker("web-2", 8)
    [batch] = made_of([made(1, worker=first), made(2, worker=second), made(3, worker=first)])
    found = json.loads(batch.request)["resourceLogs"]
    assert [one["resource"]["attributes"] for one in found] == [
        [
            {"key": "host.name", "value": {"stringValue": worker.host}},
            {"key": "process.pid", "value": {"intValue": str(worker.pid)}},
            {"key": "service.name", "value": {"stringValue": "shop"}},
        ]
        for worker in (first, second)
    ]
    [scope] = found[0]["scopeLogs"]
    assert scope["scope"]["name"] == "asgi_mw"
    assert scope["schemaUrl"] == "https://opentelemetry.io/schemas/1.44.0"
    assert [len(one["scopeLogs"][0]["logRecords"]) for one in found] == [2, 1]


def test_a_batch_has_so_many_records_at_most() -> None:
    """And none is empty."""
    assert [batch.records for batch in made_of(made(one) for one in range(450))] == [200, 200, 50]
    assert [*made_of([])] == []


def test_a_batch_is_a_line_that_a_collector_reads() -> None:
    """Of at most 1 MiB, though each character of a body may take six."""
    worst, kind = b"\x01" * 50_000, [(b"content-type", b"text/plain")]
    exchanges = [
        made(one, request=worst, response=worst, headers=kind, sent=kind) for one in range(9)
    ]
    found = [*made_of(exchanges, redact=DEFAULT)]
    assert sum(batch.records for batch in found) == 9
    assert max(len(batch.request) for batch in found) < 2**20
    assert "\n" not in found[0].request


def test_each_exchange_is_asked_for_when_it_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store of any size needs little memory."""
    monkeypatch.setattr(room, "_RECORDS", 2)
    asked = []

    def exchanges() -> Iterator[Exchange]:
        for number in range(10):
            asked.append(number)
            yield made(number)

    found = made_of(exchanges())
    next(found)
    assert asked == [0, 1, 2]


def test_what_is_no_http_is_counted() -> None:
    """A lifespan is no request."""
    written = Written()
    assert [*made_of([NO_LIFESPAN], written)] == []
    assert written.left_out == {"lifespan, which is no HTTP": 1}


def test_bodies_are_masked_or_not_there() -> None:
    """Also those that were recorded raw; nobody gets them as they were."""
    exchange = made(
        headers=[(b"content-type", b"application/json")], request=b'{"password": "hunter2"}'
    )
    [without] = made_of([exchange])
    assert "password" not in without.request
    [masked] = made_of([exchange], redact=DEFAULT)
    assert "[redacted]" in masked.request
    assert "hunter2" not in masked.request
    with pytest.raises(ConfigError, match="many can read what a backend keeps"):
        next(made_of([exchange], redact=Redaction(bodies="raw")))
