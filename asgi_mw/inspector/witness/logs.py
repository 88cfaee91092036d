"""Witness the log records of the connection that is being served.

A handler on the root logger would change what the app sees: ``logging.basicConfig`` does nothing
where the root has one, the last resort is silent where any is found, and a later ``dictConfig``
removes it.  So this wraps a later step: the one in which a logger hands a record, which has passed
its level and its filters, to its handlers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asgi_mw.faults import Faults
from asgi_mw.inspector.witness.wrapping import Wrapping
from asgi_mw.middleware.access_log.logger import NAME as ACCESS
from asgi_mw.noting import note, takers
from asgi_mw.tracebacks import described

if TYPE_CHECKING:
    from collections.abc import Callable

# What every record has, and what structlog and uvicorn add for themselves; the others are extra
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {
    *("message", "asctime", "_logger", "_name", "_from_structlog", "_record", "color_message"),
}

# Loggers whose lines only repeat what the exchange itself shows
_ACCESS = frozenset({ACCESS, "uvicorn.access", "hypercorn.access", "gunicorn.access"})


class Logs:
    """Notes each record on its way to the handlers, but for the lines of access logs."""

    def __init__(self) -> None:
        self._faults = Faults("witness")
        self._wrapping = Wrapping(logging.Logger, "callHandlers", self._wrapped)

    def look(self) -> None:
        """Nothing new can come."""

    def install(self) -> None:
        """Begin, if that was not done before."""
        self._wrapping.install()

    def remove(self) -> None:
        """Leave everything as it was found."""
        self._wrapping.remove()

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def callHandlers(logger: logging.Logger, record: logging.LogRecord) -> Any:  # noqa: N802  # its name
            if self._wrapping.on and takers() and logger.name not in _ACCESS:
                try:
                    _note(record)
                except Exception as error:  # noqa: BLE001  # a fault of ours never reaches the app
                    self._failed(error)
            return original(logger, record)

        return callHandlers

    def _failed(self, error: BaseException) -> None:
        # To log the fault makes a record, which comes here again: so only the first is logged
        first = not self._faults.total
        if first:
            self._faults.note("log", error)
        else:
            self._faults.counts["log"] += 1


def _note(record: logging.LogRecord) -> None:
    title, extra = _said(record)
    extra |= {name: one for name, one in vars(record).items() if name not in _USUAL}
    detail: dict[str, Any] = {
        "logger": record.name,
        "where": f"{record.pathname}:{record.lineno} {record.funcName}",
    }
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        kind, message, traceback = described(error)
        detail["error"] = f"{kind}: {message.text}"
        detail["traceback"] = [list(one) for one in traceback]
    if extra:
        detail["extra"] = extra
    note("log", title, level=record.levelname.lower(), detail=detail)


def _said(record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
    """The message of a record, and what structlog gave beside it."""
    said = record.msg
    if isinstance(said, Mapping) and "event" in said:
        return str(said["event"]), {str(key): one for key, one in said.items() if key != "event"}
    try:
        return record.getMessage(), {}
    except Exception:  # noqa: BLE001  # arguments that do not fit, of which logging complains itself
        return str(said), {}
