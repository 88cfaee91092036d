"""Log line, span and recording of one request name the same trace and span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import context, trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from asgi_mw import access_log, open_store, record, request_id, stack, tracing
from asgi_mw.layers import layer
from asgi_mw.telemetry.trace_context import ids_of
from asgi_mw.testing import request, websocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.sampling import Sampler

    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Traces:
    """An SDK in memory, a store and a log, and what each says of one request."""

    def __init__(self, sampler: Sampler = ALWAYS_ON) -> None:
        self._spans = InMemorySpanExporter()
        self.provider = TracerProvider(sampler, shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.tracer = self.provider.get_tracer("of the app")
        self.store = open_store("memory:")
        self.lines: list[dict[str, Any]] = []
        self.record = layer(record, store=self.store)
        self.log = layer(access_log, logger=self)
        self.trace = layer(tracing, tracer_provider=self.provider)

    def info(self, _: str, **fields: Any) -> None:
        """Take what the log says."""
        self.lines.append(fields)

    error = warning = info

    @property
    def recorded(self) -> tuple[str | None, str | None]:
        """What the recording says."""
        [exchange] = self.store.exchanges()
        return exchange.trace_id, exchange.span_id

    @property
    def logged(self) -> tuple[str | None, str | None]:
        """What the log says."""
        [line] = self.lines
        return line.get("trace_id"), line.get("span_id")

    @property
    def span(self) -> ReadableSpan:
        """The span of the request."""
        [span] = [
            one for one in self._spans.get_finished_spans() if one.kind is trace.SpanKind.SERVER
        ]
        return span

    @property
    def traced(self) -> tuple[str, str]:
        """What it is called."""
        named = self.span.get_span_context()
        assert named is not None
        trace_id, span_id, _ = ids_of(named)
        return trace_id, span_id

    @property
    def request_id(self) -> object:
        """The id of the request that it has."""
        return (self.span.attributes or {}).get("asgi_mw.request_id")


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize("outside", [True, False], ids=["record outside", "record inside"])
async def test_they_are_those_of_the_span(*, outside: bool) -> None:
    """Wherever the recorder stands."""
    all_ = Traces()
    layers = [all_.trace, all_.log]
    await request(stack(answers, *([all_.record, *layers] if outside else [*layers, all_.record])))

    assert all_.recorded == all_.logged == all_.traced


async def test_a_span_of_the_handler_changes_nothing() -> None:
    """One that is current as the response is sent is a child: the request has its own."""
    all_ = Traces()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with all_.tracer.start_as_current_span("work"):
            await answers(scope, receive, send)

    await request(stack(app, all_.record, all_.trace, all_.log))

    assert all_.recorded == all_.logged == all_.traced


async def test_a_websocket_has_them() -> None:
    """From its acceptance on."""
    all_ = Traces()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})

    await websocket(stack(app, all_.record, all_.trace, all_.log), messages=())

    assert all_.recorded == all_.logged == all_.traced


async def test_what_is_not_sampled_has_them_too() -> None:
    """The caller's trace goes on in them, and whoever was called has the id of the span."""
    all_ = Traces(ALWAYS_OFF)
    current: list[tuple[str, str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        current.append(ids_of(trace.get_current_span().get_span_context()))
        await answers(scope, receive, send)

    await request(stack(app, all_.record, all_.trace, all_.log), headers=[("traceparent", CALLER)])

    [(trace_id, span_id, _)] = current
    assert all_.recorded == all_.logged == (trace_id, span_id)
    assert trace_id == CALLER.split("-")[1]


async def test_without_an_sdk_they_are_the_callers() -> None:
    """As its header says; without one there are none."""
    for headers, expected in (
        ([("traceparent", CALLER)], tuple(CALLER.split("-")[1:3])),
        ([], (None, None)),
    ):
        all_ = Traces()
        await request(stack(answers, all_.record, tracing, all_.log), headers=headers)

        assert (all_.recorded, all_.logged) == (expected, expected)


async def test_what_is_skipped_has_none() -> None:
    """Nothing is traced there."""
    all_ = Traces()
    skipping = layer(tracing, tracer_provider=all_.provider, skip=["/health"])
    await request(stack(answers, all_.record, skipping, all_.log), target="/health")

    assert all_.recorded == all_.logged == (None, None)


@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
async def test_another_tracer_has_them(*, inside: bool) -> None:
    """Inside of the recorder, where it is hidden in the app; or round it."""
    all_ = Traces()

    def other(app: App) -> Any:
        return OpenTelemetryMiddleware(
            app, tracer_provider=all_.provider, exclude_spans=["send", "receive"]
        )

    if inside:
        app = stack(other(answers), all_.record, all_.log)
    else:
        app = other(stack(answers, all_.record, all_.log))
    await request(app)

    assert all_.recorded == all_.logged == all_.traced


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF], ids=["ended", "not sampled"])
async def test_the_span_of_an_earlier_request_is_nobodys(sampler: Sampler) -> None:
    """Servers begin a request in the context that another one left."""
    all_ = Traces(sampler)
    left = all_.tracer.start_span("earlier")
    left.end()
    token = context.attach(trace.set_span_in_context(left))
    try:
        await request(stack(answers, all_.record))
    finally:
        context.detach(token)

    assert all_.recorded == (None, None)


async def test_those_of_an_app_that_raises_at_once() -> None:
    """Before it said anything."""
    all_ = Traces()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    await request(stack(app, all_.record, all_.trace, all_.log))

    assert all_.recorded == all_.logged == all_.traced


async def test_they_are_seen_in_flight() -> None:
    """By whoever looks while the request goes on."""
    all_ = Traces()
    seen: list[tuple[str | None, str | None]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        [exchange] = all_.store.in_flight()
        seen.append((exchange.trace_id, exchange.span_id))
        await answers(scope, receive, send)

    await request(stack(app, all_.record, all_.trace))

    assert seen == [all_.traced]


@pytest.mark.parametrize(
    "order",
    [
        lambda all_: (layer(request_id), all_.trace),
        lambda all_: (all_.trace, layer(request_id)),
    ],
    ids=["id outside", "id inside"],
)
async def test_the_span_has_the_id_of_the_request(order: Callable[[Traces], Any]) -> None:
    """The one that the response carries, also where the app chose it."""
    for own in (None, b"chosen-by-the-app"):
        all_ = Traces()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            headers = [(b"x-request-id", own)] if own else []  # noqa: B023  # called now
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body"})

        result = await request(stack(app, all_.record, *order(all_)))

        [exchange] = all_.store.exchanges()
        carried = (result.header("x-request-id") or b"").decode()
        assert carried == all_.request_id == exchange.request_id
