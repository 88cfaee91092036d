"""Keep the handler of :mod:`asgi_mw.logs` at the root logger, beside the handlers of others."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from asgi_mw.access_writer import AccessWriter


_own = logging.getLogger("asgi_mw.logs")
# Loggers whose own handlers give way to ours; some servers set them up behind our back
_OTHERS = (
    *("uvicorn", "uvicorn.error", "uvicorn.asgi", "gunicorn", "gunicorn.error", "daphne"),
    *("hypercorn.error", "granian", "_granian", "django", "django.request", "litestar"),
)
# ... and the access loggers of servers, which ``access_log`` replaces
_ACCESS = (
    *("uvicorn.access", "gunicorn.access", "hypercorn.access", "granian.access"),
    "django.channels.server",  # of runserver with daphne
)


# Modules whose handlers write to the terminal through a queue, and do not show that
_QUEUES = frozenset({"quart.logging", "nexios.logging"})


class OwnHandler(logging.StreamHandler[Any]):
    """Our handler, recognised by its class."""


class Place:
    """A structlog processor that keeps *handler* at the root logger.

    Frameworks call ``logging.config.dictConfig`` when their app is made, which replaces every
    other handler with theirs.  To look at the list of handlers costs an event little, and
    ``access_log`` has it done when it is made.

    Args:
        handler: The handler to keep there.
        level: The level of the root logger.
        access: Whether the access logs of servers go on.

    Attributes:
        access: Writes the access log where that can be done without structlog's processors.
    """

    access: AccessWriter | None = None

    def __init__(self, handler: OwnHandler, level: int, *, access: bool = False) -> None:
        self._handler = handler
        self._level = level
        self._access = access
        self._root = logging.getLogger()
        self._said = False

    def __call__(
        self,
        logger: object,  # noqa: ARG002  # what structlog hands to a processor
        method: str,  # noqa: ARG002  # the same
        event: MutableMapping[str, Any],
    ) -> MutableMapping[str, Any]:
        """Let the event pass, once the handler is there to write it."""
        if self._handler not in self._root.handlers or _own.disabled:
            self.keep()
        return event

    def keep(self) -> None:
        """Restore what somebody else configured in another way; log that the first time."""
        if self._handler in self._root.handlers and not _own.disabled:
            self._take_others()
            return
        removed = self.take()
        for name, one in list(logging.root.manager.loggerDict.items()):
            if name.startswith("asgi_mw") and isinstance(one, logging.Logger):
                one.disabled = False  # dictConfig disables all loggers that it does not name
        if not self._said:
            self._said = True
            _own.warning(
                "logging was configured anew behind asgi_mw.logs.configure, whose handler is"
                " back%s; call it once the app is made",
                f" in the place of {', '.join(removed)}" if removed else "",
            )

    def take(self) -> list[str]:
        """Put the handler at the root, remove those that write to the terminal, return these."""
        root = self._root
        out = [one for one in root.handlers if writes_to_terminal(one)]
        kept = [one for one in root.handlers if one not in out and not _is_ours(one)]
        root.handlers[:] = [self._handler, *kept]
        root.setLevel(self._level)
        self._take_others()
        return [repr(one) for one in out if not _is_ours(one)]

    def _take_others(self) -> None:
        """Let what servers and frameworks log come only here, now and after they set it up.

        Quart and Nexios print on their own if nobody else did when their app was made.
        """
        for one in list(logging.root.manager.loggerDict.values()):
            if isinstance(one, logging.Logger) and all(up.propagate for up in below_root(one)):
                _silence(one)
        for name in (*_OTHERS, *_ACCESS):
            logger = logging.getLogger(name)
            logger.filters[:] = [one for one in logger.filters if not isinstance(one, _Way)]
            way = _Way(self._handler, passes=self._access or name not in _ACCESS)
            logger.addFilter(way)
            way.clear(logger)


class _Way(logging.Filter):
    """Removes handlers that print between a logger and *handler*, while that is at the root.

    Hypercorn sets its logger up after it has imported the app, and so does ``uvicorn.run(app)``:
    their handlers are removed when the first record comes.
    """

    def __init__(self, handler: OwnHandler, *, passes: bool) -> None:
        super().__init__()
        self._handler = handler
        self._passes = passes

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is wanted."""
        if self._handler not in logging.root.handlers:
            return True
        if self._passes:
            self.clear(logging.getLogger(record.name))
        return self._passes

    def clear(self, logger: logging.Logger) -> None:
        """Remove the handlers from *logger* up to the root that write to the terminal."""
        for one in below_root(logger):
            _silence(one)
            one.propagate = True


def below_root(logger: logging.Logger) -> Iterator[logging.Logger]:
    """*logger* and those above it, without the root.

    >>> [one.name for one in below_root(logging.getLogger("asgi_mw.logs"))]
    ['asgi_mw.logs', 'asgi_mw']
    """
    above: logging.Logger | None = logger
    while above is not None and above.parent is not None:
        yield above
        above = above.parent


def _silence(logger: logging.Logger) -> None:
    if any(map(writes_to_terminal, logger.handlers)):
        logger.handlers[:] = [one for one in logger.handlers if not writes_to_terminal(one)]


def writes_to_terminal(handler: object) -> bool:
    """Whether *handler*, rich's or one behind a queue, writes to standard output or error.

    >>> writes_to_terminal(logging.StreamHandler()), writes_to_terminal(logging.NullHandler())
    (True, False)
    """
    if type(handler).__module__ in _QUEUES:
        return True
    listener = getattr(handler, "listener", None)
    behind = getattr(listener, "handlers", None)
    if behind:
        return all(writes_to_terminal(one) for one in behind)
    console = getattr(handler, "console", None)
    stream: Any = getattr(console, "file", None) or getattr(handler, "stream", None)
    if any(stream is one for one in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)):
        return stream is not None
    try:
        return stream.fileno() in {1, 2}
    except Exception:  # noqa: BLE001  # no stream, or one of its own making
        return False


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler, OwnHandler)
