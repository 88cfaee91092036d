"""A thousand WebSockets on one server: what each holds, and what a message costs."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect

from tests.bench.servers.load import running

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

CONNECTIONS = 1_000
_MESSAGES = 20
_AT_ONCE = 100
_TEXT = "a message of some thirty bytes"


@dataclass(frozen=True, slots=True)
class Sockets:
    """The figures of a thousand WebSockets.

    Attributes:
        memory: Bytes that each holds while it is open.
        rate: Messages a second, of all together, there and back.
        cpu: What the server spent on one message, in us.
    """

    memory: float
    rate: float
    cpu: float


async def held(server: str, app: str) -> Sockets:
    """Open them, send each some messages, and close them."""
    with running(server, app) as one:
        async with connect(f"ws://127.0.0.1:{one.port}/", compression=None) as first:
            await _talk(first, 1)
        before = one.memory()
        opened: list[ClientConnection] = []
        try:
            for _ in range(CONNECTIONS // _AT_ONCE):
                made = [
                    connect(f"ws://127.0.0.1:{one.port}/", compression=None, ping_interval=None)
                    for _ in range(_AT_ONCE)
                ]
                opened += await asyncio.gather(*made)
            await asyncio.gather(*(_talk(client, 1) for client in opened))
            memory = (one.memory() - before) / CONNECTIONS
            spent, began = one.cpu(), perf_counter()
            await asyncio.gather(*(_talk(client, _MESSAGES) for client in opened))
            messages = CONNECTIONS * _MESSAGES
            rate = messages / (perf_counter() - began)
            cpu = (one.cpu() - spent) / messages * 1e6
        finally:
            await asyncio.gather(*(client.close() for client in opened), return_exceptions=True)
    return Sockets(memory, rate, cpu)


async def _talk(client: ClientConnection, messages: int) -> None:
    for _ in range(messages):
        await client.send(_TEXT)
        if await client.recv() != _TEXT:
            sys.exit("the echo is another one")
