"""The logger of the user's structlog configuration, or stdlib logging where there is none."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import structlog

from asgi_mw.context import are_fields_bound
from asgi_mw.crashes import note_logged
from asgi_mw.tracebacks import TracebackText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.middleware.access_log.policy import Log, Writer

NAME = "asgi_mw.access"
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# What needs no quotes in logfmt
_BARE = re.compile(r"[^\s\"=\\]+")


class OwnLogger:
    """Logs as structlog is configured.

    Without a configuration, structlog prints to standard output, which nobody asked for.  So
    events go to the stdlib logger ``asgi_mw.access`` until structlog is configured.

    Args:
        usual: Whether secrets are masked by the usual names.
    """

    def __init__(self, *, usual: bool) -> None:
        self._usual = usual
        self._plain = stdlib_logger(logging.getLogger(NAME))
        self._configured: Any = None
        self._writer: Any = None
        self._by: object = None
        for processor in structlog.get_config()["processors"]:
            if callable(keep := getattr(processor, "keep", None)):
                keep()  # of asgi_mw.logs: the framework inside may have removed its handler

    def log(self, level: str, event: str, fields: dict[str, object]) -> None:
        """Log one event."""
        if not structlog.is_configured():
            self._plain(level, event, fields)
        elif (writer := self._standing()) is not None:
            writer.log(level, event, fields, masked=self._usual)
        else:
            getattr(self._configured, level)(event, **fields)

    def writer(self) -> Writer | None:
        """The writer for finished lines, if nothing has to be added to them or masked in them."""
        if not self._usual or are_fields_bound():
            return None
        writer: Writer | None = self._standing()
        return writer

    def _standing(self) -> Any:
        """The writer that :mod:`asgi_mw.logs` configured for JSON, while that is still in place."""
        configuration = structlog.get_config()
        processors = configuration["processors"]
        if processors is not self._by:  # configured again: a logger may have been cached
            self._by, self._configured = processors, structlog.get_logger(NAME)
            self._writer = next((one.access for one in processors if hasattr(one, "access")), None)
        writer = self._writer
        return writer if writer is not None and writer.stands(configuration) else None


def stdlib_logger(logger: logging.Logger) -> Log:
    """Hands each event to *logger*: one logfmt line, and the fields in ``asgi_mw``."""

    def log(level: str, event: str, fields: dict[str, object]) -> None:
        number = LEVELS[level]
        if logger.isEnabledFor(number):
            logger.log(number, logfmt(event, fields), extra={"asgi_mw": fields})
            if isinstance(told := fields.get("exception"), TracebackText):
                note_logged(told.error)

    return log


def logfmt(event: str, fields: Mapping[str, object]) -> str:
    r"""*event* and its *fields* in one line; what has a blank in it stands in quotes.

    >>> logfmt("http", {"path": "/a b", "status": 200, "client": None, "ok": True})
    'http path="/a b" status=200 client= ok=true'
    """
    return " ".join([event, *[f"{name}={_written(value)}" for name, value in fields.items()]])


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if _BARE.fullmatch(text):
        return text
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'
