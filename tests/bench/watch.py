"""The price of ``watch``: alone, outside of what people run, and of its thread by itself."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

import asgi_mw.logs
from asgi_mw import layer, production, stack, timing
from asgi_mw.watch import watch
from tests.bench.layers import nowhere
from tests.bench.report import Row, parts
from tests.bench.rounds import added
from tests.bench.traffic import get_round, two_messages

if TYPE_CHECKING:
    from asgi_mw.types import App

_REQUESTS = 100
_SECONDS = 5.0


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of a hundred requests each.  Configures the logging of this process."""
    asgi_mw.logs.configure(format="json", stream=nowhere())
    gets = partial(get_round, count=_REQUESTS)
    bare = {"watch": watch(two_messages), "timing": timing(two_messages)}
    found = await added(gets, two_messages, bare, rounds=rounds)
    table = [Row("watch alone, added", found["watch"].median / 1e3, "us", parts=parts(found))]
    within = production(two_messages)
    found = await added(gets, within, {"watch": stack(within, watch)}, rounds=rounds)
    table.append(
        Row("watch round production, added", found["watch"].median, "ns", 500, parts=parts(found))
    )
    table.append(Row("its thread, of one CPU", 100 * await _idle(two_messages), "%"))
    return table


async def _idle(app: App) -> float:
    """The share of a CPU that the heartbeat takes, thread and loop, where nothing else happens."""
    used = {}
    for name, layered in {
        "without": stack(app),
        "with": stack(app, layer(watch)),
    }.items():
        await get_round(layered, count=1)
        began = time.process_time()
        await asyncio.sleep(_SECONDS)
        used[name] = time.process_time() - began
    return (used["with"] - used["without"]) / _SECONDS
