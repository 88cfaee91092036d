"""Exceptions that left the app: as log records, or as events of their span."""

from __future__ import annotations

import os
from time import time_ns
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from opentelemetry._logs import SeverityNumber

from asgi_mw.progress import is_cancellation
from asgi_mw.telemetry.status import error_type
from asgi_mw.tracebacks import message_of, shown, traceback_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry._logs import Logger
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from asgi_mw.tracebacks import Mask

Signal: TypeAlias = Literal["logs", "logs/dup", ""]

# https://opentelemetry.io/docs/specs/semconv/http/http-exceptions/
EVENT = "http.server.request.exception"
VARIABLE = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN"
# What frameworks and servers call the exception for a client that is gone
_DEPARTURES = frozenset(
    {
        "ClientDisconnect",
        "ClientDisconnected",
        "WebSocketDisconnect",
        "WebSocketDisconnectError",
        "WebSocketDisconnected",
    }
)


def signal_wanted() -> Signal:
    """What the environment asks for: ``logs``, ``logs/dup`` for events too, or nothing."""
    asked = {one.strip() for one in os.environ.get(VARIABLE, "").split(",")}
    if "logs/dup" in asked:
        return "logs/dup"
    return "logs" if "logs" in asked else ""


class Exceptions:
    """Records each exception that left the app once.

    Where there is an SDK for logs, it is a log record through the Logger API, as the conventions
    ask of new instrumentation.  Otherwise it is an event of the span, so that it is not lost.
    ``OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`` may be ``logs`` (never an event) or ``logs/dup``
    (both).

    Args:
        logger: Gives the logger of the moment.
        mask: Masks secrets in text.
        message: Whether the message is recorded; if not, the stack trace leaves it out too.
    """

    def __init__(
        self,
        logger: Callable[[], Logger | None],
        mask: Mask,
        *,
        message: bool = True,
    ) -> None:
        self._logger = logger
        self._mask = mask
        self._message = message
        self._signal = signal_wanted()

    def description(self, error: BaseException) -> str | None:
        """What the status of a span says: the message, or nothing where it is not recorded."""
        return shown([message_of(error)], self._mask) or None if self._message else None

    def record(self, error: BaseException, context: Context | None, span: Span | None) -> None:
        """Record *error*, associated with *context*; if it becomes an event, *span* gets it.

        A cancellation, or an exception for a client that is gone, is no fault of the app: its
        severity is DEBUG, as the conventions advise.
        """
        logger = self._logger()
        if self._signal == "logs" or (self._signal == "" and logger is not None):
            span = None
        if logger is None and span is None:
            return
        attributes = self._attributes(error)
        now = time_ns()
        if logger is not None:
            _emit(logger, attributes, now, context, fault=not _is_departure(error))
        if span is not None:
            span.add_event("exception", attributes, now)

    def _attributes(self, error: BaseException) -> dict[str, str]:
        attributes = {"exception.type": error_type(type(error))}
        if self._message:
            message = shown([message_of(error)], self._mask)
            if message:
                attributes["exception.message"] = message
        told = traceback_of(error, message=self._message)
        attributes["exception.stacktrace"] = shown(told, self._mask)
        return attributes


def _is_departure(error: BaseException) -> bool:
    return is_cancellation(error) or any(one.__name__ in _DEPARTURES for one in type(error).__mro__)


def _emit(
    logger: Logger,
    attributes: dict[str, Any],
    now: int,
    context: Context | None,
    *,
    fault: bool,
) -> None:
    logger.emit(
        timestamp=now,
        context=context,
        severity_number=SeverityNumber.ERROR if fault else SeverityNumber.DEBUG,
        severity_text="ERROR" if fault else "DEBUG",
        attributes=attributes,
        event_name=EVENT,
    )
