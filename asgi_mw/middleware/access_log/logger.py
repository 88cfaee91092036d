"""The logger of the user's structlog configuration, or stdlib logging where there is none."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.middleware.access_log.policy import Log

NAME = "asgi_mw.access"
_NUMBERS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# What needs no quotes in logfmt
_BARE = re.compile(r"[^\s\"=\\]+")


def own_logger(*, usual: bool = False) -> Log:
    """What logs one event; *usual* if its secrets are masked by the usual names.

    An unconfigured structlog prints to standard output, which nobody asked for; so its events
    go to the stdlib logger ``asgi_mw.access`` until structlog is configured.
    """
    plain = stdlib_logger(logging.getLogger(NAME))
    configured: Any = None
    writer: Any = None
    by: object = None
    for processor in structlog.get_config()["processors"]:
        if callable(keep := getattr(processor, "keep", None)):
            keep()  # of asgi_mw.logs: the framework inside may have put its handler out

    def log(level: str, event: str, fields: dict[str, object]) -> None:
        nonlocal configured, writer, by
        if not structlog.is_configured():
            plain(level, event, fields)
            return
        configuration = structlog.get_config()
        processors = configuration["processors"]
        if processors is not by:  # configured anew: a logger may have been cached
            by, configured = processors, structlog.get_logger(NAME)
            # What asgi_mw.logs leaves with its configuration for JSON
            writer = next((one.access for one in processors if hasattr(one, "access")), None)
            if usual and writer is not None:
                writer = writer.trusting
        if writer is not None and writer.stands(configuration):
            writer.log(level, event, fields)
        else:
            getattr(configured, level)(event, **fields)

    return log


def stdlib_logger(logger: logging.Logger) -> Log:
    """Hands each event to *logger*: one logfmt line, and the fields in ``asgi_mw``."""

    def log(level: str, event: str, fields: dict[str, object]) -> None:
        number = _NUMBERS[level]
        if logger.isEnabledFor(number):
            logger.log(number, logfmt(event, fields), extra={"asgi_mw": fields})

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
