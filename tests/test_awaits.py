"""A task is followed through all that it awaits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from asgi_mw.awaits import frames_behind, frames_of
from asgi_mw.loops import running_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio


async def inner(event: anyio.Event) -> AsyncIterator[int]:
    """Wait within a generator."""
    await event.wait()
    yield 1


async def outer(event: anyio.Event) -> None:
    """Wait for it."""
    async for _ in inner(event):
        pass


async def test_the_innermost_is_the_last() -> None:
    """Through coroutines and generators, on each event loop."""
    event = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(outer, event, name="followed")
        await anyio.wait_all_tasks_blocked()
        loop = running_loop()
        assert loop is not None
        [task] = [one for one in loop.tasks() if one.name == "followed"]
        names = [frame.name for frame in frames_of(task.coroutine)]
        files = [frame.filename for frame in frames_of(task.coroutine)]
        event.set()

    assert not task.runs
    at = names.index("outer")
    assert ["outer", "inner", "wait"] == names[at : at + 3]
    assert files[at : at + 2] == [__file__, __file__]


async def test_the_task_that_runs_is_known() -> None:
    """It awaits nothing."""
    loop = running_loop()
    assert loop is not None
    [task] = [one for one in loop.tasks() if one.runs]

    assert task.context is not None
    assert loop.here()


async def test_an_exception_knows_where_it_was_raised() -> None:
    """The outermost function first."""

    async def fail() -> None:
        raise ValueError("here")

    try:
        await fail()
    except ValueError as error:
        names = [frame.name for frame in frames_behind(error)]
    assert names == ["test_an_exception_knows_where_it_was_raised", "fail"]
