"""One connection, from its span's start to what is measured at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.trace import Status, StatusCode, get_current_span

from asgi_mw.messages import RESPONSE_STARTS
from asgi_mw.middleware.tracing.running import RUNNING, watch
from asgi_mw.middleware.tracing.start import header_attributes, method_in, scheme_in
from asgi_mw.progress import is_cancellation
from asgi_mw.telemetry.attributes import metric_attributes, version_of
from asgi_mw.telemetry.propagation import traceparent
from asgi_mw.telemetry.status import failed_by, failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from asgi_mw.connection import Connection
    from asgi_mw.headers import Pair
    from asgi_mw.middleware.tracing.policy import Policy
    from asgi_mw.progress import Progress
    from asgi_mw.telemetry.instruments import Instruments
    from asgi_mw.types import Message


class Traced:
    """The span and the measurements of one HTTP request or WebSocket.

    Attributes:
        progress: The state of the connection.
        context: The context with the span, or with the caller's where nothing traces.
        token: Detaches the context.
        finished: Nothing is left to be ended.
        observed: It is recorded or measured.

    Args:
        policy: The compiled options.
        connection: The connection, as the layers know it.
        progress: How far it is.
        span: Its span, if there is one.
        context: What the app runs in.
        instruments: Where it is measured.
        start_time: When the span started, ns since the epoch.
        begun: The same moment by the clock of the policy.
        token: Detaches *context*; ``None`` if it was not attached.
    """

    finished = False
    observed = True
    _lost = False
    _excluded = False
    _active: dict[str, str] | None = None
    _messages: tuple[Callable[[], None], Callable[[], None]] | None = None

    def __init__(  # noqa: PLR0917  # once a request: keywords cost time
        self,
        policy: Policy,
        connection: Connection,
        progress: Progress,
        span: Span | None,
        context: Context,
        instruments: Instruments | None,
        start_time: int,
        begun: int,
        token: Token[Context] | None,
    ) -> None:
        self._policy = policy
        self._connection = connection
        self._scope = connection.given
        self.progress = progress
        self._span = span
        self.context = context
        self._instruments = instruments
        self._start_time = start_time
        self._begun = begun
        self.token = token
        if instruments is not None:
            self._headers = connection.headers
            self._inner = connection.scope
            if policy.active_requests and connection.type == "http":
                self._activate(instruments)
        RUNNING[self] = True
        if not RUNNING.watched:
            watch()

    def start(self, message: Message, headers: list[Pair], _: int) -> None:
        """Note what begins a response or accepts a WebSocket; send the browser the trace."""
        policy = self._policy
        is_response = message["type"] in RESPONSE_STARTS
        if not self.observed or (is_response and not policy.looks):
            return
        if not (self.progress.begun or self.finished):
            self._begin(headers, is_response=is_response)
        if is_response and policy.traceparent:
            own = get_current_span(self.context).get_span_context()
            if own.is_valid:
                headers.append((b"server-timing", b'traceparent;desc="%b"' % traceparent(own)))

    def over(self) -> None:
        """End the span now, unless it has to wait for the end of the app's call."""
        if self.finished:
            return
        progress = self.progress
        if (progress.status or 0) < 500:
            try:
                swallowed = self._connection.swallowed
                if progress.type == "http" and progress.ended is not None and swallowed is None:
                    self._end(progress.ended, None, None)
                else:
                    self.finish(None)
            except Exception as fault:  # noqa: BLE001  # a fault in tracing never reaches the app
                self._policy.faults.note("end", fault)

    def passed(self, sent: bool) -> None:  # noqa: FBT001  # as the driver calls it
        """Count one message of a WebSocket."""
        if self._messages is not None:
            self._messages[sent]()

    def left(self, error: BaseException | None) -> None:
        """The app returned, or *error* left it: end what has not ended before."""
        try:
            if not self.finished:
                self.finish(error)
            elif error is not None and not is_cancellation(error):
                # The response was complete: the span has ended, and did so without error
                self._policy.record(error, self.context, None)
        except Exception as fault:  # noqa: BLE001  # a fault in tracing never reaches the app
            self._policy.faults.note("end", fault)

    def lose(self) -> None:
        """The process ends before the app returned: end the span now, or nobody ever will."""
        self._lost = True
        self.left(None)

    def finish(self, error: BaseException | None) -> None:
        """End the span and measure, with the times that were fixed when the response was over."""
        progress = self.progress
        ended = progress.last(self._policy.clock)
        error = self._connection.named(error)
        failed = failure(progress, error)
        if self._lost and not progress.complete:
            failed = "lost"
        if error is not None:
            self._policy.record(error, self.context, self._span)
        self._end(ended, failed, failed_by(progress, error))

    def _end(self, ended: int, failed: str | None, blamed: BaseException | None) -> None:
        self.finished = True
        RUNNING.pop(self, None)
        progress, policy, span = self.progress, self._policy, self._span
        if self._active is not None:
            self._close(self._active)
        begun, route, status = self._begun, self._connection.route, progress.status
        request_id = self._connection.request_id
        spent = ended - begun if ended > begun else 0
        # A processor may raise as the span ends, an exotic SDK anywhere
        try:
            if span is not None:
                try:
                    put = span.set_attribute  # one by one is faster for a few
                    if status is not None:
                        put("http.response.status_code", int(status))
                    if route is not None:
                        put("http.route", route)
                        span.update_name(f"{method_in(policy, self._scope)[1]} {route}")
                    if request_id is not None:
                        put("asgi_mw.request_id", request_id)
                    if failed is not None:
                        put("error.type", failed)
                        span.set_status(Status(StatusCode.ERROR, self._described(blamed)))
                    if policy.body_sizes and progress.type == "http":
                        put("http.request.body.size", progress.bytes_in)
                        if not progress.uncounted:
                            put("http.response.body.size", progress.bytes_out)
                finally:
                    span.end(self._start_time + spent)
        finally:
            if self._instruments is not None:
                self._measure(self._instruments, route, failed, spent)

    def _described(self, blamed: BaseException | None) -> str | None:
        # The text of a cancellation only names tasks and their addresses
        if blamed is None or is_cancellation(blamed):
            return None
        return self._policy.exceptions.description(blamed)

    def _measure(
        self, instruments: Instruments, route: str | None, failed: str | None, spent: int
    ) -> None:
        policy, progress = self._policy, self.progress
        is_http = progress.type == "http"
        attributes = metric_attributes(
            method_in(policy, self._scope)[0] if is_http else None,
            scheme_in(policy, self._scope, self._headers),
            version_of(self._scope),
            route,
            progress.status,
            failed,
        )
        lasted = attributes
        if policy.own is not None:
            lasted = {**policy.own.of(self._inner), **attributes}
        if not is_http:
            instruments.lifetime.record(spent / 1e9, lasted, self.context)
            return
        if not self._excluded:
            instruments.duration.record(spent / 1e9, lasted, self.context)
        if policy.first_byte and progress.first is not None:
            waited = max(progress.first - self._begun, 0)
            instruments.first_byte.record(waited / 1e9, attributes, self.context)
        if policy.body_sizes:
            instruments.request_size.record(progress.bytes_in, attributes, self.context)
            if not progress.uncounted:
                instruments.response_size.record(progress.bytes_out, attributes, self.context)

    def _begin(self, headers: list[Pair], *, is_response: bool) -> None:
        policy, span = self._policy, self._span
        if not is_response and self._instruments is not None:
            self._open(self._instruments)
        if not policy.looks:
            return
        self._excluded = policy.excludes is not None and policy.excludes(headers)
        if policy.response_headers is not None and span is not None:
            captured = policy.response_headers.scan(headers)
            span.set_attributes(dict(header_attributes(policy, "response", captured)))

    def _activate(self, instruments: Instruments) -> None:
        policy, asked = self._policy, self._scope
        try:
            method, _ = method_in(policy, asked)
            scheme = scheme_in(policy, asked, self._headers)
            active = {"http.request.method": method, "url.scheme": scheme}
            instruments.active_requests.add(1, active)
            self._active = active
        except Exception as fault:  # noqa: BLE001  # a fault in tracing never reaches the app
            policy.faults.note("begin", fault)

    def _open(self, instruments: Instruments) -> None:
        self._active = {"url.scheme": scheme_in(self._policy, self._scope, self._headers)}
        route = self._connection.route
        if route is not None:
            self._active["http.route"] = route
        instruments.connections.add(1, self._active)
        received, sent = (
            instruments.messages.adder({"asgi_mw.direction": direction, **self._active})
            for direction in ("receive", "send")
        )
        self._messages = received, sent

    def _close(self, active: dict[str, str]) -> None:
        if self._instruments is not None:
            is_http = self.progress.type == "http"
            counts = self._instruments.active_requests if is_http else self._instruments.connections
            counts.add(-1, active)


class Unobserved(Traced):
    """A connection that is neither recorded nor measured: only its context has to be detached.

    Args:
        policy: The compiled options.
        connection: The connection, as the layers know it.
        span: The span that is not recorded, if there is one.
        context: What the app runs in.
        token: Detaches *context*; ``None`` if it was not attached.
    """

    observed = False
    finished = True  # nothing is to be ended

    def __init__(
        self,
        policy: Policy,
        connection: Connection,
        span: Span | None,
        context: Context,
        token: Token[Context] | None,
    ) -> None:
        self._policy = policy
        self._connection = connection
        self._span = span
        self.context = context
        self.token = token

    def left(self, error: BaseException | None) -> None:
        """The app returned, or *error* left it."""
        error = self._connection.named(error)
        if error is not None and self._span is not None:
            self._policy.record(error, self.context, None)
