"""The price of what people run: ``production()`` under ``logs.configure``, beside the usual."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

import asgi_mw.logs
from asgi_mw import access_log, access_writer, production
from tests.bench.layers import nowhere, silent_logger
from tests.bench.report import Row, parts, ratio
from tests.bench.rounds import added
from tests.bench.tracing import Forgets
from tests.bench.traffic import get_round, two_messages

if TYPE_CHECKING:
    from asgi_mw.types import App

ORIGINS = ["https://app.example.org"]
_REQUESTS = 50


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of fifty requests each.  Configures the logging of this process."""
    asgi_mw.logs.configure(format="json", stream=nowhere())
    gets = partial(get_round, count=_REQUESTS)
    logged = {
        "access_log": access_log(two_messages),
        "asgi-logger": _logger(two_messages),
    }
    apps = {"production": production(two_messages), "assembly": usual(two_messages)}
    table = []
    writers = {"": (access_writer.encoder(), 0.28, 14.0)}
    if find_spec("msgspec"):
        writers[", msgspec"] = access_writer.quick(access_writer.encoder()), 0.22, 12.0
    for name, (writes, bar, most) in writers.items():
        access_writer.encoded = writes
        found = await added(gets, two_messages, logged, rounds=rounds)
        table.append(ratio(f"access_log, logs.configure('json'){name}", found, bar))
        found = await added(gets, two_messages, apps, rounds=rounds)
        ours, usually = found["production"].median / 1e3, found["assembly"].median / 1e3
        table += [
            Row(f"production, no SDK{name}", ours, "us", most, parts=parts(found)),
            Row(f"production, no SDK{name}, beside the assembly", ours / usually, "x"),
        ]

    processor = BatchSpanProcessor(Forgets(), max_queue_size=4096, max_export_batch_size=4096)
    spans = TracerProvider()
    spans.add_span_processor(processor)
    flush: Any = processor.force_flush
    for name, meters in {
        "spans": NoOpMeterProvider(),
        "spans and the metric": MeterProvider([InMemoryMetricReader()]),
    }.items():
        providers: dict[str, Any] = {"tracer_provider": spans, "meter_provider": meters}
        apps = {
            "production": production(two_messages, tracing=providers),
            "assembly": usual(two_messages, **providers),
        }
        found = await added(gets, two_messages, apps, rounds=rounds, after=flush)
        table.append(ratio(f"production, {name}", found))
    stop: Any = processor.shutdown
    stop()
    return table


def usual(app: App, **providers: object) -> App:
    """What teams put together from the peers: tracing, ids, a log, CORS, compression."""
    traced: Any = import_module("opentelemetry.instrumentation.asgi").OpenTelemetryMiddleware
    ids: Any = import_module("asgi_correlation_id").CorrelationIdMiddleware
    inner = CORSMiddleware(GZipMiddleware(app), allow_origins=ORIGINS)
    outer: App = traced(ids(_logger(inner)), exclude_spans=["send", "receive"], **providers)
    return outer


def _logger(app: App) -> App:
    made: Any = import_module("asgi_logger.middleware").AccessLoggerMiddleware
    logged: App = made(app, logger=silent_logger("bench.peer"))
    return logged
