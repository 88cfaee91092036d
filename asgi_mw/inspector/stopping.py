"""Hear that the process is asked to stop: servers wait for open responses before they say so."""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBERS = (signal.SIGINT, signal.SIGTERM)
_listeners: list[Callable[[], None]] = []


class _Heard:
    """Tells the listeners, and then whoever handles the signal.

    It has that one's attributes, by which others find uvicorn's server.
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
    """Call *listener* at each signal to stop that somebody handles, while the block runs.

    Python lets only the main thread listen: elsewhere nothing is heard.
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
    """Give the signals back, but those that somebody took in between."""
    for number in _NUMBERS:
        handler = signal.getsignal(number)
        if isinstance(handler, _Heard):
            with suppress(ValueError):
                signal.signal(number, handler.before)
