"""Notice that the process is to stop: servers say so only after open responses have ended."""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBERS = (signal.SIGINT, signal.SIGTERM)
_listeners: list[Callable[[], None]] = []


class _Heard:
    """Calls the listeners, and then the signal handler that was there before.

    It has the attributes of that handler, through which others find uvicorn's server.
    """

    def __init__(self, before: Callable[[int, Any], Any]) -> None:
        self.before = before

    def __call__(self, number: int, frame: Any) -> Any:
        for listener in _listeners:
            listener()
        return self.before(number, frame)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.before, name)


@contextmanager
def on_signal_to_stop(listener: Callable[[], None]) -> Iterator[None]:
    """Call *listener* at each signal to stop that has a handler, while the block runs.

    Python lets only the main thread set handlers: in another thread this hears nothing.
    """
    _listeners.append(listener)
    with suppress(ValueError):
        for number in _NUMBERS:
            before = signal.getsignal(number)
            if callable(before) and not isinstance(before, _Heard):
                signal.signal(number, _Heard(before))
    try:
        yield
    finally:
        _listeners.remove(listener)
        if not _listeners:
            _leave()


def _leave() -> None:
    """Put the earlier handlers back, but not where somebody set another one meanwhile."""
    for number in _NUMBERS:
        handler = signal.getsignal(number)
        if isinstance(handler, _Heard):
            with suppress(ValueError):
                signal.signal(number, handler.before)
