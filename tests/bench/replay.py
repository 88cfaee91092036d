"""How many recorded exchanges a second are replayed in process, beside the bare wire."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from asgi_mw import open_store, record
from asgi_mw.replay import Replayer
from asgi_mw.testing import request
from tests.bench.report import Row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.events import Exchange
    from asgi_mw.types import App, Receive, Scope, Send

_EXCHANGES = 400
_SHARE = 0.5
_BODY = b'{"id": 7, "name": "Blue ceramic mug", "count": 2}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]
_ASKED = {"host": "shop.example", "accept": "application/json", "user-agent": "bench"}


async def rows(rounds: int) -> list[Row]:
    """Measure; a tenth of *rounds*, of four hundred requests, half of them with a body."""
    rounds = max(rounds // 10, 3)
    store = open_store("memory:")
    await _ask(record(_small, store=store))
    exchanges = [*store.exchanges()][::-1]
    async with Replayer(_small, lifespan=False) as replayer:

        async def replay() -> None:
            for one in exchanges:
                await replayer.replay(one)

        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "replayed": replay,
            "wire": lambda: _ask(_small),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            for name in sorted(ways, reverse=bool(number % 2)):
                began = perf_counter()
                await ways[name]()
                rates[name].append(_EXCHANGES / (perf_counter() - began))
        sound = not await _differing(replayer, exchanges)
    ours, bare = (found[1:] for found in rates.values())  # the first warms up
    share = median(one / other for one, other in zip(ours, bare, strict=True))
    parts: dict[str, float] = {
        f"{name} [/s]": round(median(found[1:])) for name, found in rates.items()
    }
    name = f"replay of {_EXCHANGES} exchanges, share of the wire's rate"
    return [Row(name, share, "x", _SHARE, least=True, sound=sound, parts=parts)]


async def _ask(app: App) -> None:
    for number in range(_EXCHANGES):
        body = b'{"count": 1}' if number % 2 else b""
        method = "POST" if number % 2 else "GET"
        await request(app, method, f"/items/{number}?page=2", headers=_ASKED, body=body)


async def _differing(replayer: Replayer, exchanges: list[Exchange]) -> bool:
    return any([(await replayer.replay(one)).differences() for one in exchanges])


async def _small(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})
