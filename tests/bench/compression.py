"""The price of ``compression`` and ``gzip`` beside Starlette's ``GZipMiddleware``."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from itertools import cycle
from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING
from unittest.mock import patch

from starlette.middleware.gzip import GZipMiddleware

from asgi_mw import compression, gzip
from tests.bench.corpora import corpora
from tests.bench.report import Row, ratio
from tests.bench.rounds import added
from tests.bench.traffic import get_round, give, scope_of, take, two_messages

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of a hundred small requests, or of ten with 11 KB of JSON."""
    return [
        *await _bypass(rounds),
        *await _json(rounds // 3),
        *await _large(max(3, rounds // 60)),
        *[await _streams(coding) for coding in ("gzip", "br", "zstd")],
    ]


async def _bypass(rounds: int) -> list[Row]:
    layered: dict[str, App] = {
        "compression": compression(two_messages),
        "Starlette": GZipMiddleware(two_messages),
    }
    gets = partial(get_round, count=100)
    refused = partial(_round, accept=b"identity", count=100)
    return [
        ratio(
            "compression, a small body",
            await added(gets, two_messages, layered, rounds=rounds),
            0.38,
        ),
        ratio(
            "compression, no coding acceptable",
            await added(refused, two_messages, layered, rounds=rounds),
            0.38,
        ),
    ]


async def _json(rounds: int) -> list[Row]:
    """Throughput at 11 KB: the time that Starlette's adds, as a multiple of what ours adds."""
    bodies = [body for name, body in corpora().items() if name.startswith("json ")][:5]
    app = _answers(bodies)
    with patch.dict(sys.modules, {"isal": None, "isal.isal_zlib": None}):
        plain = gzip(app)
    ours = {
        "gzip": (gzip(app), b"gzip", 5.0, 1.0),
        "gzip of the standard library": (plain, b"gzip", 1.8, 1.04),
        "zstd": (compression(app), b"zstd", 3.0, 1.0),
        "br": (compression(app), b"br", 3.0, 1.0),
    }
    table = []
    peer: App = GZipMiddleware(app)
    theirs = await _sizes(peer, bodies, b"gzip")
    for name, (layered, accept, faster, larger) in ours.items():
        play = partial(_round, accept=accept + b", gzip;q=0.5", count=10)
        found = await added(play, app, {name: layered, "Starlette": peer}, rounds=rounds)
        size = await _sizes(layered, bodies, accept)
        price = {key: round(spread.median / 1e3, 1) for key, spread in found.items()}
        table.append(
            Row(
                f"compression, 11 KB JSON, {name}: throughput",
                found["Starlette"].median / found[name].median,
                "x",
                faster,
                least=True,
                parts={f"{key} [us]": value for key, value in price.items()},
            )
        )
        parts: dict[str, float] = {f"{name} [B]": size, "Starlette [B]": theirs}
        table.append(Row("... and its size", size / theirs, "x", larger, parts=parts))
    return table


async def _large(rounds: int) -> list[Row]:
    """10 MB of JSON: how long the loop stands still, and how long all of it takes."""
    body = corpora()["json large"] * 10  # too far apart to be seen as a repetition
    app = _answers([body])
    found: dict[str, list[tuple[float, float]]] = {"gzip": [], "Starlette": [], "zstd": []}
    apps: dict[str, tuple[App, bytes]] = {
        "gzip": (gzip(app), b"gzip"),
        "Starlette": (GZipMiddleware(app), b"gzip"),
        "zstd": (compression(app), b"zstd"),
    }
    for _ in range(rounds):
        for name, (layered, accept) in apps.items():
            found[name].append(await _stalls(layered, accept))
    stall = {name: median(stall for stall, _ in times) for name, times in found.items()}
    total = {name: median(total for _, total in times) for name, times in found.items()}
    return [
        Row(
            "compression, 10 MB JSON, the loop stands still", stall["gzip"], "ms", 5.0, parts=stall
        ),
        Row(
            "compression, 10 MB JSON, in all",
            total["gzip"] / total["Starlette"],
            "x",
            1 / 4,
            parts={f"{name} [ms]": value for name, value in total.items()},
        ),
    ]


async def _stalls(app: App, accept: bytes) -> tuple[float, float]:
    """The longest time without a turn of the loop, and the whole, in ms."""
    longest = 0
    done = False

    async def tick() -> None:
        nonlocal longest
        last = perf_counter_ns()
        while not done:
            await asyncio.sleep(0)
            now = perf_counter_ns()
            longest, last = max(longest, now - last), now

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    began = perf_counter_ns()
    await app(_asking(0, accept), give, take)
    took = perf_counter_ns() - began
    done = True
    await ticking
    return longest / 1e6, took / 1e6


async def _streams(coding: str) -> Row:
    """Memory of a process for each of a thousand event streams that are held open."""
    line = (sys.executable, "-m", "tests.bench.streams", coding)
    process = await asyncio.create_subprocess_exec(*line, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    bare, coded = map(float, said.split())
    parts = {"bare [KiB]": bare, f"{coding} [KiB]": coded}
    name = f"compression, an open event stream, {coding}"
    return Row(name, coded - bare, "KiB", 64.0, parts=parts)


def _answers(bodies: list[bytes]) -> App:
    """An app that answers with each of *bodies* in turn."""
    turn = cycle(bodies)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = next(turn)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _sizes(app: App, bodies: list[bytes], accept: bytes) -> int:
    """Bytes sent for all of *bodies*."""
    size = 0

    async def count(message: Message) -> None:
        nonlocal size
        size += len(message.get("body", b""))

    for number in range(len(bodies)):
        await app(_asking(number, accept), give, count)
    return size


async def _round(app: App, accept: bytes, count: int) -> float:
    """The ns per request of *count* GETs with *accept* as their Accept-Encoding."""
    scopes = [_asking(number, accept) for number in range(count)]
    began = perf_counter_ns()
    while scopes:
        await app(scopes.pop(), give, take)
    return (perf_counter_ns() - began) / count


def _asking(number: int, accept: bytes) -> Scope:
    scope = scope_of(number)
    scope["headers"] = [
        (name, accept if name == b"accept-encoding" else value) for name, value in scope["headers"]
    ]
    return scope
