"""The price of ``record`` to memory, beside asgion's tracing inspector."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from asgi_mw import open_store, record
from tests.bench.report import Row
from tests.bench.rounds import added
from tests.bench.traffic import echo, echo_round, get_round, two_messages

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

_REQUESTS = 100
_TEXTS = 200
# Longer than the limit of one connection: head and tail are kept, the middle is dropped
_MANY_TEXTS = 3000
_LAYERS = 10


async def rows(rounds: int) -> list[Row]:
    """Measure; *rounds* of a hundred requests, or of one WebSocket, each."""
    return [
        await _get(rounds),
        *await _websocket(rounds),
        await _unsampled(rounds),
        await _between(rounds),
    ]


async def _get(rounds: int) -> Row:
    store = open_store("memory:")
    layered = {"record": record(two_messages, store=store)}
    while not store.stats().dropped:  # a full store, which lets the oldest go for each new one
        await get_round(layered["record"], 1000)
    after = None
    if find_spec("asgion"):
        inspector = import_module("asgion").Inspector(two_messages, trace=True)
        layered["asgion"] = inspector
        after = inspector.traces.clear
    measure = partial(get_round, count=_REQUESTS)
    found = await added(measure, two_messages, layered, rounds=rounds, after=after)
    parts = {f"{name} [us]": round(spread.median / 1e3, 2) for name, spread in found.items()}
    ours = found["record"].median
    if "asgion" not in found:
        note = "asgion needs Python 3.12"
        return Row("record to memory, GET", ours / 1e3, "us", parts=parts, note=note)
    return Row("record to memory, GET", ours / found["asgion"].median, "x", 0.13, parts=parts)


async def _websocket(rounds: int) -> list[Row]:
    layered = {"record": record(echo)}
    short = await added(partial(echo_round, count=_TEXTS), echo, layered, rounds=rounds // 2)
    many = await added(partial(echo_round, count=_MANY_TEXTS), echo, layered, rounds=rounds // 15)
    return [
        Row(f"record, WebSocket event, {count:,} echoes", found["record"].median, "ns", 550)
        for count, found in ((_TEXTS, short), (_MANY_TEXTS, many))
    ]


async def _between(rounds: int) -> Row:
    """The price per layer and message of a response of two, over ``record`` on the same layers."""
    bare = record(_in_layers(two_messages))
    layered = {"layers": record(_in_layers(two_messages), layers=True)}
    measure = partial(get_round, count=_REQUESTS)
    found = await added(measure, bare, layered, rounds=rounds)
    each = found["layers"].median / (_LAYERS * 2)
    return Row("record(layers=True), per layer and message", each, "ns", 1500)


def _in_layers(app: App) -> App:
    for _ in range(_LAYERS):
        app = _passing(app)
    return app


def _passing(app: App) -> App:
    async def passing(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return passing


async def _unsampled(rounds: int) -> Row:
    layered = {"record": record(two_messages, sample=0.0)}
    measure = partial(get_round, count=_REQUESTS)
    found = await added(measure, two_messages, layered, rounds=rounds)
    return Row("record, unsampled connection", found["record"].median / 1e3, "us", 1.0)
