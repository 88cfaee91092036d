"""The thread of the watchdog: one for the process, and no longer than it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw.errors import Problems
from asgi_mw.loops import running_loop
from asgi_mw.testing import lifespan, request
from asgi_mw.watch import dog, watch
from asgi_mw.watch.beat import Beat
from asgi_mw.watch.block import Block
from asgi_mw.watch.dog import DOG, NAME
from asgi_mw.watch.policy import compile_policy
from asgi_mw.watch.reports import Reports
from tests.system import PATIENCE
from tests.watch.told import Told, until

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def dogs() -> list[threading.Thread]:
    """The threads of watchdogs."""
    return [one for one in threading.enumerate() if one.name == NAME]


def gone() -> bool:
    """Whether there is none."""
    return dogs() == []


@pytest.mark.anyio
async def test_one_thread_watches_for_all_apps() -> None:
    """From the first connection to the end of the lifespan."""
    await until(gone)  # that of the tests before
    one, other = watch(app), watch(app)
    assert dogs() == []
    for layered in (one, other, one):
        await request(layered)
    [thread] = dogs()
    assert thread.daemon
    await lifespan(one)
    await until(gone)
    await request(other)
    assert len(dogs()) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_ends_with_the_loop(backend: str) -> None:
    """Where no lifespan says so."""

    async def main() -> None:
        await request(watch(app))

    anyio.run(main, backend=backend)
    end = time.monotonic() + PATIENCE
    while dogs():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_loops_of_several_threads_are_watched(backend: str) -> None:
    """Each names its own connections."""
    told = [Told(), Told()]
    meet = threading.Barrier(2)

    def serve(number: int) -> None:
        async def blocks(scope: Scope, receive: Receive, send: Send) -> None:
            meet.wait()
            told[number].block("event_loop_blocked")
            await app(scope, receive, send)

        async def main() -> None:
            layered = watch(blocks, logger=told[number], blocked_after=0.02)
            await request(layered, "GET", f"/{number}")

        anyio.run(main, backend=backend)

    threads = [threading.Thread(target=serve, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["/0", "/1"] == [one.of("event_loop_blocked")[0]["path"] for one in told]


@pytest.mark.anyio
async def test_a_process_that_stands_still_blocks_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a debugger, or stopped: the thread was late itself, and nothing used the CPU."""
    told, rests = Told(), []
    monkeypatch.setattr(dog, "_LATE", -1 << 62)  # whenever it wakes, it is late
    monkeypatch.setattr(dog, "process_time_ns", lambda: 0)
    paused = Beat.paused

    def stood(beat: Beat, ns: int) -> None:
        rests.append(ns)
        paused(beat, 10**9)

    monkeypatch.setattr(Beat, "paused", stood)

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        while len(rests) < 10:
            time.sleep(0.01)  # noqa: ASYNC251  # that is the point
        await app(scope, receive, send)

    await request(watch(waits, logger=told, blocked_after=0.02))
    assert told.of("event_loop_blocked") == []


@pytest.mark.anyio
async def test_a_pause_moves_no_block_into_the_future() -> None:
    """The thread may have been late before the block began: not all of that was in it."""
    loop = running_loop()
    assert loop is not None
    beat = Beat(loop, threading.get_ident())
    beat._block = Block(beat, time.perf_counter_ns() - 10**6, 0)
    beat.paused(10**9)

    assert beat._block.began <= time.perf_counter_ns()


@pytest.mark.anyio
async def test_what_holds_the_interpreter_is_seen_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No other thread runs meanwhile: the watchdog's is late itself, but the CPU was used."""
    told = Told()
    monkeypatch.setattr(dog, "_LATE", -1 << 62)
    monkeypatch.setattr(dog, "process_time_ns", count(0, 10**15).__next__)

    async def hogs(scope: Scope, receive: Receive, send: Send) -> None:
        told.block("event_loop_blocked")
        await app(scope, receive, send)

    await request(watch(hogs, logger=told, blocked_after=0.02))
    assert told.of("event_loop_blocked")


@pytest.mark.anyio
async def test_who_let_go_of_the_interpreter_is_looked_at_at_once() -> None:
    """He is still there, behind the code that nobody could interrupt."""
    told = Told()
    problems = Problems("watch")
    policy = compile_policy(
        problems,
        blocked_after=0.02,
        stalled_after=None,
        waiting_after=None,
        gone_after=None,
        signal=False,
        logger=told,
        redact=None,
        meter_provider=None,
    )
    loop = running_loop()
    assert loop is not None
    beat = Beat(loop, threading.get_ident())
    beat.adopt(policy)
    now = time.perf_counter_ns()
    beat.held(now - 10**9, 0, now, Reports())
    [report] = told.of("event_loop_blocked")

    assert (1000.0, False) == (report["blocked_ms"], report["over"])
    assert "test_who_let_go_of_the_interpreter_is_looked_at_at_once" in report["stack"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.anyio
async def test_a_child_begins_anew() -> None:
    """Nothing of the parent's is in flight there, and its thread is its own."""
    await request(watch(app))
    assert DOG.beats
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        facts = f"{len(DOG.beats)} {len(dogs())} {DOG._lock.locked()}"
        os.write(write, facts.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)  # noqa: ASYNC222  # it ends at once

    assert os.read(read, 100) == b"0 0 False"
    os.close(read)


@pytest.mark.anyio
async def test_a_fault_in_it_ends_neither_thread_nor_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted."""
    failed: list[Any] = []

    def look(reports: object) -> int:
        failed.append(reports)
        raise LookupError("mine")

    monkeypatch.setattr(DOG, "_look", look)
    result = await request(watch(app))
    await until(lambda: failed)

    assert (204, None) == (result.status, result.raised)
    assert "thread: LookupError" in DOG._faults.counts


def test_nothing_of_it_comes_with_the_package() -> None:
    """Who does not ask for it has neither its rooms nor its thread."""
    code = "import sys, asgi_mw; print([one for one in sys.modules if 'asgi_mw.watch' in one])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()
