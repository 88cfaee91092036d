"""Put the ids of the current span into log records, and find those of a connection's span."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Protocol

from asgi_mw.context import attached

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from opentelemetry.trace import Span, SpanContext


def add_trace_context(
    logger: object,  # noqa: ARG001  # what structlog hands to a processor
    method: str,  # noqa: ARG001  # the same
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """A structlog processor: adds ``trace_id``, ``span_id`` and ``trace_flags`` inside a span.

    >>> add_trace_context(None, "info", {"event": "outside of a span"})
    {'event': 'outside of a span'}
    """
    ids = current_ids()
    if ids is not None:
        for name, value in zip(_NAMES, ids, strict=True):
            event.setdefault(name, value)
    return event


class TraceContextFilter(logging.Filter):
    """A filter for stdlib logging: ``trace_id``, ``span_id`` and ``trace_flags``, ``"-"`` outside.

    >>> record = logging.makeLogRecord({"msg": "hello"})
    >>> TraceContextFilter().filter(record), record.trace_id
    (True, '-')
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the ids; let every record pass."""
        ids = current_ids() or ("-", "-", "-")
        for name, value in zip(_NAMES, ids, strict=True):
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


# Marks a span that is nobody's: it only shows samplers that nothing is traced
SILENT = "asgi_mw_silent"
_NAMES = ("trace_id", "span_id", "trace_flags")


class Connected(Protocol):
    """The part of a connection that this module reads and writes."""

    span: Any
    entered: bool


def current_ids() -> tuple[str, str, str] | None:
    """Ids of trace and span, and the flags, as W3C Trace Context writes them.

    There is no span before OpenTelemetry is imported.
    """
    current = _current()
    return None if current is None else ids_of(current.get_span_context())


def span_of(connection: Connected) -> SpanContext | None:
    """The ids of the span of *connection*: the same for its log line and its recording.

    The span is the one that ``tracing`` gave it, sampled or not; without an SDK, the caller's.
    Otherwise it is the first span that is current at a call, which is another tracer's.  Servers
    begin a request in the context that an earlier one left behind: where no layer cleared that,
    only a span that has not ended counts.
    """
    if connection.span is None:
        current = _current()
        if current is not None and (connection.entered or current.is_recording()):
            connection.span = current.get_span_context()
    found: SpanContext | None = connection.span
    return found


def ids_of(span: SpanContext) -> tuple[str, str, str]:
    """The ids of trace and span, and the flags, as text.

    >>> from opentelemetry.trace import SpanContext
    >>> ids_of(SpanContext(trace_id=10, span_id=11, is_remote=False))
    ('0000000000000000000000000000000a', '000000000000000b', '00')
    """
    return f"{span.trace_id:032x}", f"{span.span_id:016x}", f"{span.trace_flags:02x}"


def _current() -> Span | None:
    """The current span, if it is valid and no silent one."""
    # Mostly nothing is attached, and this check is quick
    if not attached() or (trace := sys.modules.get("opentelemetry.trace")) is None:
        return None
    current: Span = trace.get_current_span()
    if not current.get_span_context().is_valid or hasattr(current, SILENT):
        return None
    return current
