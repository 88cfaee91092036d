"""One span and one duration per connection, by the HTTP conventions of OpenTelemetry."""

from __future__ import annotations

import logging
from operator import attrgetter
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING

from asgi_mw.context import attached
from asgi_mw.driver import Part, drive
from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.layers import middleware
from asgi_mw.telemetry.others import QUIET, inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from opentelemetry._logs import LoggerProvider
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from asgi_mw.connection import Connection
    from asgi_mw.middleware.tracing.connection import Traced
    from asgi_mw.progress import Progress
    from asgi_mw.redaction import Redaction
    from asgi_mw.types import A, Scope

_log = logging.getLogger("asgi_mw")
_NONE: Mapping[str, Callable[[Scope], str | None]] = {}


@middleware()
def tracing(
    app: A,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: LoggerProvider | None = None,
    metrics: bool = True,
    active_requests: bool = False,
    body_sizes: bool = False,
    time_to_first_byte: bool = False,
    metrics_exclude: Iterable[str] = (),
    metrics_attributes: Mapping[str, Callable[[Scope], str | None]] = _NONE,
    metrics_attributes_limit: int = 100,
    skip: Callable[[Scope], bool] | Iterable[str] = (),
    public: bool | Callable[[Scope], bool] = False,
    trusted_proxies: Iterable[str] = (),
    capture_request_headers: Iterable[str] = (),
    capture_response_headers: Iterable[str] = (),
    redact: Redaction | Iterable[str] | None = None,
    record_exception_message: bool = True,
    traceparent_header: bool = False,
    known_methods: Iterable[str] | None = None,
    clock: Callable[[], int] = perf_counter_ns,
) -> A:
    """Trace and measure every HTTP request and WebSocket of *app* with OpenTelemetry.

    One span of kind SERVER per connection, named by method and route, and one measurement of
    ``http.server.request.duration``: both by version 1.44.0 of the conventions, and with the
    same duration.  The response is over when its last send returns.  Below status 500 the span ends
    then; otherwise it ends when the app's call ends, with the same end time.  Its context stays
    current until the app returns, so that background work belongs to the span.  Only
    OpenTelemetry's API is used: sampling, limits and exporters are up to the SDK.  Without an
    SDK, the caller's trace is passed on, and nothing else happens.  Lifespan passes unchanged.

    Args:
        tracer_provider: By default the global one, which you can set at any time: the first
            requests look for it, later ones at most once a second until it is there.
        meter_provider: The same.
        logger_provider: The same; if there is one, exceptions become log records.
        metrics: Whether to measure.
        active_requests: Measure ``http.server.active_requests`` too.
        body_sizes: Measure ``http.server.request.body.size`` and ``…response.body.size`` too, in
            bytes counted as they pass; the span has them as well.
        time_to_first_byte: Measure ``asgi_mw.http.server.time_to_first_byte`` too.
        metrics_exclude: Media types of responses whose duration is not measured, as
            ``["text/event-stream"]``.
        metrics_attributes: Attributes of your own on the duration, each with a function of the
            scope, called when the connection is over; ``None`` is no attribute.
        metrics_attributes_limit: How many combinations of their values are kept separate; all
            further ones are ``_OTHER``, so that no client can create series at will.
        skip: Paths that are neither traced nor measured, or a predicate on the scope; everything
            inside is silent then, too.
        public: Whether callers are strangers, or a predicate on the scope that says so.  Then
            their trace is linked to, not continued, and their baggage is dropped.
        trusted_proxies: Networks whose ``X-Forwarded-For``, ``-Proto`` and ``-Host`` count, see
            :func:`~asgi_mw.client.origin_finder`.
        capture_request_headers: Request headers that become attributes, secrets masked.
        capture_response_headers: Response headers that become attributes, secrets masked.
        redact: What is secret in queries, captured headers and exceptions: more names, or a
            :class:`~asgi_mw.redaction.Redaction`.
        record_exception_message: Whether the messages of exceptions are recorded, which may
            contain more than they should.
        traceparent_header: Send the browser the trace of its request:
            ``Server-Timing: traceparent;desc="00-…"``.
        known_methods: Replaces the methods of the conventions, or of the variable
            ``OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS``; any other is ``_OTHER``.
        clock: Returns nanoseconds; give your own to make tests exact.

    Raises:
        ConfigError: An option cannot be right.

    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 204, "headers": []})
    ...     await send({"type": "http.response.body"})
    >>> run(request(tracing(app, skip=["/health"]), "GET", "/users/7")).status
    204
    """
    options = {name: value for name, value in locals().items() if name != "app"}
    from opentelemetry.context import attach, detach, get_current  # noqa: PLC0415  # slow to import
    from opentelemetry.trace import get_current_span  # noqa: PLC0415  # the same

    from asgi_mw.middleware.tracing.connection import Traced, Unobserved  # noqa: PLC0415  # the same
    from asgi_mw.middleware.tracing.policy import compile_policy  # noqa: PLC0415  # the same
    from asgi_mw.middleware.tracing.spans import starter  # noqa: PLC0415  # the same

    problems = Problems("tracing")
    faults = Faults("tracing")
    policy = compile_policy(problems, faults, options)
    notes = inside(app, problems)
    problems.check()
    sources, (start_span, adopt) = policy.sources, starter(policy)
    skips, silence, elsewhere = policy.skips, policy.silence, policy.outside
    always, quiets = policy.traceparent, tuple(QUIET.items())
    given = tracer_provider is not None or meter_provider is not None

    def begin(connection: Connection, progress: Progress, begun: int) -> Traced | None:
        if connection.traced:
            return None
        scope = connection.given
        current = base = attached()
        theirs = None
        skipped = False if skips is None else skips(scope)
        if current:
            base = silence.lifted(current)
            if silence.holds(base):
                return quiet(connection, base)
            theirs = elsewhere(scope, base)
            if theirs is None:
                base = silence.severed(base)
            elif theirs.measures or skipped:
                return None
        if skipped:
            return quiet(connection, silence.kept(base))
        context = base
        span, recording = None, False
        tracer, instruments = sources()
        headers, start_time = connection.headers, 0
        try:
            if tracer is not None and theirs is None:
                start_time = time_ns()
                span, recording, context = start_span(tracer, scope, headers, base, start_time)
            elif theirs is None:
                context = adopt(scope, headers, base)
        except Exception as fault:  # noqa: BLE001  # a fault in tracing never reaches the app
            faults.note("start", fault)
        if context is not base:  # there is a span of ours, or at least the caller's
            named = (get_current_span(context) if span is None else span).get_span_context()
            if named.is_valid:
                connection.span = named
        if span is not None or instruments is not None or always:
            connection.traced = True
            if theirs is None:
                silenced(connection)
            else:
                connection.pass_on()  # the tracer outside looks for the route in its own scope
        elif context is current:
            return None
        token = None if context is current else attach(context)
        if not recording:
            if instruments is None and not always:
                return Unobserved(policy, connection, span, context, token)
            span = None
        return Traced(
            policy, connection, progress, span, context, instruments, start_time, begun, token
        )

    def live() -> bool:
        tracer, instruments = sources()
        return tracer is not None or instruments is not None

    def quiet(connection: Connection, context: Context) -> Traced:
        """Keep everything inside from tracing, too: what is skipped is silent as a whole."""
        connection.traced = True
        silenced(connection)
        return Unobserved(policy, connection, None, context, attach(context))

    def silenced(connection: Connection) -> None:
        scope = connection.own()
        for key, value in quiets:
            scope.setdefault(key, value)

    def end(traced: Traced, error: BaseException | None) -> None:
        if error is not None or not traced.finished:
            traced.left(error)
        token = traced.token
        # A call that nobody awaits any more may be closed in a context of its own
        if token is not None and (
            error is None or not isinstance(error, GeneratorExit) or get_current() is traced.context
        ):
            detach(token)

    part = Part(
        name="tracing",
        begin=begin,
        start=Traced.start if metrics or policy.looks else None,
        passed=Traced.passed if metrics else None,
        over=Traced.over,
        end=end,
        follows=attrgetter("observed"),
        isolates=always or (given and live()) or live,
        clock=policy.clock,
        faults=faults,
    )
    for note in notes:
        _log.warning("asgi_mw.tracing: %s", note)
    traced = drive(app, part)
    vars(traced)["__notes__"] = notes
    return traced
