"""Where the handler of :mod:`asgi_mw.logs` stands: at the root, beside those of others."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from asgi_mw.access_writer import AccessWriter


_own = logging.getLogger("asgi_mw.logs")


class OwnHandler(logging.StreamHandler[Any]):
    """Ours, known by its class."""


class Place:
    """A structlog processor that sees to it that *handler* stands at the root.

    Frameworks call ``logging.config.dictConfig`` as their app is made, which puts theirs in the
    place of every other.  A look at the list costs an event little, and ``access_log`` asks for
    one as it is made.

    Args:
        handler: The one.
        level: That of the root.

    Attributes:
        access: What writes the access log where it can do so by itself.
    """

    access: AccessWriter | None = None

    def __init__(self, handler: OwnHandler, level: int) -> None:
        self._handler = handler
        self._level = level
        self._root = logging.getLogger()
        self._said = False

    def __call__(
        self,
        logger: object,  # noqa: ARG002  # what structlog hands to a processor
        method: str,  # noqa: ARG002  # the same
        event: MutableMapping[str, Any],
    ) -> MutableMapping[str, Any]:
        """Let the event pass, once the handler is there to write it."""
        self.keep()
        return event

    def keep(self) -> None:
        """Put right what somebody configured anew, and say so the first time."""
        if self._handler in self._root.handlers and not _own.disabled:
            return
        removed = self.take()
        for name, one in list(logging.root.manager.loggerDict.items()):
            if name.startswith("asgi_mw") and isinstance(one, logging.Logger):
                one.disabled = False  # as dictConfig leaves all that it does not name
        if not self._said:
            self._said = True
            _own.warning(
                "logging was configured anew behind asgi_mw.logs.configure, whose handler is"
                " back%s; call it once the app is made",
                f" in the place of {', '.join(removed)}" if removed else "",
            )

    def take(self) -> list[str]:
        """Put the handler at the root, and out what writes to the terminal; what that was."""
        root = self._root
        out = [one for one in root.handlers if writes_to_terminal(one)]
        kept = [one for one in root.handlers if one not in out and not _is_ours(one)]
        root.handlers[:] = [self._handler, *kept]
        root.setLevel(self._level)
        return [repr(one) for one in out if not _is_ours(one)]


def writes_to_terminal(handler: object) -> bool:
    """Whether *handler*, rich's or one behind a queue, writes to standard output or error.

    >>> writes_to_terminal(logging.StreamHandler()), writes_to_terminal(logging.NullHandler())
    (True, False)
    """
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
