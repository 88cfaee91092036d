"""What shipping to PostgreSQL costs the requests of an app that records what is shipped."""

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
from asgi_mw.recorder.postgres import PostgresStore
from asgi_mw.recorder.shipping.shipper import Shipper
from tests.bench.latency import PACE, Side, added
from tests.bench.traffic import json_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.report import Row
    from tests.recorder.postgres.server import Server

_TURNS, _BAR = 6, 1.0
BACKLOG = 120_000
"""More than a process ships in so many seconds."""


async def by_thread(server: Server) -> Row:
    """The app ships what it records itself, as ``record(ship=…)`` does."""
    with (
        tempfile.TemporaryDirectory() as name,
        closing(open_store(Path(name, "spool"))) as store,
        closing(PostgresStore(server.create("thread"))) as history,
    ):
        faults, drops = Faults("ship"), Drops("ship")

        @contextmanager
        def shipping() -> Iterator[None]:
            shipper = Shipper(Path(name, "spool"), history, faults, drops)
            shipper.start()
            try:
                yield
            finally:
                store.flush(30.0)
                shipper.stop(30.0)

        app = record(json_page, store=store)
        row = await added(
            f"history, shipped by a thread: added p99 at {PACE:,}/s",
            Side(app=app, method="GET"),
            Side(app=app, method="GET", beside=shipping),
            seconds=_TURNS,
            bar=_BAR,
        )
        sound = not faults.counts and not drops and history.count() == store.count()
        return replace(row, sound=sound)


async def by_process(server: Server, folder: str) -> Row:
    """A process beside the app ships what is in *folder*, as fast as it can."""
    address = server.create("process")
    line = [sys.executable, "-m", "asgi_mw", "ship", folder, "--to", address]
    process = await asyncio.create_subprocess_exec(*line, stdout=DEVNULL, stderr=PIPE)
    with (
        tempfile.TemporaryDirectory() as name,
        closing(open_store(Path(name, "spool"))) as store,
        closing(PostgresStore(address)) as history,
    ):
        assert process.stderr is not None
        await process.stderr.readline()  # it has begun
        process.send_signal(signal.SIGSTOP)
        shipped, spent = 0, 0.0

        @contextmanager
        def shipping() -> Iterator[None]:
            nonlocal shipped, spent
            before, began = history.count(), perf_counter()
            process.send_signal(signal.SIGCONT)
            try:
                yield
            finally:
                process.send_signal(signal.SIGSTOP)
                spent += perf_counter() - began
                shipped += history.count() - before

        app = record(json_page, store=store)
        row = await added(
            f"history, shipped by a process: added p99 at {PACE:,}/s",
            Side(app=app, method="GET"),
            Side(app=app, method="GET", beside=shipping),
            seconds=_TURNS,
            bar=_BAR,
        )
        sound = history.count() < BACKLOG
        process.kill()
        await process.wait()
    return replace(row, sound=sound, parts={**row.parts, "shipped [/s]": round(shipped / spent)})
