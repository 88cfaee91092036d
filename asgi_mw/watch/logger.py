"""Where reports go: the logger of the user's structlog configuration, or stdlib logging."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from asgi_mw.middleware.access_log.logger import logfmt

if TYPE_CHECKING:
    from asgi_mw.errors import Problems

NAME = "asgi_mw.watch"
# Logs an event with its fields as a warning
Log: TypeAlias = Callable[[str, dict[str, object]], None]


def logger_of(given: Any, problems: Problems) -> Log:
    """A function that logs to *given*, or as structlog is configured, else to ``asgi_mw.watch``."""
    if given is not None and not callable(getattr(given, "warning", None)):
        problems.add("logger", given, "is no logger", "give one, as structlog.get_logger()")
    if isinstance(given, logging.Logger):
        return _stdlib(given)
    if given is not None:
        return lambda event, fields: given.warning(event, **fields)
    plain = _stdlib(logging.getLogger(NAME))

    def log(event: str, fields: dict[str, object]) -> None:
        # An unconfigured structlog prints to standard output, which nobody asked for
        if structlog.is_configured():
            structlog.get_logger(NAME).warning(event, **fields)
        else:
            plain(event, fields)

    return log


def _stdlib(logger: logging.Logger) -> Log:
    """Hands each event to *logger*: a line of logfmt with the stack below it."""

    def log(event: str, fields: dict[str, object]) -> None:
        line = logfmt(event, {name: one for name, one in fields.items() if name != "stack"})
        stack = fields.get("stack")
        # The text is no template: what a client sent may have a % in it
        logger.warning("%s", f"{line}\n{stack}" if stack else line, extra={"asgi_mw": fields})

    return log
