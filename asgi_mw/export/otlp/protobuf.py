"""Convert a request of OTLP logs from JSON to Protobuf, and read the answer."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from asgi_mw.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# By the name of a value in our JSON: its name and its type in Protobuf
_VALUES = {
    "stringValue": ("string_value", str),
    "boolValue": ("bool_value", bool),
    "intValue": ("int_value", int),
    "doubleValue": ("double_value", float),
}


class Protobuf:
    """Makes the messages of ``opentelemetry-proto``, field by field.

    ``google.protobuf.json_format`` would take ten times as long, and expects ids in base64, while
    the JSON of OTLP has them in hexadecimal.

    Raises:
        MissingExtraError: It is not installed.
    """

    def __init__(self) -> None:
        try:
            self._common: Any = import_module("opentelemetry.proto.common.v1.common_pb2")
            self._logs: Any = import_module("opentelemetry.proto.logs.v1.logs_pb2")
            self._resource: Any = import_module("opentelemetry.proto.resource.v1.resource_pb2")
            self._service: Any = import_module(
                "opentelemetry.proto.collector.logs.v1.logs_service_pb2"
            )
        except ImportError:
            raise MissingExtraError("opentelemetry-proto", "otlp") from None

    def request(self, said: str) -> bytes:
        """An ``ExportLogsServiceRequest`` that was written by us."""
        logs = self._logs
        return bytes(
            self._service.ExportLogsServiceRequest(
                resource_logs=[
                    logs.ResourceLogs(
                        resource=self._resource.Resource(
                            attributes=self._pairs(one["resource"]["attributes"])
                        ),
                        scope_logs=[
                            logs.ScopeLogs(
                                scope=self._common.InstrumentationScope(**scope["scope"]),
                                log_records=map(self._record, scope["logRecords"]),
                                schema_url=scope["schemaUrl"],
                            )
                            for scope in one["scopeLogs"]
                        ],
                    )
                    for one in json.loads(said)["resourceLogs"]
                ]
            ).SerializeToString()
        )

    def rejected(self, answer: bytes) -> tuple[int, str]:
        """How many records the collector rejected of a request that it took, and why."""
        found = self._service.ExportLogsServiceResponse()
        try:
            found.ParseFromString(answer)
        except Exception:  # noqa: BLE001  # one of Protobuf's own; the request was taken anyway
            return 0, ""
        partial = found.partial_success
        return max(int(partial.rejected_log_records), 0), str(partial.error_message)[:200]

    def _record(self, said: Mapping[str, Any]) -> object:
        return self._logs.LogRecord(
            time_unix_nano=int(said["timeUnixNano"]),
            observed_time_unix_nano=int(said["observedTimeUnixNano"]),
            severity_number=said["severityNumber"],
            severity_text=said["severityText"],
            event_name=said["eventName"],
            body=self._value(said["body"]),
            attributes=self._pairs(said["attributes"]),
            trace_id=bytes.fromhex(said.get("traceId", "")),
            span_id=bytes.fromhex(said.get("spanId", "")),
        )

    def _pairs(self, said: Iterable[Mapping[str, Any]]) -> list[object]:
        pair, value = self._common.KeyValue, self._value
        return [pair(key=one["key"], value=value(one["value"])) for one in said]

    def _value(self, said: Mapping[str, Any]) -> object:
        [(kind, value)] = said.items()
        name, make = _VALUES[kind]
        return self._common.AnyValue(**{name: make(value)})
