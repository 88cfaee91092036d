"""One connection, from its span's start to what is measured at its end."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    SpanKind,
    Status,
    StatusCode,
    get_current_span,
    set_span_in_context,
)

from asgi_mw.headers import settle, with_header
from asgi_mw.messages import RESPONSE_STARTS, Progress, is_cancellation
from asgi_mw.middleware.tracing.start import header_attributes, start_attributes
from asgi_mw.routes import KEY, holder, publish
from asgi_mw.telemetry.attributes import StartAttributes, metric_attributes, version_of
from asgi_mw.telemetry.network import scheme_of
from asgi_mw.telemetry.propagation import traceparent
from asgi_mw.telemetry.status import failed_by, failure

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from asgi_mw.headers import Headers
    from asgi_mw.middleware.tracing.policy import Policy
    from asgi_mw.telemetry.attributes import Attributes
    from asgi_mw.telemetry.instruments import Instruments
    from asgi_mw.types import Message, Scope

_UNCOUNTED = frozenset({"http.response.pathsend", "http.response.zerocopysend"})


class Connection:
    """The span and the measurements of one HTTP request or WebSocket.

    Attributes:
        context: With the span, or with the caller's where nothing traces.
        progress: The state of the connection.
        scope: The copy that the app gets.
        finished: Its span has ended.
    """

    __slots__ = (
        "_active", "_begun", "_excluded", "_instruments", "_method", "_name", "_policy",
        "_scheme", "_sized", "_span", "_start_time", "context", "finished", "progress", "scope",
        "shared",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917  # once a request: keywords cost time
        self,
        policy: Policy,
        scope: Scope,
        headers: Headers,
        found: dict[bytes, list[bytes]],
        caller: Context,
        current: Context,
        tracer: Tracer | None,
        instruments: Instruments | None,
    ) -> None:
        self._policy = policy
        self._instruments = instruments
        self.shared = holder(scope)
        self.scope = {**scope, KEY: self.shared, "headers": headers}
        kind = scope["type"]
        self.progress = Progress(kind)
        self.finished = self._excluded = False
        self._sized = True
        self._active: dict[str, str] | None = None
        method, self._name = policy.methods[scope["method"] if kind == "http" else "GET"]
        self._method = method
        scheme = scheme_of(scope)
        origin = None
        if policy.origin is not None:
            origin = policy.origin(scope, headers)
            scheme = _on(kind, origin.scheme) or scheme
        self._scheme = scheme
        self._span: Span | None = None
        self._start_time = time_ns()
        self._begun = policy.clock()
        self.context = caller
        if tracer is not None:
            links = None
            if caller is not current and policy.public(scope):
                remote = get_current_span(caller).get_span_context()
                links = [Link(remote)] if remote.is_valid else None
                caller = Context()
            span = tracer.start_span(
                self._name,
                caller,
                SpanKind.SERVER,
                StartAttributes(
                    lambda: start_attributes(policy, scope, found, origin, method, scheme)
                ),
                links,
                self._start_time,
            )
            self.context = set_span_in_context(span, caller)
            if span.is_recording():
                self._span = span
        elif caller is not current and policy.public(scope):
            self.context = current
        if instruments is not None and policy.active_requests and kind == "http":
            self._active = {"http.request.method": method, "url.scheme": scheme}
            instruments.active_requests.add(1, self._active)

    def starting(self, message: Message) -> Message:
        """Note what begins a response or accepts a WebSocket; the message as it is to be sent."""
        policy = self._policy
        publish(self.scope, self.shared)
        if message["type"] == "websocket.accept":
            if self._instruments is not None and self._active is None:
                self._open(self._instruments)
            return message
        span = self._span
        if policy.excludes is not None or (policy.response_headers is not None and span):
            message = settle(message)
            headers = message.get("headers") or ()
            self._excluded = policy.excludes is not None and policy.excludes(headers)
            if policy.response_headers is not None and span is not None:
                captured = policy.response_headers.scan(headers)
                span.set_attributes(dict(header_attributes(policy, "response", captured)))
        if policy.traceparent and message["type"] in RESPONSE_STARTS:
            own = get_current_span(self.context).get_span_context()
            if own.is_valid:
                value = b'traceparent;desc="%b"' % traceparent(own)
                message = with_header(message, b"server-timing", value)
        return message

    def unsized(self, kind: object) -> None:
        """Note a message whose bytes pass us by: the size of the body is not known then."""
        if kind in _UNCOUNTED:
            self._sized = False

    def counted(self, direction: str) -> None:
        """Count one message of a WebSocket."""
        if self._instruments is not None:
            attributes = {"asgi_mw.direction": direction, **(self._active or {})}
            self._instruments.messages.add(1, attributes)

    def left(self, error: BaseException | None) -> None:
        """The app returned, or *error* left it: end what has not ended before."""
        try:
            if not self.finished:
                self.finish(error)
            elif error is not None and not is_cancellation(error):
                # The response was complete: the span has ended, and did so without error
                self._policy.exceptions.record(error, self.context, None)
        except Exception as fault:  # noqa: BLE001  # a fault in tracing never reaches the app
            self._policy.faults.note("end", fault)

    def finish(self, error: BaseException | None = None) -> None:
        """End the span and measure, with the times that were fixed when the response was over."""
        self.finished = True
        try:
            publish(self.scope, self.shared)
        finally:
            if self._active is not None:
                self._close(self._active)
        progress = self.progress
        ended = self._policy.clock() if progress.ended is None else progress.ended
        spent = max(ended - self._begun, 0)
        route = self.shared.route
        failed = failure(progress, error)
        blamed = failed_by(progress, error)
        if error is not None:
            self._policy.exceptions.record(
                error, self.context, self._span if blamed is error else None
            )
        if self._span is not None:
            self._end(self._span, route, failed, blamed, spent)
        if self._instruments is not None:
            self._measure(self._instruments, route, failed, spent)

    def _end(
        self,
        span: Span,
        route: str | None,
        failed: str | None,
        blamed: BaseException | None,
        spent: int,
    ) -> None:
        progress = self.progress
        attributes: Attributes = {}
        if progress.status is not None:
            attributes["http.response.status_code"] = progress.status
        if route is not None:
            attributes["http.route"] = route
            span.update_name(f"{self._name} {route}")
        if failed is not None:
            attributes["error.type"] = failed
            what = None if blamed is None else self._policy.exceptions.description(blamed)
            span.set_status(Status(StatusCode.ERROR, what))
        if self._policy.body_sizes and progress.type == "http":
            attributes["http.request.body.size"] = progress.bytes_in
            if self._sized:
                attributes["http.response.body.size"] = progress.bytes_out
        if attributes:
            span.set_attributes(attributes)
        span.end(self._start_time + spent)

    def _measure(
        self, instruments: Instruments, route: str | None, failed: str | None, spent: int
    ) -> None:
        policy, progress = self._policy, self.progress
        version = version_of(self.scope)
        method = self._method if progress.type == "http" else None
        attributes = metric_attributes(
            method, self._scheme, version, route, progress.status, failed
        )
        if method is None:
            instruments.lifetime.record(spent / 1e9, attributes, self.context)
            return
        if not self._excluded:
            instruments.duration.record(spent / 1e9, attributes, self.context)
        if policy.first_byte and progress.first is not None:
            waited = max(progress.first - self._begun, 0)
            instruments.first_byte.record(waited / 1e9, attributes, self.context)
        if policy.body_sizes:
            instruments.request_size.record(progress.bytes_in, attributes, self.context)
            if self._sized:
                instruments.response_size.record(progress.bytes_out, attributes, self.context)

    def _open(self, instruments: Instruments) -> None:
        self._active = {"url.scheme": self._scheme}
        if self.shared.route is not None:
            self._active["http.route"] = self.shared.route
        instruments.connections.add(1, self._active)

    def _close(self, active: dict[str, str]) -> None:
        if self._instruments is not None:
            is_http = self.progress.type == "http"
            counts = self._instruments.active_requests if is_http else self._instruments.connections
            counts.add(-1, active)


def _on(kind: str, scheme: str | None) -> str | None:
    """*scheme* as a proxy said it, which for a WebSocket may be that of its handshake."""
    if kind == "websocket" and scheme in {"http", "https"}:
        return scheme.replace("http", "ws")
    return scheme
