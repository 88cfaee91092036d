"""Let a process that ``asgi-mw run`` owns log in one place, and each thing once."""

from __future__ import annotations

import logging
from typing import Any

import structlog

from asgi_mw import logs
from asgi_mw.middleware.access_log.logger import NAME as ACCESS
from asgi_mw.middleware.access_log.logger import logfmt
from asgi_mw.place import OwnHandler, Place, below_root
from asgi_mw.redaction import DEFAULT

# Where the servers log what is no access log; granian logs what the app raised to its second one
_SERVERS = ("uvicorn.error", "uvicorn.asgi", "_granian", "_granian.utils", "hypercorn.error")
# How uvicorn logs a WebSocket's handshake there, even without its access log
_WEBSOCKET = '"WebSocket %s"'
# It reports each change of a file that a reloader sees, those of our store as well
_WATCHER = "watchfiles"
# What granian and hypercorn warn of, and uvicorn says in its own words
_NO_LIFESPAN = "continuing without Lifespan support"
_UNSUPPORTED = "ASGI 'lifespan' protocol appears unsupported."


def set_up(level: str | None, *, json: bool = False) -> None:
    """Leave the logging of the app as it is, or set up ours if it has none.

    If the root logger has no handler, :func:`asgi_mw.logs.configure` adds one; a structlog that
    the app configured stays as it is.  The server's lines go to the root too, unless the app
    wants them elsewhere; without secrets, and without what the access log says already.
    A reloader logs what it reacts to, and not each file that changes.

    Args:
        level: The least level, in lower case; ``None``: ``info``, unless the app has one.
        json: What is set up here writes JSON instead of lines for people.
    """
    root = logging.getLogger()
    ours = [one for one in structlog.get_config()["processors"] if isinstance(one, Place)]
    for place in ours:
        place.keep()  # a framework may have removed its handler
    if not ours and not any(_has_a_say(one) for one in root.handlers):
        kept = structlog.get_config() if structlog.is_configured() else None
        logs.configure(format="json" if json else "console", level=(level or "info").upper())
        if kept is not None:
            structlog.configure(**kept)
    for name in (*_SERVERS, ACCESS):
        logger = logging.getLogger(name)
        logger.disabled = False  # dictConfig disables all loggers that it does not name
        if level:
            logger.setLevel(level.upper())
        elif not ours and not any(one.level for one in below_root(logger)):
            logger.setLevel(logging.INFO)
    watcher = logging.getLogger(_WATCHER)
    watcher.setLevel(watcher.level or logging.WARNING)
    for name in _SERVERS:
        logger = logging.getLogger(name)
        logger.addFilter(_server_line)
        if not any(isinstance(one, OwnHandler) for one in root.handlers):  # which does both
            logger.addFilter(logs.RepeatFilter())
            logger.addFilter(_masked)
    logging.getLogger(ACCESS).addFilter(_unfolded)


def is_json() -> bool:
    """Whether the lines of this process are JSON of ours."""
    handlers = [one for one in logging.getLogger().handlers if isinstance(one, OwnHandler)]
    renderers = (
        one for handler in handlers for one in getattr(handler.formatter, "processors", ())
    )
    return any(isinstance(one, structlog.processors.JSONRenderer) for one in renderers)


def _has_a_say(handler: logging.Handler) -> bool:
    """Whether it shows where the app wants its lines; OpenTelemetry's handler only sends them."""
    sends = type(handler).__module__.startswith("opentelemetry.")
    return not sends and not isinstance(handler, logging.NullHandler)


def _server_line(record: logging.LogRecord) -> bool:
    """Whether to write a server's line: not if the access log says it."""
    if isinstance(record.msg, str) and _WEBSOCKET in record.msg:
        return False
    said = record.getMessage()
    if _NO_LIFESPAN in said:
        # An app may lack it, as Django does; the access log shows all else that a startup raises
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = _UNSUPPORTED, ()
        return logging.getLogger(record.name).isEnabledFor(logging.INFO)
    return True


def _unfolded(record: logging.LogRecord) -> bool:
    """Write the traceback of a crash below its line, and not as a field of the line."""
    fields: Any = vars(record).get("asgi_mw")
    if isinstance(fields, dict) and isinstance(traceback := fields.get("exception"), str):
        event = record.getMessage().partition(" ")[0]
        rest = {name: value for name, value in fields.items() if name != "exception"}
        record.msg, record.exc_text = logfmt(event, rest), traceback
    return True


def _masked(record: logging.LogRecord) -> bool:
    """Write the line, without its secrets."""
    said = record.getMessage()
    masked = DEFAULT.text(said)
    if masked != said:
        record.msg, record.args = masked, ()
        vars(record).pop("color_message", None)
    return True
