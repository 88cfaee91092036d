"""The event loop that runs here, of asyncio or trio, in a form that other threads may use.

This module imports neither: the one that runs is imported already.
"""

from __future__ import annotations

import gc
import sys
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Task(NamedTuple):
    """A task of an event loop.

    Attributes:
        name: What it is called.
        coroutine: What it runs.
        context: What it runs in; ``None`` where nobody knows.
    """

    name: str
    coroutine: Any
    context: Context | None

    @property
    def runs(self) -> bool:
        """Whether it is at work right now, and awaits nothing."""
        return bool(getattr(self.coroutine, "cr_running", False))


class Loop(NamedTuple):
    """An event loop.

    Attributes:
        key: The loop itself, or what stands for it.
        post: Has a function called on it soon, from any thread; raises once it is over.
        runs: Whether it still runs.
        here: The same, but faster: to be called only in the thread that it runs in.
        tasks: Its tasks, of which some may come or go meanwhile.
    """

    key: object
    post: Callable[[Callable[[], None]], object]
    runs: Callable[[], bool]
    here: Callable[[], bool]
    tasks: Callable[[], list[Task]]

    def call(self, function: Callable[[], None]) -> bool:
        """Have *function* called on the loop soon; return whether the loop still runs."""
        try:
            if not self.runs():
                return False
            self.post(function)
        except RuntimeError:  # what both raise when the loop is over
            return False
        return True


def running_loop() -> Loop | None:
    """The event loop that runs in this thread; ``None`` if there is none, or one nobody knows.

    >>> running_loop() is None
    True
    """
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            token = trio.lowlevel.current_trio_token()
        except RuntimeError:
            pass
        else:
            tasks = partial(_tasks_of_trio, trio.lowlevel.current_root_task())
            here = partial(_is_current, trio.lowlevel.current_trio_token, token)
            return Loop(token, token.run_sync_soon, partial(_runs, token), here, tasks)
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return None
        tasks = partial(_tasks_of_asyncio, asyncio, loop)
        return Loop(loop, loop.call_soon_threadsafe, loop.is_running, loop.is_running, tasks)
    return None


def frames_of_threads() -> dict[int, FrameType]:
    """The innermost frame of each thread, by the number of the thread.

    The garbage collector is off meanwhile: code that it calls may wait for another thread, which
    waits for the lock that ``sys._current_frames`` holds (`cpython #106883
    <https://github.com/python/cpython/issues/106883>`_).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()  # noqa: SLF001  # documented
    finally:
        if collects:
            gc.enable()


def _tasks_of_asyncio(asyncio: Any, loop: Any) -> list[Task]:
    try:
        found = asyncio.all_tasks(loop)
    except RuntimeError:  # the set of tasks changes all the time
        return []
    return [Task(task.get_name(), task.get_coro(), _context_of(task)) for task in found]


def _context_of(task: Any) -> Context | None:
    """The context of a task of asyncio, which has a method for that from Python 3.12 on."""
    ask = getattr(task, "get_context", None)
    if ask is not None:
        context: Context | None = ask()
        return context
    return next((one for one in gc.get_referents(task) if isinstance(one, Context)), None)


def _tasks_of_trio(root: Any) -> list[Task]:
    found = [] if root is None else [root]
    for task in found:  # which grows meanwhile
        for nursery in list(task.child_nurseries):
            found += list(nursery.child_tasks)
    return [Task(task.name, task.coro, task.context) for task in found]


def _runs(token: Any) -> bool:
    """Whether a loop of trio still runs: only a request to it shows that."""
    try:
        token.run_sync_soon(_nothing, idempotent=True)
    except RuntimeError:
        return False
    return True


def _is_current(ask: Callable[[], object], token: object) -> bool:
    try:
        return ask() is token
    except RuntimeError:  # no loop of trio runs here
        return False


def _nothing() -> None:
    """Do nothing."""
