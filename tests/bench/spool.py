"""What the spool can take without a loss, and what it costs the requests beside it."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from math import sqrt
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw import open_store, record
from tests.bench.latency import PACE, Side, added
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
_TRIALS = 6


async def rows(seconds: float) -> list[Row]:
    """Measure for *seconds* each: the throughput, and the latency with and without the spool."""
    table = [await _sustained(seconds / _TRIALS, kind) for kind in _KINDS]
    with tempfile.TemporaryDirectory() as folder:
        return [*table, await _latency(folder, seconds)]


async def _sustained(seconds: float, kind: _Kind) -> Row:
    """The most that is taken without a drop, found in trials of *seconds* each.

    To offer far more would take the interpreter from the writer, to record what is then dropped.
    """
    offered = dropping = kind.bar * 11 // 10  # more, since the last flush takes time as well
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
        # The loop turns as a server's does, and sleeps when nothing is due
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
    spooled = Side(app=record(exchange_json, store=store))
    name = f"spool, added p99 at {PACE:,}/s"
    row = await added(name, Side(app=exchange_json), spooled, seconds=int(seconds), bar=1.0)
    sound = _lost(store) == 0
    store.close()
    return replace(row, sound=sound)


def _lost(store: Store) -> int:
    store.flush(30.0)
    return sum(store.stats().dropped.values())
