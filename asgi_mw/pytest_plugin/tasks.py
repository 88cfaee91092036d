"""The tasks of one connection: the one that calls the app, and those that the app started."""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

from asgi_mw.awaits import frames_of
from asgi_mw.loops import running_loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from traceback import FrameSummary

_TASKS: ContextVar[object] = ContextVar("asgi_mw_pytest_tasks", default=None)


class Tasks:
    """Finds them by a context variable, which each task inherits from the one that starts it."""

    def __init__(self) -> None:
        self._running: object = None
        self._loop = running_loop()

    def begin(self, running: object) -> None:
        """Take *running*, which this task is about to await, as the app's call."""
        self._running = running
        self._token = _TASKS.set(self)

    def end(self) -> None:
        """The app's call is over."""
        self._running = self._loop = None
        with suppress(ValueError):  # closed from elsewhere, as a coroutine that nobody awaits
            _TASKS.reset(self._token)

    def stacks(self) -> Iterator[list[FrameSummary]]:
        """The frames of the app's call, then those of each task that it started and that goes on.

        Any thread may call it.  While the loop runs, the frames are those of a moment ago.
        """
        own = frames_of(self._running)
        yield own
        for task in [] if self._loop is None else self._loop.tasks():
            if task.context is not None and task.context.get(_TASKS) is self:
                frames = frames_of(task.coroutine)
                # The frames of the task that calls the app include the app's, shown already
                if not (own and own[0] in frames):
                    yield frames
