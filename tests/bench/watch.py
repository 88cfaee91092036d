"""The price of ``watch``: alone, around what people run, and of its thread on its own."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

import asgi_mw.logs
from asgi_mw import access_log, production, stack, timing
from asgi_mw.watch import watch
from asgi_mw.watch.dog import DOG
from tests.bench.layers import nowhere
from tests.bench.report import Row, parts
from tests.bench.rounds import added
from tests.bench.traffic import get_round, two_messages

if TYPE_CHECKING:
    from asgi_mw.types import App

# A short round, so that a pause of the machine spoils only a few of them
_REQUESTS = 20
_SECONDS = 5.0


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of twenty requests each.  Configures the logging of this process."""
    asgi_mw.logs.configure(format="json", stream=nowhere())
    gets = partial(get_round, count=_REQUESTS)
    bare = {"watch": watch(two_messages), "timing": timing(two_messages)}
    found = await added(gets, two_messages, bare, rounds=rounds)
    table = [Row("watch alone, added", found["watch"].median / 1e3, "us", parts=parts(found))]
    for name, within, bar in (
        ("access_log", access_log(two_messages), 500),
        ("production", production(two_messages), None),
    ):
        found = await added(gets, within, {"watch": stack(within, watch)}, rounds=rounds)
        ns = found["watch"].median
        table.append(Row(f"watch around {name}, added", ns, "ns", bar, parts=parts(found)))
    table.append(Row("its thread, of one CPU", 100 * await _idle(two_messages), "%"))
    return table


async def _idle(app: App) -> float:
    """The share of a CPU that the heartbeat takes, thread and loop, where nothing else happens."""
    DOG.leave()
    await asyncio.sleep(1)  # its thread has ended by then
    without = await _used()
    await get_round(watch(app), count=1)
    return (await _used() - without) / _SECONDS


async def _used() -> float:
    """The CPU time that the process uses in five seconds, without doing anything."""
    began = time.process_time()
    await asyncio.sleep(_SECONDS)
    return time.process_time() - began
