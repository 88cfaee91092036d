"""The logger of the user's structlog configuration, or stdlib logging where there is none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "asgi_mw.access"


def own_logger() -> Callable[[], Any]:
    """What gives the logger for one event.

    An unconfigured structlog prints to standard output, which nobody asked for; so its events
    go to the stdlib logger ``asgi_mw.access`` until structlog is configured.
    """
    plain = through_stdlib(logging.getLogger(NAME))
    configured: Any = None
    by: object = None

    def current() -> Any:
        nonlocal configured, by
        if not structlog.is_configured():
            return plain
        processors = structlog.get_config()["processors"]
        if processors is not by:  # configured anew: a logger may have been cached
            by, configured = processors, structlog.get_logger(NAME)
        return configured

    return current


def through_stdlib(logger: logging.Logger) -> Any:
    """A structlog logger that hands each event to *logger* as one logfmt line."""
    return structlog.wrap_logger(
        logger,
        processors=[structlog.stdlib.filter_by_level, _for_stdlib],
        wrapper_class=structlog.stdlib.BoundLogger,
    ).bind()


_logfmt = structlog.processors.LogfmtRenderer(key_order=["event"])


def _for_stdlib(
    logger: Any, method: str, event: structlog.typing.EventDict
) -> tuple[tuple[str], dict[str, object]]:
    """One logfmt line as the message, and the fields for formatters that want them."""
    fields = dict(event)
    line = _logfmt(logger, method, event)
    return (line.removeprefix("event="),), {"extra": {"asgi_mw": fields}}
