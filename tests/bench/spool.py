"""What the spool can take without a loss, and what it costs the requests beside it."""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
from math import sqrt
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw import open_store, record
from tests.bench.report import Row
from tests.bench.traffic import exchange_json, give, json_page, scope_of, take, two_messages

if TYPE_CHECKING:
    from asgi_mw.recorder.store import Store
    from asgi_mw.types import App


class _Kind(NamedTuple):
    """What is recorded, and how many of it are to be written in a second."""

    name: str
    app: App
    method: str
    bar: int


_KINDS = (
    _Kind("no bodies", two_messages, "GET", 17_000),
    _Kind("4 KB JSON responses", json_page, "GET", 9_000),
    _Kind("both ways", exchange_json, "POST", 6_000),
)
_PACED = 1000
_TRIALS = 6
# Sends its clock (CLOCK_MONOTONIC, the same in all processes) at an even pace.  A process of its
# own: a loop that paced itself would count its timer's millisecond as latency.
_PACER = """
import socket, struct, sys, time
out = socket.socket(fileno=int(sys.argv[1]))
pace, count = int(sys.argv[2]), int(sys.argv[3])
due = time.perf_counter_ns()
for _ in range(count):
    due += 1_000_000_000 // pace
    time.sleep(max(0, (due - time.perf_counter_ns()) / 1e9))
    out.send(struct.pack("q", time.perf_counter_ns()))
"""


async def rows(seconds: float) -> list[Row]:
    """Measure for *seconds* each: the throughput, and the latency with and without the spool."""
    table = [await _sustained(seconds / _TRIALS, kind) for kind in _KINDS]
    with tempfile.TemporaryDirectory() as folder:
        return [*table, await _latency(folder, seconds)]


async def _sustained(seconds: float, kind: _Kind) -> Row:
    """The most that is taken without a drop, found in trials of *seconds* each.

    Whoever offers far more takes the interpreter from the writer, to record what is then dropped.
    """
    offered = dropping = kind.bar * 11 // 10  # so that the last flush is no excuse
    best: Row | None = None
    for _ in range(_TRIALS):
        with tempfile.TemporaryDirectory() as folder:
            row = await _throughput(Path(folder, "a"), seconds, kind, offered)
        if row.sound and (best is None or row.value > best.value):
            best = row
        if not row.sound:
            dropping = offered
        elif dropping == offered:
            break
        offered = round(sqrt(dropping * (best or row).value))
    return best or row


async def _throughput(folder: Path, seconds: float, kind: _Kind, offered: int) -> Row:
    store = open_store(folder)
    app = record(kind.app, store=store)
    began, fed = perf_counter(), 0
    while (spent := perf_counter() - began) < seconds:
        for _ in range(min(int(spent * offered) - fed, 100)):
            await app(scope_of(fed, method=kind.method), give, take)
            fed += 1
        # The loop goes round as a server's does, and sleeps when nothing is due
        await asyncio.sleep(0.001 if int((perf_counter() - began) * offered) <= fed else 0)
    store.flush(60.0)
    spent = perf_counter() - began
    stats = store.stats()
    store.close()
    dropped = sum(stats.dropped.values())
    return Row(
        f"spool, {kind.name}",
        stats.exchanges / spent,
        "/s",
        kind.bar,
        least=True,
        sound=dropped == 0 and not stats.faults and stats.exchanges == fed,
        parts={
            "offered [/s]": offered,
            "fed": fed,
            "on disk": stats.exchanges,
            "dropped": dropped,
            "MiB": round(stats.bytes / 2**20),
        },
        note=f"faults: {dict(stats.faults)}" if stats.faults else "",
    )


async def _latency(folder: str, seconds: float) -> Row:
    store = open_store(Path(folder, "b"))
    spooled = record(exchange_json, store=store)
    await _paced(spooled, 200)
    found: dict[str, list[list[float]]] = {"without": [], "with": []}
    for _ in range(int(seconds)):  # a second each, in turn
        for name, app in (("without", exchange_json), ("with", spooled)):
            found[name].append(await _paced(app, _PACED))
    pairs = zip(found["with"], found["without"], strict=True)
    added = median(_percentile(spooled, 99) - _percentile(bare, 99) for spooled, bare in pairs)
    parts = {
        f"p{percent} {name} [ms]": round(median(_percentile(one, percent) for one in second), 3)
        for percent in (50, 99)
        for name, second in found.items()
    }
    pooled = {
        name: [one for second in seconds for one in second] for name, seconds in found.items()
    }
    parts |= {f"p99 {name}, all [ms]": round(_percentile(x, 99), 3) for name, x in pooled.items()}
    sound = _lost(store) == 0
    store.close()
    return Row("spool, added p99 at 1,000/s", added, "ms", 1.0, sound=sound, parts=parts)


async def _paced(app: App, count: int) -> list[float]:
    """Serve *count* requests that another process sends at an even pace; each latency in ms.

    It runs from the sending to the end of the app's call, in a task of its own, as servers do:
    the wait for the loop, and for the GIL that the writer may hold, is part of it.
    """
    latencies: list[float] = []
    inlet, outlet = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    inlet.setblocking(False)
    done = asyncio.Event()
    tasks = set()

    async def serve(sent: int) -> None:
        await app(scope_of(sent, method="POST"), give, take)
        latencies.append((perf_counter_ns() - sent) / 1e6)
        if len(latencies) == count:
            done.set()

    def arrived() -> None:
        task = asyncio.ensure_future(serve(int.from_bytes(inlet.recv(8), sys.byteorder)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop = asyncio.get_running_loop()
    loop.add_reader(inlet, arrived)
    command = [sys.executable, "-c", _PACER, str(outlet.fileno()), str(_PACED), str(count)]
    pacer = await asyncio.create_subprocess_exec(*command, pass_fds=[outlet.fileno()])
    outlet.close()
    try:
        await asyncio.wait_for(done.wait(), 30 + count / _PACED)
        await pacer.wait()
    finally:
        loop.remove_reader(inlet)
        inlet.close()
        if pacer.returncode is None:
            pacer.kill()
    return latencies


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


def _lost(store: Store) -> int:
    store.flush(30.0)
    return sum(store.stats().dropped.values())
