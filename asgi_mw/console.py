"""Render log events for people: a request is one short line, any other event a readable one."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import duration, size
from asgi_mw.colours import wants_colour
from asgi_mw.connection import get_recording_id
from asgi_mw.middleware.access_log.logger import NAME

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import TextIO

# The fields that a line shows in its own way, or leaves to JSON
_SAID = frozenset(
    {
        *("event", "level", "logger", "timestamp", "exception", "stack"),
        *("request_id", "trace_id", "span_id", "trace_flags"),
    }
)
_SAID_OF_ACCESS = _SAID | {
    *("phase", "method", "path", "query", "route", "status", "outcome", "ttfb_ms"),
    *("duration_ms", "bytes_in", "bytes_out", "client", "http_version", "user_agent"),
    *("messages_in", "messages_out", "close_code"),
}
_ACCESS = frozenset({"http", "websocket", "lifespan"})
_BARE = re.compile(r"[^\s\"'=\\]+")
_RESET = "\x1b[0m"
_DIM, _BOLD = "\x1b[2m", "\x1b[1m"
_RED, _GREEN, _YELLOW, _CYAN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"
_LEVELS = {"debug": _DIM, "info": _GREEN, "warning": _YELLOW, "error": _RED, "critical": _RED}
_STATUSES = {1: _CYAN, 2: _GREEN, 3: _CYAN, 4: _YELLOW, 5: _RED}
_TOLD = {"refused": _YELLOW, "error": _RED}
# Columns of a line beside the path; the least and the most columns for a path
_OTHERS = 60
_LEAST_PATH, _MOST_PATH = 20, 60
_USUAL = 80


class Console:
    """A structlog processor: renders an event as a line, and its traceback below.

    Texts have to be safe already, and ``timestamp`` has to be a local time of day.

    Args:
        out: Where lines go; colours and widths are those of a terminal if it is one.

    >>> import io
    >>> render = Console(io.StringIO())
    >>> render(None, "info", {"event": "low", "level": "info", "logger": "shop",
    ...     "timestamp": "12:03:04.123456", "what": "tea", "request_id": "0123456789"})
    '12:03:04.123 info     shop: low what=tea …3456789'
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out if out.isatty() else None
        self._colours = self._out is not None and _has_colours()

    def __call__(
        self,
        logger: object,  # noqa: ARG002  # what structlog hands to a processor
        method: str,  # noqa: ARG002  # the same
        event: MutableMapping[str, Any],
    ) -> str:
        """The line of *event*."""
        if event.get("logger") == NAME and event["event"] in _ACCESS and "outcome" in event:
            line = self._phase(event) if event["event"] == "lifespan" else self._access(event)
            said = _SAID_OF_ACCESS
        else:
            line = self._record(event)
            said = _SAID
        if "exception" in event and said is _SAID_OF_ACCESS:
            said |= {"error"}  # the last line of the traceback
        for key, value in event.items():
            if key not in said:
                shown = self._painted(_written(value), _TOLD.get(key, ""))
                line += f" {self._painted(f'{key}=', _DIM)}{shown}"
        if said is _SAID and (name := self._id(event)):
            line += f" {name}"
        below = [text for key in ("stack", "exception") if (text := event.get(key))]
        return "\n".join([line.rstrip(), *below])

    def _access(self, event: MutableMapping[str, Any]) -> str:
        status = event.get("status")
        paint = _STATUSES.get(status // 100, _RED) if isinstance(status, int) else _RED
        method = "WS" if event["event"] == "websocket" else str(event.get("method", ""))
        query = event.get("query")
        target = f"{event.get('path', '')}?{query}" if query else str(event.get("path", ""))
        parts = [
            self._time(event),
            self._painted("---" if status is None else f"{status:>3}", paint),
            self._painted(f"{method:<7}", _BOLD),
            f"{target:<{self._room()}}",
            f"{duration(event.get('duration_ms', 0) * 1e6):>8}",
            f"{size(event.get('bytes_out', 0)):>8}",
            *([name] if (name := self._id(event)) else []),
        ]
        if event["event"] == "websocket":
            parts.append(f"{event.get('messages_in', 0)} in, {event.get('messages_out', 0)} out")
            if "close_code" in event:
                parts.append(f"closed {event['close_code']}")
        if event["outcome"] != "complete":
            parts.append(self._painted(event["outcome"], _LEVELS.get(event["level"], "")))
        return " ".join(parts)

    def _phase(self, event: MutableMapping[str, Any]) -> str:
        took = duration(event.get("duration_ms", 0) * 1e6)
        return f"{self._head(event)} {event.get('phase')} {event['outcome']} in {took}"

    def _record(self, event: MutableMapping[str, Any]) -> str:
        name = self._painted(f"{event.get('logger', '')}:", _DIM)
        return f"{self._head(event)} {name} {event.get('event', '')}"

    def _head(self, event: MutableMapping[str, Any]) -> str:
        level = event.get("level", "")
        return f"{self._time(event)} {self._painted(f'{level:<8}', _LEVELS.get(level, ''))}"

    def _time(self, event: MutableMapping[str, Any]) -> str:
        return self._painted(str(event.get("timestamp", ""))[:12], _DIM)

    def _id(self, event: MutableMapping[str, Any]) -> str:
        # Both are what `asgi-mw show` takes
        name = str(event.get("request_id") or get_recording_id() or "")
        return self._painted(f"…{name[-7:]}", _DIM) if name else ""

    def _room(self) -> int:
        """Columns for a path, so that what follows it is aligned with the other lines."""
        columns = _USUAL if self._out is None else _columns(self._out)
        return min(max(columns - _OTHERS, _LEAST_PATH), _MOST_PATH)

    def _painted(self, text: str, paint: str) -> str:
        return f"{paint}{text}{_RESET}" if self._colours and paint else text


def _written(value: object) -> str:
    """*value* as one word, or in quotes."""
    return value if isinstance(value, str) and _BARE.fullmatch(value) else repr(value)


def _has_colours() -> bool:
    """Whether colours are wanted, and the terminal shows them."""
    return wants_colour() and (os.name != "nt" or "WT_SESSION" in os.environ)


def _columns(out: TextIO) -> int:
    try:
        return os.get_terminal_size(out.fileno()).columns or _USUAL
    except (OSError, ValueError):  # no terminal after all, or closed
        return shutil.get_terminal_size((_USUAL, 24)).columns
