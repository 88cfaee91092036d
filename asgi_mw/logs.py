"""A ready logging configuration for an application that has none; called by you, never by us."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Literal

from asgi_mw.crashes import NeedlessFilter, RepeatFilter
from asgi_mw.errors import Problems
from asgi_mw.folding import fold
from asgi_mw.middleware.access_log.fields import RESERVED
from asgi_mw.middleware.request_id import add_request_id
from asgi_mw.once import Once
from asgi_mw.place import OwnHandler, Place
from asgi_mw.printable import SafeLines, printable, printable_lines, unused
from asgi_mw.redaction import DEFAULT
from asgi_mw.telemetry import add_trace_context

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import TextIO

__all__ = ["RepeatFilter", "configure", "make_safe"]

# The attributes of every record, and uvicorn's copy of its text with colours
_OF_RECORDS = frozenset(
    {
        *vars(logging.LogRecord("", 0, "", 0, "", (), None)),
        *("message", "asctime", "taskName", "color_message"),
    }
)
_LINES = frozenset({"exception", "stack"})
_LONG = 32_768
_own = logging.getLogger("asgi_mw.logs")


def configure(
    *,
    format: Literal["auto", "json", "console"] = "auto",  # noqa: A002  # the word for it
    level: int | str = "INFO",
    stream: TextIO | None = None,
    access: bool = False,
    full_tracebacks: bool = False,
) -> None:
    """Send structlog and stdlib logging through one handler, the servers' logs included.

    Every record has a level, a logger name, a UTC timestamp, the fields of ``extra=`` and, inside
    a request, the ids of request, trace and span.  Text is made safe to print, and secrets in it
    are masked, tracebacks too.  The error logs of uvicorn, gunicorn, hypercorn, granian, daphne
    and Django go the same way.  The access logs of servers are switched off, since
    :func:`~asgi_mw.access_log` replaces them.  Call it once, before the first record; another
    call replaces the first.

    The traceback of an exception is logged once, by the first to log it: the framework, the
    access log or the server.  Later records of the same exception say so in ``error``.

    On the console a request is one line, see :mod:`asgi_mw.console`.

    Other handlers stay, such as OpenTelemetry's, pytest's or one that writes a file.  Those that
    write to the terminal are removed, since each line would appear twice; a record of level
    ``DEBUG`` names them.  Litestar, Lilya and Ravyn replace all handlers with their own when their
    app is made.  The next layer or event that notices puts this handler back, and logs that.

    Args:
        format: ``"json"``, one object per line; ``"console"`` for people; ``"auto"`` is
            ``"console"`` if *stream* is a terminal.
        level: The lowest level to log, such as ``"INFO"``.
        stream: Where to write; ``None`` is standard error.
        access: Leave the servers' access logs on.
        full_tracebacks: Show on the console the frames of libraries as well; JSON has them all.

    Raises:
        ConfigError: *format* or *level* is not a valid one.
    """
    import structlog  # noqa: PLC0415  # slow to import, and only needed here

    from asgi_mw.access_writer import AccessWriter  # noqa: PLC0415  # structlog is slow to import
    from asgi_mw.console import Console  # noqa: PLC0415  # the same

    problems = Problems("logs.configure")
    if format not in ("auto", "json", "console"):  # a wrong one may not be hashable
        problems.add("format", format, "is no format", "write 'auto', 'json' or 'console'")
    names = logging.getLevelNamesMapping()
    number = names.get(level.upper()) if isinstance(level, str) else level
    if not isinstance(number, int):
        problems.add("level", level, "is no level", "write one as 'INFO'")
        number = logging.INFO
    problems.check()
    out = sys.stderr if stream is None else stream
    json = format == "json" or (format == "auto" and not out.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso" if json else "%H:%M:%S.%f", utc=json),
        add_request_id,
        add_trace_context,
    ]
    once = Once(people=not json, fold=None if json or full_tracebacks else fold)
    finish: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        once,
        make_safe,
        structlog.processors.JSONRenderer() if json else Console(out),
    ]
    handler = OwnHandler(out)
    handler.addFilter(NeedlessFilter())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_add_extra, *shared], processors=finish
        )
    )
    place = Place(handler, number, access=access)
    removed = place.take()
    processors = [
        place,
        structlog.stdlib.filter_by_level,
        *shared,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ]
    factory = structlog.stdlib.LoggerFactory()
    if json:
        place.access = AccessWriter(handler, once, _made_safe, processors, factory)
    structlog.configure(
        processors=processors,
        logger_factory=factory,
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    if removed:
        _own.debug("asgi_mw.logs.configure took the place of %s", ", ".join(removed))


def make_safe(
    logger: object,  # noqa: ARG001  # what structlog hands to a processor
    method: str,  # noqa: ARG001  # the same
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    r"""A structlog processor: makes text printable and masks the secrets in it.

    A value under a secret name is masked whole.  Put it before the renderer.  Tracebacks
    keep their lines, each of them indented, so that none can pass for a record.

    >>> make_safe(None, "info", {"event": "login\nforged", "token": "abc"})
    {'event': 'login\\nforged', 'token': '[redacted]'}
    """
    return _made_safe(event)


def _made_safe(
    event: MutableMapping[str, Any], but: frozenset[str] = frozenset()
) -> MutableMapping[str, Any]:
    """*event* with safe values; those under the names in *but* are ours, and stay as they are."""
    for key, value in list(event.items()):
        if key in but:
            continue
        if key in _LINES and isinstance(value, str):
            if not isinstance(value, SafeLines):
                text = DEFAULT.text(value[-_LONG:], headless=len(value) > _LONG)
                event[key] = printable_lines(text, indent="  ")
        else:
            name = printable(key, 64)
            if name != key:
                del event[key]
                name = unused(name, event)
            event[name] = "[redacted]" if DEFAULT.secret(key) else _safe(value)
    return event


def _safe(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _safe_text(value.rstrip("\n"))
    if depth < 8:
        if isinstance(value, dict):
            safe: dict[str, Any] = {}
            for key, item in value.items():
                name = unused(printable(str(key), 64), safe)
                safe[name] = "[redacted]" if DEFAULT.secret(str(key)) else _safe(item, depth + 1)
            return safe
        if isinstance(value, (list, tuple)):
            if len(value) == 2 and isinstance(value[0], (str, bytes)):  # as a header is
                name = value[0] if isinstance(value[0], str) else value[0].decode("latin-1")
                if DEFAULT.secret(name):
                    return [_safe(value[0], depth + 1), "[redacted]"]
            return [_safe(item, depth + 1) for item in value]
    return _safe_text(repr(value))


def _safe_text(text: str) -> str:
    return printable(DEFAULT.text(text[:_LONG], cut=len(text) > _LONG), 8192)


def _add_extra(
    logger: object,  # noqa: ARG001  # what structlog hands to a processor
    method: str,  # noqa: ARG001  # the same
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Add the ``extra=`` fields of a stdlib record; a name in use gets a ``_`` at its end."""
    for name, value in vars(event["_record"]).items():
        if name not in _OF_RECORDS:
            event[unused(str(name), event, RESERVED)] = value
    return event
