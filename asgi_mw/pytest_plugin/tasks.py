"""The tasks of one connection: the one that calls the app, and those that the app started."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TASKS: ContextVar[object] = ContextVar("asgi_mw_pytest_tasks", default=None)


class Tasks:
    """Known by a context variable, which each task inherits from the one that starts it."""

    def __init__(self) -> None:
        self._running: object = None
        self._own: object = None
        self._all: Callable[[], Iterator[tuple[object, Context | None, object]]] = _none

    def begin(self, running: object) -> None:
        """Take *running*, which this task is about to await, as the app's call."""
        self._running = running
        self._own, self._all = _here()
        self._token = _TASKS.set(self)

    def end(self) -> None:
        """The app's call is over."""
        self._running = self._own = None
        self._all = _none
        with suppress(ValueError):  # closed from elsewhere, as a coroutine that nobody awaits
            _TASKS.reset(self._token)

    def running(self) -> Iterator[object]:
        """The app's call, then the coroutine of each task that it started and that goes on.

        From any thread: while the loop runs, what is found is what was there a moment ago.
        """
        yield self._running
        for task, context, coroutine in self._all():
            if task is not self._own and context is not None and context.get(_TASKS) is self:
                yield coroutine


def _none() -> Iterator[tuple[object, Context | None, object]]:
    yield from ()


def _here() -> tuple[object, Callable[[], Iterator[tuple[object, Context | None, object]]]]:
    """The task that runs here, and what gives all tasks of its event loop."""
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        try:
            root = trio.lowlevel.current_root_task()
            return trio.lowlevel.current_task(), lambda: _of_trio(root)
        except RuntimeError:  # another loop runs here
            pass
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None:
        try:
            loop = asyncio.get_running_loop()
            return asyncio.current_task(), lambda: _of_asyncio(asyncio.all_tasks(loop))
        except RuntimeError:
            pass
    return None, _none


def _of_trio(task: Any) -> Iterator[tuple[object, Context | None, object]]:
    yield task, task.context, task.coro
    for nursery in task.child_nurseries:
        for child in nursery.child_tasks:
            yield from _of_trio(child)


def _of_asyncio(tasks: set[Any]) -> Iterator[tuple[object, Context | None, object]]:
    for task in tasks:
        if sys.version_info >= (3, 12):
            yield task, task.get_context(), task.get_coro()
        else:
            contexts = [one for one in gc.get_referents(task) if isinstance(one, Context)]
            yield task, contexts[0] if contexts else None, task.get_coro()
