"""Write the JSON lines of the access log as the chain of :mod:`asgi_mw.logs` would, without it.

Nine tenths of the cost of a line are the calls inside structlog and logging.  As long as the
configuration is still the one of :func:`asgi_mw.logs.configure`, and no other handler than ours
gets the records, the line can be written without these calls.
"""

from __future__ import annotations

import json
import logging
from copy import copy
from datetime import UTC, datetime
from time import time_ns
from typing import TYPE_CHECKING, Any

from structlog.contextvars import merge_contextvars
from structlog.stdlib import BoundLogger

from asgi_mw.middleware.access_log.logger import LEVELS, NAME
from asgi_mw.middleware.request_id import add_request_id
from asgi_mw.telemetry.trace_context import add_trace_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

    from asgi_mw.once import Once
    from asgi_mw.place import OwnHandler

# What the chain itself adds: to look for secrets in a time would take most of the line's cost
_OURS = frozenset({"level", "logger", "timestamp"})
# The fields of the access log itself, masked and printable already
_SAID = frozenset(
    {
        *("event", "phase", "method", "path", "query", "route", "status", "outcome", "ttfb_ms"),
        *("duration_ms", "bytes_in", "bytes_out", "client", "http_version", "user_agent"),
        *("request_id", "trace_id", "span_id", "messages_in", "messages_out", "close_code"),
        *("close_reason", "subprotocol", "refused", "error", "exception"),
    }
)
_NONE: frozenset[str] = frozenset()


class AccessWriter:
    """Writes for :func:`~asgi_mw.access_log`, and says whether it may.

    Args:
        handler: Where lines go.
        once: Keeps a traceback from being logged twice.
        safe: Makes the values of an event safe, except those under some names.
        chain: The processors that structlog is configured with.
        factory: What makes its loggers.
    """

    def __init__(
        self,
        handler: OwnHandler,
        once: Once,
        safe: Callable[[MutableMapping[str, Any], frozenset[str]], Any],
        chain: Sequence[Any],
        factory: object,
    ) -> None:
        self._handler = handler
        self._once, self._safe = once, safe
        self._root = logging.getLogger()
        self._access = logging.getLogger(NAME)
        self._above = logging.getLogger("asgi_mw")
        self._kind: Any = type(self._access)
        self._expected = (
            *([handler], list(chain), BoundLogger, factory, dict, logging.LogRecord),
            *(handler.formatter, copy(getattr(handler.formatter, "processors", None))),
            *([*handler.filters], logging.NOTSET),  # the filters are ours, and let every event pass
            *([], [], [], False, True, True),
            *_ways(self._kind),
        )

    def stands(self, configuration: Mapping[str, Any]) -> bool:
        """Whether nobody changed what the chain does, and no other handler gets the records."""
        handler, access, above = self._handler, self._access, self._above
        formatter, kind = handler.formatter, self._kind
        # One comparison of everything that can change, since each request asks
        return self._expected == (
            self._root.handlers,
            configuration["processors"],
            configuration["wrapper_class"],
            configuration["logger_factory"],
            configuration["context_class"],
            logging.getLogRecordFactory(),
            formatter,
            getattr(formatter, "processors", None),
            handler.filters,
            handler.level,
            access.handlers,
            above.handlers,
            access.filters,
            access.disabled,
            access.propagate,
            above.propagate,
            kind.callHandlers,
            kind.handle,
            kind.makeRecord,
        )

    def log(self, level: str, event: str, fields: dict[str, object], *, masked: bool) -> None:
        """Write one event; *masked*: its fields are masked already, by the names of the chain."""
        access = self._access
        if not access.isEnabledFor(LEVELS[level]):
            return
        fields["event"] = event
        known = _SAID.intersection(fields) if masked else _NONE  # bound fields are not ours
        merge_contextvars(access, level, fields)
        fields["level"] = level
        fields["logger"] = NAME
        fields["timestamp"] = _timestamp()
        add_request_id(access, level, fields)
        add_trace_context(access, level, fields)
        self._safe(self._once(access, level, fields), known | _OURS)
        self._write(_encoded(fields))

    def write(self, level: str, event: str, head: str, tail: str) -> None:
        """Write the line of one event, with what the chain adds between its *head* and *tail*."""
        if self._access.isEnabledFor(LEVELS[level]):
            self._write(
                f'{head}, "event": "{event}", "level": "{level}", "logger": "{NAME}"'
                f', "timestamp": "{_timestamp()}"{tail}}}'
            )

    def _write(self, line: str) -> None:
        handler: Any = self._handler
        handler.acquire()
        try:
            stream = handler.stream
            stream.write(line + handler.terminator)
            if hasattr(stream, "flush"):
                stream.flush()  # as the handler does, which takes its lock for it once more
        finally:
            handler.release()


def _ways(kind: Any) -> tuple[object, ...]:
    """The methods by which records go through a logger; none of those that others put there.

    Monitoring agents wrap them to hear of each record, often before logging is configured.
    """
    ours = logging.getLogger.__code__.co_filename
    found = (kind.callHandlers, kind.handle, kind.makeRecord)
    return tuple(
        one if getattr(getattr(one, "__code__", None), "co_filename", None) == ours else None
        for one in found
    )


# When the current second began, in microseconds, and its text
_second = (0, "")


def _timestamp() -> str:
    """The time as structlog's ``TimeStamper(fmt="iso", utc=True)`` writes it."""
    global _second  # noqa: PLW0603  # all but the fraction stays for a second
    now = time_ns() // 1000
    began, text = _second
    fraction = now - began
    if not 0 < fraction < 1_000_000:
        second, fraction = divmod(now, 1_000_000)
        text = datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00")
        _second = now - fraction, text
        if not fraction:
            return f"{text}Z"
    return f"{text}.{str(1_000_000 + fraction)[1:]}Z"


_encoded = json.JSONEncoder(default=str).encode
