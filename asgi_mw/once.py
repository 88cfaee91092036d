"""Log the traceback of each crash once: by the framework, the access log or the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.crashes import error_in, error_of, is_logged, note_logged, taken_apart
from asgi_mw.redaction import DEFAULT
from asgi_mw.tracebacks import TracebackText, summary, traceback_text

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from asgi_mw.tracebacks import Fold


class Once:
    """A structlog processor: makes text of an exception, or says that its traceback was logged.

    Args:
        people: Whether a traceback in the text of a message is put below the line as well, where
            its exception is not being handled any more.
        fold: Leaves out frames.

    >>> error = LookupError("no luck")
    >>> once = Once()
    >>> once(None, "error", {"event": "it broke", "exc_info": error})
    {'event': 'it broke', 'exception': '  LookupError: no luck'}
    >>> once(None, "error", {"event": "the server says so, too", "exc_info": error})
    {'event': 'the server says so, too', 'error': 'LookupError: no luck (traceback above)'}
    """

    def __init__(self, *, people: bool = False, fold: Fold | None = None) -> None:
        self._people = people
        self._fold = fold

    def __call__(
        self,
        logger: object,  # noqa: ARG002  # what structlog hands to a processor
        method: str,  # noqa: ARG002  # the same
        event: MutableMapping[str, Any],
    ) -> MutableMapping[str, Any]:
        """*event* with the traceback as text, or without it."""
        told = event.get("exception")
        if isinstance(told, TracebackText):
            error: BaseException | None = told.error
        else:
            told, error = None, error_in(event.pop("exc_info", None)) or self._written(event)
        if error is None:
            return event
        if is_logged(error):
            event.pop("exception", None)
            said = summary(error, DEFAULT.text)
            where = "event" if event.get("event") == said else "error"
            event[where] = f"{event.get(where) or said} (traceback above)"
        else:
            if told is None or self._fold is not None:
                event["exception"] = traceback_text(error, DEFAULT.text, self._fold)
            note_logged(error)
        return event

    def _written(self, event: MutableMapping[str, Any]) -> BaseException | None:
        """The exception whose traceback is written into the message, which goes without it."""
        message = event.get("event")
        parts = taken_apart(message) if isinstance(message, str) else None
        if parts is None:
            return None
        said, traceback = parts
        error = error_of(traceback)
        if error is not None:
            event["event"] = said or summary(error, DEFAULT.text)
        elif self._people:
            event["event"] = said or traceback.rpartition("\n")[2]
            event["exception"] = traceback
        return error
