"""Serve heavy traffic, recorded to memory or to a spool, and watch what the recorder takes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

from tests.soak.clients import Connection, drive

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
# How much the resident memory may grow, as a multiple of the budget of the recorder
_GROWTH = 1.5
# Each connection in flight may have taken a step more when the budget is found to be used up
_SLACK = 1.02
_TEXTS = 100_000
_WARM_UP = 6.0


async def soak(name: str, folder: Path | None, seconds: float, **options: int) -> bool:
    """Drive a server that records to *folder*, or to memory; whether it stayed within bounds."""
    async with _server(str(folder or "memory:"), options) as (port, process):
        door = Connection(port)

        async def ask(path: str) -> Any:
            return json.loads(await door.request("GET", path))

        # The same traffic without recording: what the server itself takes is no growth
        baseline = Watch(process, folder)
        await baseline.during(drive(port, _WARM_UP, _TEXTS // 20))
        await ask("/-/on")
        watch = Watch(process, folder, lambda: ask("/-/stats"))
        done = await watch.during(drive(port, seconds, _TEXTS))
        # Whoever reads what was kept must not bring the memory over its bounds either
        reading = Watch(process, folder)
        await ask("/-/flush")
        await reading.during(ask("/-/read"))
        stats = await ask("/-/stats")
        door.close()
    served = done["small"] + done["large"] + done["websockets"]
    dropped = sum(stats["dropped"].values())
    budget = stats["budget"]
    growth = watch.memory - baseline.memory
    checks = {
        f"memory grew by <= {_GROWTH} x budget": growth <= _GROWTH * budget,
        "the same while all of it is read": reading.memory - baseline.memory <= _GROWTH * budget,
        f"accounted <= {_SLACK} x budget": watch.accounted <= _SLACK * budget,
        "nothing failed": not stats["faults"] and not stats["in_flight"],
    }
    if folder is None:
        checks["kept + dropped = served"] = stats["exchanges"] + dropped == served
        # The oldest make room for the newest, whose bodies are what somebody wants to see
        refused = "bytes over the memory budget" in stats["missing"]
        checks["no body was refused for memory"] = not refused
    else:
        # The segment that is written and its log come on top of what may be removed
        checks["disk <= 1.5 x max_bytes"] = watch.disk <= 1.5 * options["max_bytes"]
    print(f"{name}: {_traffic(done)} in {seconds:.0f} s, after {_WARM_UP:.0f} s unrecorded")
    print(
        f"  RSS {_mib(baseline.memory)} before, {_mib(watch.memory)} at most: grew by "
        f"{_mib(growth)}, {growth / budget:.2f} x the budget of {_mib(budget)}\n"
        f"  RSS {_mib(reading.memory)} at most while all of it was read\n"
        f"  accounted {_mib(stats['accounted'])} at the end, {_mib(watch.accounted)} at most"
    )
    if folder is not None:
        print(f"  disk {_mib(watch.disk)} at most, max_bytes {_mib(options['max_bytes'])}")
    print(f"  kept {stats['exchanges']:,}, dropped {stats['dropped'] or 'none'}")
    print(f"  of those kept, so many are cut: {stats['missing'] or 'none'}")
    for check, held in checks.items():
        print(f"  {'ok  ' if held else 'FAIL'} {check}")
    return all(checks.values())


class Watch:
    """The most that a process and its folder take, sampled ten times a second."""

    def __init__(
        self,
        process: psutil.Process,
        folder: Path | None,
        stats: Callable[[], Awaitable[Any]] | None = None,
    ) -> None:
        self.memory = self.accounted = self.disk = 0
        self._process = process
        self._folder = folder
        self._stats = stats

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """Watch until *work* is done, and give its result."""
        task = asyncio.create_task(work)
        samples = 0
        while not task.done():
            self.memory = max(self.memory, self._process.memory_info().rss)
            if self._folder is not None:
                self.disk = max(self.disk, _size(self._folder))
            samples += 1
            if self._stats is not None and samples % 10 == 0:  # it costs the server something
                self.accounted = max(self.accounted, (await self._stats())["accounted"])
            await asyncio.wait([task], timeout=0.1)
        return await task


def _size(folder: Path) -> int:
    size = 0
    for file in folder.glob("*"):
        with contextlib.suppress(FileNotFoundError):  # retention removes them meanwhile
            size += file.stat().st_size
    return size


@contextlib.asynccontextmanager
async def _server(
    target: str, options: dict[str, int]
) -> AsyncIterator[tuple[int, psutil.Process]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "tests.soak.server:app", "--port", str(port)]
    environment = {**os.environ, "SOAK_STORE": target, "SOAK_OPTIONS": json.dumps(options)}
    process = await asyncio.create_subprocess_exec(
        *command, "--no-access-log", "--log-level", "warning", cwd=ROOT, env=environment
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                await Connection(port).request("GET", "/-/stats")
                break
            await asyncio.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()


def _traffic(done: Counter[str]) -> str:
    return (
        f"{done['small']:,} small requests, {done['large']:,} with 200 KB each way, "
        f"a WebSocket with {done['texts']:,} messages echoed"
    )


def _mib(size: float) -> str:
    return f"{size / MIB:.1f} MiB"
