from __future__ import annotations

import json
from base64 import b64encode
from importlib import import_module

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)

from asgi_mw.events import Worker
from asgi_mw.export.otlp.batches import batches
from asgi_mw.export.otlp.protobuf import Protobuf
from asgi_mw.export.written import Written
from asgi_mw.redaction import DEFAULT
from tests.cli.facts import EXCHANGE, FAILED, LOST, TRACED
from tests.recorder.made import made


def test_a_request_is_what_its_json_says() -> None:
    """As Protobuf itself reads the JSON, in which only the ids are written in another way."""
    exchanges = [
        *(EXCHANGE, FAILED, LOST, TRACED),
        made(1, kind="websocket", worker=Worker("é", 2**40), began=2**62, error=FAILED.error),
    ]
    [batch] = batches(exchanges, Written(), redact=DEFAULT, body_limit=100)
    said = json.loads(batch.request)
    for resource in said["resourceLogs"]:
        for record in resource["scopeLogs"][0]["logRecords"]:
            for name in record.keys() & {"traceId", "spanId"}:
                record[name] = b64encode(bytes.fromhex(record[name])).decode()
    parse = import_module("google.protobuf.json_format").ParseDict  # which has no types
    expected = parse(said, ExportLogsServiceRequest())
    assert ExportLogsServiceRequest.FromString(Protobuf().request(batch.request)) == expected
    assert expected.resource_logs[1].resource.attributes[1].value.int_value == 2**40


@pytest.mark.parametrize(
    ("answer", "rejected"),
    [
        (b"", (0, "")),
        (b"\xff no Protobuf", (0, "")),
        (
            ExportLogsServiceResponse(
                partial_success=ExportLogsPartialSuccess(
                    rejected_log_records=3, error_message="x" * 500
                )
            ).SerializeToString(),
            (3, "x" * 200),
        ),
    ],
    ids=["nothing", "nonsense", "a part"],
)
def test_what_is_answered_says_what_was_rejected(answer: bytes, rejected: tuple[int, str]) -> None:
    """Or nothing of it."""
    assert Protobuf().rejected(answer) == rejected
