"""What the requests of an app pay while a backlog is shipped to PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import DEVNULL, PIPE
from time import perf_counter
from typing import TYPE_CHECKING

from asgi_mw import open_store, record
from asgi_mw.faults import Drops, Faults
from asgi_mw.recorder.breath import Breath
from asgi_mw.recorder.postgres import PostgresStore
from asgi_mw.recorder.shipping.shipper import Shipper
from tests.bench.latency import PACE, Side, added
from tests.bench.traffic import json_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.bench.report import Row
    from tests.recorder.postgres.server import Server

_TURNS, _BAR = 6, 1.0
BACKLOG = 120_000
"""More than is shipped in so many seconds."""


async def by_process(server: Server, folder: Path) -> Row:
    """``asgi-mw ship`` ships what is in *folder*, as fast as it can."""
    address = server.create("process")
    line = [sys.executable, "-m", "asgi_mw", "ship", str(folder), "--to", address]
    process = await asyncio.create_subprocess_exec(*line, stdout=DEVNULL, stderr=PIPE)
    assert process.stderr is not None
    await process.stderr.readline()  # it has begun
    process.send_signal(signal.SIGSTOP)

    @contextmanager
    def shipping() -> Iterator[None]:
        process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            process.send_signal(signal.SIGSTOP)

    try:
        return await _added("a process", address, shipping)
    finally:
        process.kill()
        await process.wait()


async def by_thread(server: Server, folder: Path) -> Row:
    """A thread of the app's own process ships it, as with ``record(ship=…)``."""
    address = server.create("thread")

    @contextmanager
    def shipping() -> Iterator[None]:
        with closing(PostgresStore(address)) as history:
            shipper = Shipper(folder, history, Faults("ship"), Drops("ship"), Breath())
            shipper.start()
            try:
                yield
            finally:
                shipper.stop(0.0)

    return await _added("a thread", address, shipping)


async def _added(
    who: str, address: str, shipping: Callable[[], AbstractContextManager[None]]
) -> Row:
    """The cost for an app that records into a folder of its own."""
    with (
        tempfile.TemporaryDirectory() as name,
        closing(open_store(Path(name, "spool"))) as store,
        closing(PostgresStore(address)) as history,
    ):
        shipped, spent = 0, 0.0

        @contextmanager
        def counted() -> Iterator[None]:
            nonlocal shipped, spent
            before, began = history.count(), perf_counter()
            with shipping():
                yield
            spent += perf_counter() - began
            shipped += history.count() - before

        app = record(json_page, store=store)
        row = await added(
            f"history, shipped by {who}: added p99 at {PACE:,}/s",
            Side(app=app, method="GET"),
            Side(app=app, method="GET", beside=counted),
            seconds=_TURNS,
            bar=_BAR,
        )
        sound = 0 < history.count() < BACKLOG
        return replace(
            row, sound=sound, parts={**row.parts, "shipped [/s]": round(shipped / spent)}
        )
