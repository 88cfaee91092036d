"""The ids of the current span in every log record."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

from asgi_mw.context import attached

if TYPE_CHECKING:
    from collections.abc import MutableMapping


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


# Marks a span that is nobody's: it only tells samplers that nothing is traced
SILENT = "asgi_mw_silent"
_NAMES = ("trace_id", "span_id", "trace_flags")


def current_ids() -> tuple[str, str, str] | None:
    """Ids of trace and span, and the flags, as W3C Trace Context writes them.

    Nobody has one before OpenTelemetry is imported.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None or not attached():  # mostly nothing is, and to see that is a short way
        return None
    current = trace.get_current_span()
    span = current.get_span_context()
    if not span.is_valid or hasattr(current, SILENT):
        return None
    return f"{span.trace_id:032x}", f"{span.span_id:016x}", f"{span.trace_flags:02x}"
