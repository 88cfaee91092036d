"""The trace of the caller, and what it is told back: section 8 of the checklist."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from asgi_mw.testing import request
from tests.middleware.tracing.conftest import Sdk, answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import Receive, Scope, Send

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


OTHER = f"00-{'1' * 32}-{SPAN}-01"


@pytest.mark.parametrize("second", [OTHER, PARENT[0][1], "nonsense", ""])
@pytest.mark.parametrize("kind", ["no SDK", "SDK"])
async def test_two_callers_are_none(sdk: Sdk, kind: str, second: str) -> None:
    """W3C's test suite, ``test_traceparent_duplicated``: a new trace, without their state."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        span = trace.get_current_span().get_span_context()
        seen.append((f"{span.trace_id:032x}" in {TRACE, "1" * 32}, dict(span.trace_state)))
        await ok(scope, receive, send)

    options: dict[str, Any] = (
        {} if kind == "SDK" else {"tracer_provider": None, "meter_provider": None}
    )
    headers = [*PARENT, ("Traceparent", second), ("tracestate", "a=1")]
    for public in (False, True):
        await request(sdk.tracing(app, public=public, **options), headers=headers)

    assert seen == [(False, {})] * 2
    assert [(span.parent, len(span.links)) for span in sdk.spans] == [(None, 0)] * len(sdk.spans)


async def test_a_repeated_baggage_is_one_list(sdk: Sdk) -> None:
    """W3C Baggage 3.3.1: several lines can be combined."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(baggage.get_all())

    await request(sdk.tracing(app), headers=[("baggage", "a=1"), ("Baggage", "b=2,c=3")])

    assert seen == [{"a": "1", "b": "2", "c": "3"}]


@pytest.mark.parametrize(
    "value",
    [
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01, 00-{'1' * 32}-{SPAN}-01",
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


TENANT = context.create_key("tenant")


@pytest.mark.parametrize("kind", ["no SDK", "SDK", "not sampled"])
@pytest.mark.parametrize("public", [False, True])
async def test_what_a_server_leaked_is_no_parent(
    sdk: Sdk,
    kind: str,
    public: bool,  # noqa: FBT001  # a column
) -> None:
    """Neither the span nor the baggage of the last request; what else is in the context stays.

    uvicorn reads the next request in the context in which the last response was sent.
    """
    chosen = Sdk(ALWAYS_OFF) if kind == "not sampled" else sdk
    options: dict[str, Any] = (
        {"tracer_provider": None, "meter_provider": None} if kind == "no SDK" else {}
    )
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        span = trace.get_current_span().get_span_context()
        seen.append((f"{span.trace_id:032x}", baggage.get_all(), context.get_value(TENANT)))
        await ok(scope, receive, send)

    layered = chosen.tracing(app, public=public, **options)
    leaked = context.set_value(TENANT, "acme")
    leaked = baggage.set_baggage("k", "v", leaked)
    leaked = trace.set_span_in_context(
        trace.NonRecordingSpan(trace.SpanContext(int(TRACE, 16), int(SPAN, 16), False, SAMPLED)),
        leaked,
    )

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        token = context.attach(leaked)
        await layered(scope, receive, send)
        assert context.get_current() is leaked
        context.detach(token)

    await request(server)

    [(trace_id, carried, tenant)] = seen
    assert (trace_id == TRACE, carried, tenant) == (False, {}, "acme")
    assert [span.parent for span in sdk.spans] == ([None] if kind == "SDK" else [])


async def test_the_next_request_of_a_connection_is_no_child_of_the_last(sdk: Sdk) -> None:
    """Although its call was begun within the last send of the one before."""
    app = sdk.tracing(ok)
    inside: list[contextvars.Context] = []

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Any) -> None:
            inside.append(contextvars.copy_context())
            await send(message)

        await app(scope, receive, sent)

    await request(server)
    token = context.attach(inside[-1].run(context.get_current))
    await request(server)
    context.detach(token)

    first, second = sdk.spans
    assert first.context is not None and second.context is not None
    assert (first.parent, second.parent) == (None, None)
    assert first.context.trace_id != second.context.trace_id


async def test_headers_win_over_a_span_of_this_process(sdk: Sdk) -> None:
    """An outer span that is meant is told in the headers, as to any server."""
    tracer = sdk.tracer_provider.get_tracer("outside")
    with tracer.start_as_current_span("outside") as outside:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        await request(sdk.tracing(ok), headers=list(carrier.items()))
        await request(sdk.tracing(ok))

    told, silent, _ = sdk.spans
    assert told.parent is not None
    assert (told.parent.span_id, silent.parent) == (outside.get_span_context().span_id, None)


@pytest.mark.parametrize("metrics", [True, False])
@pytest.mark.parametrize("kind", ["recorded", "not sampled"])
async def test_a_layer_inside_of_another_leaves_the_connection_to_it(
    sdk: Sdk,
    kind: str,
    metrics: bool,  # noqa: FBT001  # a column
) -> None:
    """As in an app that is mounted in another: one span, one measurement."""
    outer = sdk if kind == "recorded" else Sdk(ALWAYS_OFF)

    async def copying(scope: Scope, receive: Receive, send: Send) -> None:
        await sdk.tracing(ok)({**scope, "path": "/inner"}, receive, send)

    await request(outer.tracing(copying, metrics=metrics))

    measured = len(sdk.points()) + (0 if outer is sdk else len(outer.points()))
    assert (len(sdk.spans), measured) == (1 if outer is sdk else 0, 1 if metrics else 0)


async def test_a_layer_inside_of_one_that_skips_is_silent(sdk: Sdk) -> None:
    """What is skipped is skipped as a whole."""
    await request(sdk.tracing(sdk.tracing(ok), skip=["/"]))

    assert (len(sdk.spans), len(sdk.points())) == (0, 0)
