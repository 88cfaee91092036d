"""Facts about spans, metrics and exceptions, and the boundary to OpenTelemetry: only its API."""

from __future__ import annotations

from asgi_mw.telemetry.trace_context import TraceContextFilter as TraceContextFilter
from asgi_mw.telemetry.trace_context import add_trace_context as add_trace_context
