"""Witness what belongs to the exchanges that are recorded: log records, spans, outgoing calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from asgi_mw.inspector.witness.calls import Calls
from asgi_mw.inspector.witness.logs import Logs
from asgi_mw.inspector.witness.spans import Spans
from asgi_mw.noting import witnesses

if TYPE_CHECKING:
    from types import TracebackType


class Witness(Protocol):
    """One kind of thing to be witnessed."""

    def look(self) -> None:
        """See whether there is something new to be witnessed: called for each connection."""

    def install(self) -> None:
        """Begin, if that was not done before."""

    def remove(self) -> None:
        """Leave everything as it was found."""


class Witnesses:
    """What :func:`witness` installed: call ``remove`` once, or use it in a ``with``."""

    __slots__ = ("_installed",)

    def __init__(self, wanted: list[Witness]) -> None:
        self._installed: list[Witness] = []
        for one in wanted:
            one.install()
            witnesses.append(one.look)
            self._installed.append(one)

    def remove(self) -> None:
        """Take no more notes, unless another call of :func:`witness` still wants them.

        A second call does nothing.
        """
        installed, self._installed = self._installed, []
        for one in installed:
            witnesses.remove(one.look)
            if one.look not in witnesses:
                one.remove()

    def __enter__(self) -> Self:
        """It is installed already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove it."""
        self.remove()


def witness(*, logs: bool = True, spans: bool = True, calls: bool = True) -> Witnesses:
    """Note what recorded connections do besides receiving and sending, from now on.

    It is for development.  Nothing changes for the app: no level, no handler, no setting.  Every
    call needs a ``remove`` of its own; the last one puts back what was wrapped.  Blocks that
    :class:`~asgi_mw.measure` times are noted while anything is witnessed.

    Args:
        logs: Records of the standard library's loggers that their levels let pass, also those of
            structlog if it hands its events to the standard library.  What structlog prints
            itself, with its ``PrintLogger``, cannot be seen.  Lines of access logs are left out.
        spans: Spans that OpenTelemetry's SDK records, of the global tracer provider.
        calls: What clients of httpx and httpx2 send, whether they were made before or after.

    Returns:
        An object with ``remove``, which is also a context manager.

    >>> import logging
    >>> from asgi_mw import open_store, record
    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     logging.getLogger("shop").warning("sold out: %s", "tea")
    ...     await send({"type": "http.response.start", "status": 204, "headers": []})
    ...     await send({"type": "http.response.body"})
    >>> store = open_store("memory:")
    >>> with witness():
    ...     _ = run(request(record(app, store=store), "GET", "/"))
    >>> [(note.kind, note.level, note.title) for note in next(iter(store.exchanges())).notes]
    [('log', 'warning', 'sold out: tea')]
    """
    wanted: list[Witness] = []
    if logs:
        wanted.append(_LOGS)
    if spans:
        wanted.append(_SPANS)
    if calls:
        wanted.append(_CALLS)
    return Witnesses(wanted)


# One of each for the process, because there is one of each thing that they witness
_LOGS, _SPANS, _CALLS = Logs(), Spans(), Calls()
