"""Write the JSON lines of the access log as the chain of :mod:`asgi_mw.logs` would, without it.

Nine tenths of a line's price are structlog's and logging's ways from one function to the next.  As
long as the configuration is still the one of :func:`asgi_mw.logs.configure`, and nobody but our
handler waits for records, the line is known without going there.
"""

from __future__ import annotations

import json
import logging
from copy import copy
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

    from asgi_mw.place import OwnHandler

NAME = "asgi_mw.access"
# What the chain adds of its own: to look for secrets in a time would take most of the line's price
_OURS = frozenset({"level", "logger", "timestamp"})
# What the access log itself says, masked and printable already
_SAID = frozenset(
    {
        *("event", "phase", "method", "path", "query", "route", "status", "outcome", "ttfb_ms"),
        *("duration_ms", "bytes_in", "bytes_out", "client", "http_version", "user_agent"),
        *("request_id", "trace_id", "span_id", "messages_in", "messages_out", "close_code"),
        *("close_reason", "subprotocol", "error", "traceback"),
    }
)
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class AccessWriter:
    """A logger for :func:`~asgi_mw.access_log`, and the judge of whether it may be one.

    Args:
        handler: Where lines go.
        shared: What the chain does to each event before logging has it, in order.
        safe: Makes the values of an event safe, but those under some names.
        chain: The processors that structlog is configured with.

    Attributes:
        trusting: The same for who masks by the names that the chain masks by.
    """

    _trusted: frozenset[str] = frozenset()

    def __init__(
        self,
        handler: OwnHandler,
        shared: Sequence[Callable[[Any, str, MutableMapping[str, Any]], Any]],
        safe: Callable[[MutableMapping[str, Any], frozenset[str]], Any],
        chain: Sequence[Any],
    ) -> None:
        self._handler = handler
        self._formatter = handler.formatter
        self._shared = tuple(shared)
        self._safe = safe
        self._chain = tuple(chain)
        self._finish = tuple(getattr(handler.formatter, "processors", ()))
        self._dumps = json.JSONEncoder(default=str).encode
        self._root = logging.getLogger()
        self._access = logging.getLogger(NAME)
        self._above = logging.getLogger("asgi_mw")
        self.trusting = copy(self)
        self.trusting._trusted = _SAID  # noqa: SLF001  # its own class

    def stands(self, configuration: Mapping[str, Any]) -> bool:
        """Whether nobody changed what the chain does, and nobody else hears of records."""
        handler, root = self._handler, self._root
        formatter = handler.formatter
        return (
            root.handlers == [handler]
            and formatter is self._formatter
            and (*getattr(formatter, "processors", ()),) == self._finish
            and (*configuration["processors"],) == self._chain
            and configuration["wrapper_class"] is structlog.stdlib.BoundLogger
            and not (
                self._access.handlers
                or self._above.handlers
                or handler.filters
                or handler.level
                or self._access.filters
                or self._access.disabled
            )
            and self._access.propagate
            and self._above.propagate
            and logging.getLogRecordFactory() is logging.LogRecord
        )

    def info(self, event: str, **fields: object) -> None:
        """Log a connection."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Log one that did not go as it should."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Log one that failed."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        if not self._access.isEnabledFor(_LEVELS[level]):
            return
        fields["event"] = event
        safe = self._trusted.intersection(fields) | _OURS  # what somebody bound is no word of ours
        for processor in self._shared:
            processor(self._access, level, fields)
        self._safe(fields, safe)
        line = self._dumps(fields)
        handler = self._handler
        handler.acquire()
        try:
            handler.stream.write(line + handler.terminator)
            handler.flush()
        finally:
            handler.release()
