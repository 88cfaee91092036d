"""What is skipped is silent as a whole: nothing inside of it traces or measures either."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import pytest
from fastapi import FastAPI
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.opentelemetry import OpenTelemetryMiddleware as OfStarlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from asgi_mw import open_store, production, record
from asgi_mw.testing import request
from tests.middleware.tracing.conftest import answering

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send
    from tests.middleware.tracing.conftest import Sdk

pytestmark = pytest.mark.anyio

ok = answering()
PARENT = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]


def working(sdk: Sdk) -> App:
    """Make an app that does some work that is traced, in the task and in a thread."""
    tracer = sdk.tracer_provider.get_tracer("service")

    def work() -> None:
        with tracer.start_as_current_span("work"):
            pass

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        work()
        await anyio.to_thread.run_sync(work)
        await ok(scope, receive, send)

    return app


def fastapi(sdk: Sdk) -> App:
    """Make an app of FastAPI, whose telemetry writes into the same SDK."""
    app = FastAPI(
        telemetry={
            "tracer_provider": sdk.tracer_provider,
            "meter_provider": sdk.meter_provider,
            "logger_provider": sdk.logger_provider,
        }
    )
    app.get("/health")(lambda: "ok")
    return app


def starlette(sdk: Sdk) -> App:
    """Make an app of Starlette with its own middleware."""

    async def health(request: object) -> PlainTextResponse:
        return PlainTextResponse("ok")

    inner = Middleware(OfStarlette, tracer_provider=sdk.tracer_provider)
    return Starlette(routes=[Route("/health", health)], middleware=[inner])


def contributed(sdk: Sdk) -> App:
    """Make an app within the middleware of OpenTelemetry's instrumentation, hidden from us."""
    inner = OpenTelemetryMiddleware(
        working(sdk), tracer_provider=sdk.tracer_provider, meter_provider=sdk.meter_provider
    )

    async def hidden(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    return hidden


@pytest.mark.parametrize("make", [working, fastapi, starlette, contributed])
@pytest.mark.parametrize("how", ["skip", "environment", "key"])
async def test_nothing_inside_traces_or_measures(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch, make: Any, how: str
) -> None:
    """Whoever asked for silence: the option, the environment, or a suppression key."""
    if how == "environment":
        monkeypatch.setenv("OTEL_PYTHON_EXCLUDED_URLS", "health")
    app = sdk.tracing(make(sdk), skip=["/health"] if how == "skip" else ())

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        suppressed = context.set_value("suppress_instrumentation", True)
        suppressed = context.set_value(context._SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, suppressed)
        token = context.attach(suppressed if how == "key" else context.get_current())
        await app(scope, receive, send)
        context.detach(token)

    result = await request(outer, "GET", "/health", headers=PARENT)

    assert result.status == 200
    by_hand = [span for span in sdk.spans if span.name == "work"]
    assert [span for span in sdk.spans if span not in by_hand] == []
    assert (len(by_hand) > 0) == (how == "key" and make in {working, contributed})
    assert (sdk.metrics(), sdk.logs) == ([], [])


async def test_what_comes_next_on_the_connection_is_traced(sdk: Sdk) -> None:
    """A balancer probes on the connection that it sends requests on, and servers leak contexts."""
    app = sdk.tracing(working(sdk), skip=["/health"])
    inside: list[context.Context] = []

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Any) -> None:
            inside.append(context.get_current())
            await send(message)

        await app(scope, receive, sent)

    for path in ("/health", "/users", "/health", "/users"):
        token = context.attach(inside[-1] if inside else context.get_current())
        await request(server, "GET", path)
        context.detach(token)

    assert [span.name for span in sdk.spans] == ["work", "work", "GET"] * 2
    assert len({span.context.trace_id for span in sdk.spans if span.context}) == 2
    assert sdk.points()[0].count == 2


async def test_what_a_server_leaked_is_not_in_what_is_skipped(sdk: Sdk) -> None:
    """Neither the span nor the baggage of the last request: its trace would grow for ever."""
    seen: list[Any] = []
    tracer = sdk.tracer_provider.get_tracer("service")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        seen.append((carrier["traceparent"][-2:], baggage.get_all()))
        tracer.start_span("work").end()
        await ok(scope, receive, send)

    last = tracer.start_span("the last request")
    last.end()
    sdk.clear()
    leaked = baggage.set_baggage("user", "alice", trace.set_span_in_context(last))
    token = context.attach(leaked)
    await request(sdk.tracing(app, skip=["/"]))
    context.detach(token)

    assert (seen, sdk.spans) == ([("00", {})], [])


async def test_the_context_is_given_back(sdk: Sdk) -> None:
    """However the app ends."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    before = context.get_current()
    for app in (ok, failing):
        await request(sdk.tracing(app, skip=["/"]))

    assert context.get_current() is before


async def test_a_call_that_nobody_awaits_may_be_closed_elsewhere(sdk: Sdk) -> None:
    """In another context, where nothing of it can be detached."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    class Waits:
        def __await__(self) -> Any:
            yield

    async def idle() -> Any: ...

    async def send(message: Any) -> None:
        await Waits()

    call: Any = sdk.tracing(app, skip=["/"])({"type": "http", "path": "/"}, idle, send)
    contextvars.copy_context().run(call.send, None)
    call.close()

    assert sdk.spans == []


async def test_outer_layers_see_the_route_of_what_is_skipped(sdk: Sdk) -> None:
    """Although the scope is copied."""
    store = open_store("memory:")
    app = record(production(starlette(sdk), skip=["/health"]), store=store)
    await request(app, "GET", "/health")

    assert [exchange.route for exchange in store.exchanges()] == ["/health"]
