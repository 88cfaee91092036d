"""What happens where nothing is recorded: no SDK, one that comes late, one that does not sample."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased

import asgi_mw.middleware.tracing.spans as room
from asgi_mw import access_log, stack, timing
from asgi_mw.middleware.tracing import tracing
from asgi_mw.testing import request, websocket
from tests.middleware.tracing.conftest import Sdk, answering
from tests.system import PATIENCE

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ok = answering()


async def test_without_an_sdk_the_app_gets_what_the_server_gave() -> None:
    """The very scope, ``receive`` and ``send``: nothing is wrapped."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([scope, receive, send])
        await ok(scope, receive, send)

    given: list[Any] = []

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        given.extend([scope, receive, send])
        await tracing(app)(scope, receive, send)

    await request(server)

    assert all(one is other for one, other in zip(seen, given, strict=True))


async def test_without_an_sdk_a_trace_goes_on() -> None:
    """A client that the app calls with is given the caller's ids."""
    carried: list[dict[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        carried.append(carrier)
        await ok(scope, receive, send)

    result = await request(tracing(app), headers=[("traceparent", TRACEPARENT)])

    assert carried == [{"traceparent": TRACEPARENT}]
    assert result.context is not None
    assert not result.context.run(trace.get_current_span).get_span_context().is_valid


@pytest.mark.parametrize("status", [200, 500])
async def test_without_an_sdk_layers_beside_it_go_on(
    caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """They follow the connection, which is nothing to a span that nobody records."""
    app = stack(answering(status=status), tracing, access_log, timing)

    result = await request(app, headers=[("traceparent", TRACEPARENT)])

    assert result.status == status
    assert [one.message for one in caplog.records if one.name == "asgi_mw"] == []


async def test_without_an_sdk_an_exception_passes_by_identity() -> None:
    """And nothing is formatted for nobody."""
    error = ValueError()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    result = await request(tracing(app), headers=[("traceparent", TRACEPARENT)])

    assert result.raised is error


@pytest.mark.parametrize("given", ["nothing", "the proxies of the API"])
def test_an_sdk_that_is_installed_later_is_found(given: str) -> None:
    """In a process of its own, since the global providers can be set once."""
    script = """
import sys
from opentelemetry import metrics, trace
from asgi_mw.middleware.tracing import tracing
from asgi_mw.testing import request, run

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})

options = {} if sys.argv[1] == "nothing" else {
    "tracer_provider": trace.get_tracer_provider(), "meter_provider": metrics.get_meter_provider()
}
layered = tracing(app, **options)
run(request(layered))

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
run(request(layered))
metrics.set_meter_provider(MeterProvider([reader]))
run(request(layered))
[metric] = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
print(len(spans.get_finished_spans()), metric.data.data_points[0].count)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, given],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )

    assert done.stdout.split() == ["2", "1"]


async def test_an_sdk_that_comes_very_late_is_found_within_a_second(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The global provider is asked no more often than that, however many requests there are."""
    now, asked, real = [0.0], [], [trace.get_tracer_provider()]
    monkeypatch.setattr("asgi_mw.telemetry.providers.monotonic", lambda: now[0])

    def ask() -> trace.TracerProvider:
        asked.append(now[0])
        return real[0]

    monkeypatch.setattr(trace, "get_tracer_provider", ask)
    app = tracing(ok)
    for _ in range(200):
        await request(app)
    before = len(asked)
    real[0] = sdk.tracer_provider
    now[0] = 0.999
    await request(app)
    assert (len(asked), sdk.spans) == (before, [])
    now[0] = 1.0
    await request(app)

    assert (len(asked), len(sdk.spans)) == (before + 1, 1)
    now[0] = 9.0
    await request(app)

    assert (len(asked), len(sdk.spans)) == (before + 1, 2)


def test_a_disabled_sdk_is_none() -> None:
    """``OTEL_SDK_DISABLED`` leaves a tracer that does nothing."""
    script = """
import os
os.environ["OTEL_SDK_DISABLED"] = "true"
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from asgi_mw.telemetry.providers import tracers
trace.set_tracer_provider(TracerProvider())
print(tracers(None)())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE
    )

    assert done.stdout.split() == ["None"]


async def test_what_is_not_sampled_makes_no_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual samplers read none; the app still runs in the context of the span."""
    made: list[Any] = []
    monkeypatch.setattr(room, "start_attributes", lambda *given: made.append(given))
    sdk = Sdk(ParentBased(ALWAYS_OFF))
    ids: list[tuple[bool, bool]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        span = trace.get_current_span().get_span_context()
        ids.append((span.is_valid, span.trace_flags.sampled))
        await ok(scope, receive, send)

    await request(sdk.tracing(app, metrics=False))

    assert (made, ids, sdk.spans) == ([], [(True, False)], [])


async def test_a_global_tracer_provider_that_fails_spares_the_metrics(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A request has its measurement, and the app its peace."""

    def fail() -> Any:
        raise RuntimeError

    monkeypatch.setattr(trace, "get_tracer_provider", fail)
    app = tracing(ok, meter_provider=sdk.meter_provider)
    results = [await request(app) for _ in range(200)]

    assert {(result.status, result.raised) for result in results} == {(200, None)}
    assert [point.count for point in sdk.points()] == [200]
    assert len([one for one in caplog.records if one.name == "asgi_mw"]) == 1


@pytest.mark.parametrize("kind", ["http", "websocket", "raises"])
@pytest.mark.parametrize(
    "options",
    [{"metrics": False}, {"metrics": False, "traceparent_header": True}, {"skip": ["/"]}, {}],
    ids=["not sampled", "told", "skipped", "measured"],
)
async def test_what_is_not_recorded_goes_without_a_fault(
    caplog: pytest.LogCaptureFixture, options: dict[str, Any], kind: str
) -> None:
    """From its beginning to its end, whatever is left of our work."""
    sdk = Sdk(ParentBased(ALWAYS_OFF))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if kind == "raises":
            raise ValueError
        if kind == "http":
            await ok(scope, receive, send)
            return
        await send({"type": "websocket.accept"})
        await receive()
        await send({"type": "websocket.send", "text": "a"})
        await send({"type": "websocket.close"})

    layered = sdk.tracing(app, **options)
    if kind == "websocket":
        await websocket(layered, "/", messages=["a"])
    else:
        await request(layered)

    assert [one.getMessage() for one in caplog.records if one.name == "asgi_mw"] == []
    assert sdk.spans == []


@pytest.mark.parametrize("broken", ["start_span", "end", "set_attribute", "get_meter", "extract"])
async def test_a_fault_of_ours_or_of_an_sdk_reaches_nobody(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    """It is said once; the response is the app's."""

    def fail(*args: Any, **keywords: Any) -> Any:
        raise RuntimeError(broken)

    if broken == "start_span":
        monkeypatch.setattr("opentelemetry.sdk.trace.Tracer.start_span", fail)
    elif broken == "get_meter":
        monkeypatch.setattr("opentelemetry.sdk.metrics.MeterProvider.get_meter", fail)
    elif broken == "extract":
        monkeypatch.setattr(type(propagate.get_global_textmap()), "extract", fail)
    else:
        monkeypatch.setattr(f"opentelemetry.sdk.trace.Span.{broken}", fail)
    app = sdk.tracing(ok)
    results = [await request(app, headers=[("traceparent", TRACEPARENT)]) for _ in range(2)]

    assert [(result.status, result.body, result.raised) for result in results] == [
        (200, b"ok", None)
    ] * 2
    # What did not fail itself is measured, and begins a trace of its own
    assert len(sdk.spans) == (0 if broken in {"start_span", "end"} else 2)
    assert sum(point.count for point in sdk.points()) == (0 if broken == "get_meter" else 2)
    said = [one.getMessage() for one in caplog.records if one.name == "asgi_mw"]
    assert len(said) == 1
    assert said[0].startswith("asgi_mw.tracing: ")
