"""What is traced as the process ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import anyio
import pytest
from opentelemetry.trace import StatusCode

from asgi_mw.middleware.tracing.running import RUNNING, end_running
from asgi_mw.otlp.telemetry import Providers, Telemetry
from asgi_mw.testing import Wire, http_scope, websocket_scope
from tests.system import PATIENCE

if TYPE_CHECKING:
    from asgi_mw.types import Message, Receive, Scope, Send
    from tests.middleware.tracing.conftest import Sdk

pytestmark = pytest.mark.anyio


LIFETIMES = {"http.server.request.duration", "asgi_mw.websocket.duration"}


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Begin, and never end."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        over = scope["path"] == "/over"
        await send({"type": "http.response.body", "body": b"x", "more_body": not over})
    await anyio.sleep_forever()


@pytest.mark.parametrize("scope", [http_scope("GET", "/stream"), websocket_scope("/ws")])
async def test_what_still_runs_is_lost(sdk: Sdk, scope: Scope) -> None:
    """Its span ends and it is measured, once: what the app does then changes nothing."""
    given: list[Message] = [{"type": "websocket.connect"}] if scope["type"] == "websocket" else []
    async with Wire(sdk.tracing(stream, active_requests=True), scope, messages=given) as wire:
        await wire.take()
        end_running()
        assert "lost" == sdk.attributes["error.type"]
        assert StatusCode.ERROR == sdk.span.status.status_code
        end_running()
    assert "lost" == sdk.attributes["error.type"]
    [lifetime] = [metric for metric in sdk.metrics() if metric.name in LIFETIMES]
    assert [1] == [point.count for point in lifetime.data.data_points]
    assert {} == RUNNING


async def test_a_response_that_was_over_was_not_lost(sdk: Sdk) -> None:
    """Its span has ended before, and nothing is left to end."""
    async with Wire(sdk.tracing(stream), http_scope("GET", "/over")) as wire:
        await wire.take()
        await wire.take()
        await anyio.lowlevel.checkpoint()
        end_running()
    assert "error.type" not in sdk.attributes


async def test_what_ended_is_forgotten(sdk: Sdk) -> None:
    """By answering, and by raising."""

    async def raising(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    for app in (stream, raising):
        async with Wire(sdk.tracing(app), http_scope("GET", "/stream")) as wire:
            await wire.finished() if app is raising else await wire.take()
    assert {} == RUNNING


async def test_telemetry_that_ends_takes_what_runs(sdk: Sdk) -> None:
    """Whoever shuts it down: the lifespan, a signal, the exit."""
    telemetry = Telemetry(Providers(sdk.tracer_provider), (), 5.0)
    async with Wire(sdk.tracing(stream), http_scope("GET", "/stream")) as wire:
        await wire.take()
        assert await anyio.to_thread.run_sync(telemetry.shutdown)
        assert "lost" == sdk.attributes["error.type"]


SCRIPT = """
import asyncio, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from asgi_mw import tracing
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.sleep(60)
traced = tracing(app)
# After the layer was made, as in a lifespan
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
async def nothing(*_):
    pass
loop = asyncio.new_event_loop()
scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
loop.create_task(traced(scope, nothing, nothing))
loop.run_until_complete(asyncio.sleep(0))
"""


def test_an_sdk_takes_it_at_the_exit() -> None:
    """One that ends there itself, and was made after the layer."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    span = json.loads(done.stdout)
    assert ("lost", 200) == (
        span["attributes"]["error.type"],
        span["attributes"]["http.response.status_code"],
    )
    assert "asgi_mw" not in done.stderr.replace("<asgi_mw: tracing", "")
