"""The trace of the caller, and what it is told back: section 8 of the checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.propagators.textmap import TextMapPropagator

from asgi_mw.testing import request
from tests.middleware.tracing.conftest import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import Receive, Scope, Send
    from tests.middleware.tracing.conftest import Sdk

pytestmark = pytest.mark.anyio

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = [("traceparent", f"00-{TRACE}-{SPAN}-01")]
ok = answering()
SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)


@pytest.mark.parametrize("name", ["traceparent", "Traceparent"])
async def test_the_callers_trace_goes_on(sdk: Sdk, name: str) -> None:
    """Its state and its baggage too."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(baggage.get_all())
        await ok(scope, receive, send)

    headers = [(name, PARENT[0][1]), ("tracestate", "a=1"), ("baggage", "k=v")]
    await request(sdk.tracing(app), headers=headers)

    assert sdk.span.parent is not None and sdk.span.context is not None
    assert (f"{sdk.span.parent.trace_id:032x}", f"{sdk.span.parent.span_id:016x}") == (TRACE, SPAN)
    assert sdk.span.parent.is_remote
    assert sdk.span.context.trace_state.get("a") == "1"
    assert seen == [{"k": "v"}]


@pytest.mark.parametrize("kind", ["no SDK", "SDK"])
async def test_a_repeated_header_is_read_whole(sdk: Sdk, kind: str) -> None:
    """W3C Trace Context: several ``tracestate`` lines are one list."""
    states: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        span = trace.get_current_span().get_span_context()
        states.append(dict(span.trace_state))
        await ok(scope, receive, send)

    options: dict[str, Any] = (
        {} if kind == "SDK" else {"tracer_provider": None, "meter_provider": None}
    )
    headers = [*PARENT, ("tracestate", "a=1"), ("tracestate", "b=2")]
    await request(sdk.tracing(app, **options), headers=headers)

    assert states == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    "value",
    [
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        "nonsense",
        "",
        "\xff",
    ],
)
async def test_what_is_no_traceparent_begins_a_new_trace(sdk: Sdk, value: str) -> None:
    """And harms nobody."""
    await request(sdk.tracing(ok), headers=[(b"traceparent", value.encode("latin-1"))])

    assert sdk.span.parent is None


async def test_the_callers_decision_not_to_sample_holds(sdk: Sdk) -> None:
    """The SDK's default sampler is parent-based."""
    await request(sdk.tracing(ok), headers=[("traceparent", f"00-{TRACE}-{SPAN}-00")])

    assert sdk.spans == []
    assert len(sdk.points()) == 1


@pytest.mark.parametrize("public", [True, lambda scope: scope["path"] == "/"])
async def test_a_strangers_trace_is_linked_to(sdk: Sdk, public: Any) -> None:
    """The trace is a new one, and the stranger's baggage stays outside."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(baggage.get_all())
        await ok(scope, receive, send)

    await request(sdk.tracing(app, public=public), headers=[*PARENT, ("baggage", "k=v")])

    [link] = sdk.span.links
    assert sdk.span.context is not None
    assert f"{link.context.trace_id:032x}" == TRACE
    assert f"{sdk.span.context.trace_id:032x}" != TRACE
    assert (sdk.span.parent, seen) == (None, [{}])


@pytest.mark.parametrize(
    ("public", "continued"), [(lambda _: False, True), (lambda _: 1 / 0, False)]
)
async def test_a_predicate_says_who_is_a_stranger(sdk: Sdk, public: Any, continued: bool) -> None:  # noqa: FBT001  # a column
    """One that fails trusts nobody."""
    await request(sdk.tracing(ok, public=public), headers=PARENT)

    assert (sdk.span.parent is not None) == continued


async def test_a_stranger_is_not_continued_without_an_sdk_either(sdk: Sdk) -> None:
    """There is nothing to link then."""
    valid: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        valid.append(trace.get_current_span().get_span_context().is_valid)

    layered = sdk.tracing(app, tracer_provider=None, meter_provider=None, public=True)
    await request(layered, headers=PARENT)

    assert valid == [False]


async def test_the_browser_is_told_its_trace(sdk: Sdk) -> None:
    """On the start of the response alone, beside what the app set."""
    own = [(b"server-timing", b"app;dur=1")]
    result = await request(sdk.tracing(answering(headers=own), traceparent_header=True))

    assert sdk.span.context is not None
    ids = f"{sdk.span.context.trace_id:032x}-{sdk.span.context.span_id:016x}"
    flags = sdk.span.context.trace_flags
    told = f'traceparent;desc="00-{ids}-{flags:02x}"'.encode()
    assert result.sent == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [*own, (b"server-timing", told)],
        },
        {"type": "http.response.body", "body": b"ok"},
    ]
    assert own == [(b"server-timing", b"app;dur=1")]


async def test_nobody_is_told_of_no_trace(sdk: Sdk) -> None:
    """Without an SDK."""
    options: dict[str, Any] = {"tracer_provider": None, "meter_provider": None}
    result = await request(sdk.tracing(ok, traceparent_header=True, **options))

    assert result.headers == []


class Custom(TextMapPropagator):
    """Reads a header of its own."""

    def extract(self, carrier: Any, context: Any = None, getter: Any = None) -> Any:
        [value] = getter.get(carrier, "X-Trace") or [""]
        assert getter.keys(carrier) == ["x-trace"]
        if not value:
            return context
        span = trace.SpanContext(int(value, 16), 1, is_remote=True, trace_flags=SAMPLED)
        return trace.set_span_in_context(trace.NonRecordingSpan(span), context)

    def inject(self, *args: Any, **keywords: Any) -> None: ...

    @property
    def fields(self) -> set[str]:
        return {"x-trace"}


@pytest.fixture
def custom() -> Iterator[None]:
    """Set another propagator for a while."""
    before = propagate.get_global_textmap()
    propagate.set_global_textmap(Custom())
    yield
    propagate.set_global_textmap(before)


@pytest.mark.usefixtures("custom")
async def test_the_global_propagator_counts_whatever_it_reads(sdk: Sdk) -> None:
    """As ``OTEL_PROPAGATORS`` or the app set it, even after the layer was made."""
    await request(sdk.tracing(ok), headers=[("X-Trace", "ab")])

    assert sdk.span.parent is not None
    assert sdk.span.parent.trace_id == 0xAB


KEYS = ["suppress_instrumentation"] + [
    getattr(context, name)
    for name in ("_SUPPRESS_INSTRUMENTATION_KEY", "_SUPPRESS_HTTP_INSTRUMENTATION_KEY")
]


@pytest.mark.parametrize("key", KEYS, ids=["plain", "all", "http"])
async def test_suppressed_means_no_span_and_no_metric(sdk: Sdk, key: str) -> None:
    """Whoever set the key asked for silence."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        token = context.attach(context.set_value(key, True))
        await sdk.tracing(ok)(scope, receive, send)
        context.detach(token)

    await request(outer)

    assert (sdk.spans, sdk.points()) == ([], [])


async def test_another_span_of_this_process_is_the_parent(sdk: Sdk) -> None:
    """Where the caller named none."""
    tracer = sdk.tracer_provider.get_tracer("outside")

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        with tracer.start_as_current_span("outside"):
            await sdk.tracing(ok)(scope, receive, send)

    await request(outer)

    inner, outside = sdk.spans
    assert inner.parent is not None and outside.context is not None
    assert inner.parent.span_id == outside.context.span_id
