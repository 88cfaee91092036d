"""The price of ``production()`` under ``logs.configure``, beside the usual assembly."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

import asgi_mw.logs
from asgi_mw import access_log, production
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
    table = [
        ratio(
            "access_log, logs.configure('json')",
            await added(gets, two_messages, logged, rounds=rounds),
            0.28,
        )
    ]
    found = await added(gets, two_messages, apps, rounds=rounds)
    ours = found["production"].median / 1e3
    table += [
        Row("production, no SDK", ours, "us", 14.0, parts=parts(found)),
        ratio("production, no SDK, beside the assembly", found),
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
