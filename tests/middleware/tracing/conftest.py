"""An SDK in memory, and a layer that writes into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from asgi_mw.middleware.tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.sampling import Sampler

    from asgi_mw.types import App, Receive, Scope, Send


class Sdk:
    """Providers in memory, and what they were given."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self._spans = InMemorySpanExporter()
        self.tracer_provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self._reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self._logs = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # the SDK's
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self._logs))

    def tracing(self, app: App, **options: Any) -> App:
        """Wrap *app* in a layer that has these providers."""
        providers = {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
        }
        return tracing(app, **{**providers, **options})

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans that ended, in that order."""
        return list(self._spans.get_finished_spans())

    @property
    def span(self) -> ReadableSpan:
        """The only span that ended."""
        [span] = self.spans
        return span

    @property
    def attributes(self) -> dict[str, Any]:
        """Those of the only span."""
        return dict(self.span.attributes or {})

    @property
    def logs(self) -> list[ReadableLogRecord]:
        """The log records."""
        return list(self._logs.get_finished_logs())

    def points(self, name: str = "http.server.request.duration") -> list[Any]:
        """The points of one metric."""
        return [point for metric in self._all() if metric.name == name for point in _of(metric)]

    def metrics(self) -> list[Any]:
        """Every metric that has points, but for what the whole process counts."""
        booked = {"asgi_mw.faults", "asgi_mw.dropped"}
        return [metric for metric in self._all() if metric.name not in booked]

    def clear(self) -> None:
        """Forget the spans and log records."""
        self._spans.clear()
        self._logs.clear()

    def _all(self) -> list[Any]:
        data = self._reader.get_metrics_data()
        return [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]


def _of(metric: Any) -> list[Any]:
    return list(metric.data.data_points)


@pytest.fixture
def sdk() -> Iterator[Sdk]:
    """Give providers, and shut them down."""
    made = Sdk()
    yield made
    made.tracer_provider.shutdown()
    made.meter_provider.shutdown()
    made.logger_provider.shutdown()


def answering(status: int = 200, *, headers: Any = (), body: bytes = b"ok") -> App:
    """Make an app that answers at once."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    return app
