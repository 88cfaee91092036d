"""Turns are taken in order, given back, and never lost."""

from __future__ import annotations

import asyncio
import threading

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from asgi_mw.middleware.compression import turns
from asgi_mw.middleware.compression.turns import Turns, in_thread
from tests.system import PATIENCE

pytestmark = pytest.mark.anyio


async def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    """One works at a time."""
    one = Turns()
    order: list[str] = []

    async def work(name: str) -> None:
        await one.enter()
        order.append(f"{name} enters")
        await anyio.lowlevel.checkpoint()
        order.append(f"{name} leaves")
        one.leave()

    async with anyio.create_task_group() as group:
        await one.enter()
        for name in "abc":
            group.start_soon(work, name)
            await anyio.wait_all_tasks_blocked()
        one.leave()

    assert order == [f"{name} {does}" for name in "abc" for does in ("enters", "leaves")]


async def test_one_who_is_cancelled_while_waiting_is_passed_over() -> None:
    """Before its turn came, or just as it came."""
    one = Turns()
    worked: list[str] = []

    async def work(name: str, cancel: anyio.CancelScope) -> None:
        with cancel:
            await one.enter()
            worked.append(name)
            one.leave()

    scopes = {name: anyio.CancelScope() for name in "abcd"}
    async with anyio.create_task_group() as group:
        await one.enter()
        for name, scope in scopes.items():
            group.start_soon(work, name, scope)
            await anyio.wait_all_tasks_blocked()
        scopes["b"].cancel()
        await anyio.wait_all_tasks_blocked()
        one.leave()
        scopes["a"].cancel()

    assert worked in (["c", "d"], ["a", "c", "d"])
    await one.enter()


async def test_the_loop_gets_a_turn_after_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with every message, and at once after a millisecond."""
    now = 0
    monkeypatch.setattr(turns, "perf_counter_ns", lambda: now)
    one = Turns()
    ran = 0

    async def others() -> None:
        nonlocal ran
        while True:
            await anyio.lowlevel.checkpoint()
            ran += 1

    async with anyio.create_task_group() as group:
        group.start_soon(others)
        await anyio.lowlevel.checkpoint()
        before = ran
        await one.yield_to_others()
        assert ran == before
        for _ in range(3):  # in no order that is known
            now += 1_000_001
            await one.yield_to_others()
        assert ran > before
        before = ran
        await one.yield_to_others()
        assert ran == before
        group.cancel_scope.cancel()


async def test_threads_are_bounded_in_number() -> None:
    """However many responses are on their way."""
    lock = threading.Lock()
    running = most = 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.002)
        with lock:
            running -= 1

    async def one() -> None:
        await in_thread(work)

    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(one)

    assert most <= turns._THREADS


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_no_more_work_at_once_where_asyncio_cancels() -> None:
    """It knows nothing of anyio's shield: the task ends, and its thread works on."""
    lock, go_on, begun = threading.Lock(), threading.Event(), threading.Semaphore(0)
    running = most = ran = 0

    def work() -> None:
        nonlocal running, most, ran
        with lock:
            ran += 1
            running += 1
            most = max(most, running)
        begun.release()
        go_on.wait(PATIENCE)
        with lock:
            running -= 1

    def began() -> bool:
        return begun.acquire(timeout=PATIENCE)

    for number in range(4 * turns._THREADS):
        task = asyncio.ensure_future(in_thread(work))
        if number < turns._THREADS:
            assert await anyio.to_thread.run_sync(began)
        else:  # it waits, without a thread
            await anyio.wait_all_tasks_blocked()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    last = asyncio.ensure_future(in_thread(work))
    go_on.set()
    await last

    assert (ran, most <= turns._THREADS) == (turns._THREADS + 1, True)
