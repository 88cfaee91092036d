"""OpenTelemetry's SDK as an app has it, with a file in place of the collector."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from asgi_mw.otlp import Telemetry
from asgi_mw.otlp.telemetry import Providers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from opentelemetry.sdk.trace import ReadableSpan

_LIMIT = 5.0  # seconds
# Often, so that little more than open requests is lost when a server kills its workers
_DELAY = 100.0  # ms


def telemetry_into(file: TextIO) -> Telemetry:
    """What ``configure`` returns, but with the spans going to *file*."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Lines(file), schedule_delay_millis=_DELAY))
    return Telemetry(Providers(tracer_provider=provider), (), _LIMIT)


class _Lines(SpanExporter):
    """Each span a line of JSON."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write them."""
        for span in spans:
            fact = json.loads(span.to_json(indent=None))
            self._file.write(json.dumps(fact) + "\n")
        self._file.flush()
        return SpanExportResult.SUCCESS
