"""The price of ``tracing`` beside opentelemetry-instrumentation-asgi and the bare SDK."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind

from asgi_mw import tracing
from tests.bench.report import Row, parts, ratio
from tests.bench.rounds import added
from tests.bench.traffic import get_round, give, scope_of, take, two_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.metrics import MeterProvider as Meters
    from opentelemetry.sdk.trace import ReadableSpan

    from asgi_mw.types import App, Receive, Scope, Send

_REQUESTS = 100
_CHUNKS = 1_000
_TEN = {f"bench.attribute.{number}": f"value {number}" for number in range(10)}


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of a hundred requests each."""
    gets = partial(get_round, count=_REQUESTS)
    without = {
        "tracing": tracing(two_messages),
        "OpenTelemetry": _peer(),
    }
    table = [
        ratio("tracing, no SDK", await added(gets, two_messages, without, rounds=rounds), 1 / 4)
    ]
    unsampled = _both(TracerProvider(sampler=ALWAYS_OFF), None)
    found = await added(gets, two_messages, unsampled, rounds=rounds)
    table.append(ratio("tracing, not sampled", found, 1 / 4))

    processor = BatchSpanProcessor(Forgets(), max_queue_size=4096, max_export_batch_size=4096)
    spans = TracerProvider()
    spans.add_span_processor(processor)
    recorded = {**_both(spans, None), "bare span": _bare(spans)}
    flush: Any = processor.force_flush
    found = await added(gets, two_messages, recorded, rounds=rounds, after=flush)
    bare = found.pop("bare span")
    table.append(ratio("tracing, recorded", found, 1 / 2))
    beside = {"tracing": found["tracing"], "bare span": bare}
    table.append(ratio("tracing beside a bare span", beside, 1.4))

    measured = _both(spans, MeterProvider([InMemoryMetricReader()]))
    found = await added(gets, two_messages, measured, rounds=rounds, after=flush)
    table.append(ratio("tracing, with the metric", found, 1 / 2))

    layered = {"tracing": tracing(_streaming, tracer_provider=spans, metrics=False)}
    found = await added(_stream, _streaming, layered, rounds=rounds // 3, after=flush)
    per_chunk = found["tracing"].median / 1e3
    table.append(Row("tracing, a chunk of a stream", per_chunk, "us", 0.5, parts=parts(found)))
    stop: Any = processor.shutdown
    stop()
    return table


def _both(spans: TracerProvider, meters: Meters | None) -> dict[str, App]:
    """Ours and the peer."""
    measured = meters or NoOpMeterProvider()
    return {
        "tracing": tracing(
            two_messages,
            tracer_provider=spans,
            meter_provider=measured,
            metrics=meters is not None,
        ),
        "OpenTelemetry": _peer(tracer_provider=spans, meter_provider=measured),
    }


def _peer(**providers: object) -> App:
    """The peer at its best: without a span for each message."""
    made: Any = import_module("opentelemetry.instrumentation.asgi").OpenTelemetryMiddleware
    app: App = made(two_messages, exclude_spans=["send", "receive"], **providers)
    return app


def _bare(spans: TracerProvider) -> App:
    """What the SDK alone takes for a span with ten attributes."""
    tracer = spans.get_tracer("bench")

    async def spanned(scope: Scope, receive: Receive, send: Send) -> None:
        span = tracer.start_span("GET", kind=SpanKind.SERVER, attributes=_TEN)
        await two_messages(scope, receive, send)
        span.end()

    return spanned


async def _streaming(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(_CHUNKS):
        body = b"data: 0123456789\n\n"
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _stream(app: App) -> float:
    """The ns per chunk of one stream."""
    scope = scope_of(0)
    began = perf_counter_ns()
    await app(scope, give, take)
    return (perf_counter_ns() - began) / _CHUNKS


class Forgets(SpanExporter):
    """Takes every batch, and keeps nothing."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS
