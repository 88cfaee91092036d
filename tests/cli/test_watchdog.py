"""Code that holds the event loop is interrupted, and whoever waits goes on."""

from __future__ import annotations

import asyncio
import hashlib
import selectors
import signal
import threading
from time import sleep
from typing import Any

import pytest

from asgi_mw.cli.watchdog import BlockedError, Watchdog


def hold() -> None:
    """Hold the event loop for good."""
    while True:
        pass


def nap() -> None:
    """Hold the event loop for a minute, and do nothing."""
    sleep(60)


def test_code_that_holds_the_loop_is_interrupted() -> None:
    """Each time, and it is known which."""
    watchdog = Watchdog(0.05)

    async def main() -> int:
        async with watchdog.watching():
            for _ in range(2):
                with pytest.raises(BlockedError):
                    hold()
                await asyncio.sleep(0)
            return 7

    assert 7 == asyncio.run(main())
    assert [True, True] == [
        one.startswith("test_watchdog.py:") and one.endswith(" in hold") for one in watchdog.caught
    ]


def test_a_loop_that_waits_is_left_alone() -> None:
    """For however long."""
    watchdog = Watchdog(0.05)

    async def main() -> None:
        async with watchdog.watching():
            await asyncio.sleep(0.2)

    asyncio.run(main())
    assert [] == watchdog.caught


def test_a_loop_that_is_late_is_left_alone() -> None:
    """As on a machine that is busy: nothing is raised where it waits, or between two callbacks."""
    watchdog = Watchdog(0.05)

    async def main() -> None:
        async with watchdog.watching():
            for _ in range(20):
                # As if its beat had never come
                asyncio.get_running_loop().call_soon(
                    signal.setitimer, signal.ITIMER_REAL, 0.001, 0.05
                )
                await asyncio.sleep(0.01)

    asyncio.run(main())
    assert [] == watchdog.caught


def test_what_sleeps_on_the_loop_is_interrupted() -> None:
    """It takes no time of the CPU, so it is looked at twice."""
    watchdog = Watchdog(0.05)

    async def main() -> None:
        async with watchdog.watching():
            with pytest.raises(BlockedError):
                nap()
            await asyncio.sleep(0)

    asyncio.run(main())
    assert 1 == len(watchdog.caught)


def test_what_computes_without_python_is_interrupted_as_it_returns() -> None:
    """No signal is handled before."""
    watchdog = Watchdog(0.05)

    async def main() -> None:
        async with watchdog.watching():
            with pytest.raises(BlockedError):
                hashlib.pbkdf2_hmac("sha256", b"", b"", 1_000_000)
            await asyncio.sleep(0)

    asyncio.run(main())
    assert 1 == len(watchdog.caught)


def test_a_loop_that_waits_is_left_alone_by_a_late_alarm() -> None:
    """As of a process that was stopped for a while, or for which a busy machine had no time."""
    watchdog = Watchdog(60)
    alarms = []

    class Late(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> Any:
            if signal.getsignal(signal.SIGALRM) == watchdog._bark:
                alarms.append(signal.SIGALRM)
                signal.raise_signal(signal.SIGALRM)
            return super().select(timeout)

    async def main() -> None:
        async with watchdog.watching():
            await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(Late())) as runner:
        runner.run(main())
    assert [] != alarms
    assert [] == watchdog.caught


def test_who_had_the_timer_has_it_again() -> None:
    """With its handler."""
    handler = signal.getsignal(signal.SIGALRM)
    left, _ = signal.setitimer(signal.ITIMER_REAL, 500)
    try:

        async def main() -> None:
            async with Watchdog(5).watching():
                pass

        asyncio.run(main())
        assert signal.getsignal(signal.SIGALRM) is handler
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)


def test_in_another_thread_it_does_nothing() -> None:
    """There are no signals."""
    done = []

    async def main() -> None:
        async with Watchdog(0.01).watching():
            await asyncio.sleep(0)
        done.append(True)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    assert [True] == done
