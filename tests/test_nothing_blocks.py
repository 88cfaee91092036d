"""Nothing of ours holds the event loop once it is made: the guard of the suite, guarded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from asgi_mw import access_log, production
from asgi_mw.telemetry import providers
from asgi_mw.testing import request

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

HERE = Path(__file__)
pytestmark = pytest.mark.anyio


async def ok(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize(
    ("skip", "by"),
    [(lambda scope: time.sleep(0), "time.sleep"), (lambda scope: HERE.exists(), "os.stat")],
)
async def test_the_guard_sees_what_a_layer_does(held: list[str], skip: Any, by: str) -> None:
    """On the loop of asyncio, and of trio."""
    await request(access_log(ok, skip=skip))

    assert held == [by]
    held.clear()


async def test_what_an_app_does_is_its_own_affair() -> None:
    """Its coroutine is nearer to the call than ours."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        time.sleep(0)  # noqa: ASYNC251  # that is the point
        await ok(scope, receive, send)

    assert (await request(production(app))).status == 200


async def test_the_first_request_that_is_traced_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The version of the package was read as the layer was made, though there was no SDK yet."""
    providers.version.cache_clear()
    app = production(ok)
    tracer_provider, reader = TracerProvider(shutdown_on_exit=False), InMemoryMetricReader()
    spans = InMemorySpanExporter()
    tracer_provider.add_span_processor(SimpleSpanProcessor(spans))
    meter_provider = MeterProvider([reader], shutdown_on_exit=False)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", tracer_provider)
    monkeypatch.setattr("opentelemetry.metrics._internal._METER_PROVIDER", meter_provider)
    await request(app)

    [span] = spans.get_finished_spans()
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.version == providers.version()
    assert reader.get_metrics_data() is not None
    meter_provider.shutdown()
