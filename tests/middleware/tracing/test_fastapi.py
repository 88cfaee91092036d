"""FastAPI has telemetry of its own: inside of ``tracing`` it is silent."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.system import PATIENCE

# In a process of its own, since FastAPI looks at the global providers, which can be set once
SCRIPT = """
import json, sys
from fastapi import FastAPI, WebSocket
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from asgi_mw.middleware.tracing import tracing
from asgi_mw.testing import request, run, websocket

spans, reader, logs = InMemorySpanExporter(), InMemoryMetricReader(), InMemoryLogRecordExporter()
off = TracerProvider(sampler=ALWAYS_OFF) if sys.argv[1] == "not sampled" else None
provider = TracerProvider(sampler=ALWAYS_ON)
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider([reader]))
loggers = LoggerProvider()
loggers.add_log_record_processor(SimpleLogRecordProcessor(logs))
_logs.set_logger_provider(loggers)

app, inner = FastAPI(), FastAPI()
app.mount("/inner", inner)

@app.get("/users/{user}")
@inner.get("/users/{user}")
async def users(user: str) -> str:
    with trace.get_tracer("service").start_as_current_span("work"):
        return user

@app.get("/crash")
async def crash() -> None:
    raise ValueError

@app.websocket("/ws/{room}")
async def ws(websocket: WebSocket, room: str) -> None:
    await websocket.accept()
    await websocket.close()

app = tracing(app, tracer_provider=off, metrics=off is None)
for path in ("/users/7", "/inner/users/7", "/crash"):
    run(request(app, "GET", path))
run(websocket(app, "/ws/7"))

data = reader.get_metrics_data()
print(json.dumps({
    "servers": [
        [span.instrumentation_scope.name, span.name]
        for span in spans.get_finished_spans() if span.kind is trace.SpanKind.SERVER
    ],
    "points": sorted(
        [scope.scope.name, point.attributes.get("http.route")]
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics if metric.name == "http.server.request.duration"
        for point in metric.data.data_points
    ),
    "logs": [one.instrumentation_scope.name for one in logs.get_finished_logs()],
    "orphans": [
        span.name for span in spans.get_finished_spans()
        if span.name == "work" and span.parent is None
    ],
}))
"""


@pytest.mark.parametrize(
    ("how", "found"),
    [
        (
            "traced",
            {
                "servers": [
                    ["asgi_mw", "GET /users/{user}"],
                    ["asgi_mw", "GET /inner/users/{user}"],
                    ["asgi_mw", "GET /crash"],
                    ["asgi_mw", "GET /ws/{room}"],
                ],
                "points": [
                    ["asgi_mw", "/crash"],
                    ["asgi_mw", "/inner/users/{user}"],
                    ["asgi_mw", "/users/{user}"],
                ],
                "logs": ["asgi_mw"],
                "orphans": [],
            },
        ),
        ("not sampled", {"servers": [], "points": [], "logs": ["asgi_mw"], "orphans": []}),
    ],
)
def test_one_span_one_measurement_and_one_log_record(how: str, found: object) -> None:
    """Whether ours is sampled or not; what the handler starts is a child of ours."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, how],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )

    assert json.loads(done.stdout) == found
