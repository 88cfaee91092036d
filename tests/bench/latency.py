"""What something costs the requests beside it: their 99th percentile with it and without."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter_ns
from typing import TYPE_CHECKING

from tests.bench.report import Row
from tests.bench.traffic import give, scope_of, take

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from asgi_mw.types import App

PACE = 1000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two that are compared.

    Attributes:
        app: The app that gets the requests.
        method: Their method.
        beside: What goes on meanwhile.
    """

    app: App
    method: str = "POST"
    beside: Callable[[], AbstractContextManager[object]] = nullcontext


async def added(name: str, without: Side, beside: Side, *, seconds: int, bar: float) -> Row:
    """The median of the differences of the 99th percentiles of two sides, a second each in turn."""
    sides = {"without": without, "with": beside}
    found: dict[str, list[list[float]]] = {side: [] for side in sides}
    await paced(beside.app, 200, beside.method)
    for _ in range(seconds):
        for side, one in sides.items():
            with one.beside():
                found[side].append(await paced(one.app, PACE, one.method))
    pairs = zip(found["with"], found["without"], strict=True)
    more = median(_percentile(ours, 99) - _percentile(bare, 99) for ours, bare in pairs)
    parts = {
        f"p{percent} {side} [ms]": round(median(_percentile(one, percent) for one in second), 3)
        for percent in (50, 99)
        for side, second in found.items()
    }
    pooled = {side: [one for second in each for one in second] for side, each in found.items()}
    parts |= {f"p99 {side}, all [ms]": round(_percentile(x, 99), 3) for side, x in pooled.items()}
    return Row(name, more, "ms", bar, parts=parts)


async def paced(app: App, count: int, method: str) -> list[float]:
    """Serve *count* requests that another process sends at an even pace; each latency in ms.

    A latency lasts from the sending to the end of the app's call.  Each call has its own task, as
    in servers.  So the wait for the loop, and for the GIL that another thread may hold, counts.
    """
    latencies: list[float] = []
    inlet, outlet = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    inlet.setblocking(False)
    done = asyncio.Event()
    tasks = set()

    async def serve(sent: int) -> None:
        await app(scope_of(sent, method=method), give, take)
        latencies.append((perf_counter_ns() - sent) / 1e6)
        if len(latencies) == count:
            done.set()

    def arrived() -> None:
        task = asyncio.ensure_future(serve(int.from_bytes(inlet.recv(8), sys.byteorder)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop = asyncio.get_running_loop()
    loop.add_reader(inlet, arrived)
    command = [sys.executable, "-c", _PACER, str(outlet.fileno()), str(PACE), str(count)]
    pacer = await asyncio.create_subprocess_exec(*command, pass_fds=[outlet.fileno()])
    outlet.close()
    try:
        await asyncio.wait_for(done.wait(), 30 + count / PACE)
        await pacer.wait()
    finally:
        loop.remove_reader(inlet)
        inlet.close()
        if pacer.returncode is None:
            pacer.kill()
    return latencies


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]
