"""Requests a second of real servers: the bare app, ``production()``, and the usual assembly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from importlib.util import find_spec
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import asgi_mw.logs
from asgi_mw import production
from tests.bench.layers import nowhere
from tests.bench.production import ORIGINS, usual
from tests.bench.report import Row
from tests.bench.traffic import HEADERS, two_messages
from tests.paced.process import listening, live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import App, Receive, Scope, Send

SERVERS = {
    "uvicorn": "uvicorn --log-level critical --no-access-log --host 127.0.0.1 --port {port}",
    "granian": (
        "granian --log-level critical --interface asgi --host 127.0.0.1 --port {port} --workers 1"
    ),
}
_APPS = {"bare": "bare", "production": "layered", "assembly": "assembled"}
_CONNECTIONS = 16
_REQUEST = b"\r\n".join((b"GET /items/7?page=2 HTTP/1.1", *HEADERS, b"", b""))


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """The bare app, for a server to import."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    await two_messages(scope, receive, send)


def __getattr__(name: str) -> App:
    """Make the app that a server imports, in the process of that server only."""
    if name == "layered":
        asgi_mw.logs.configure(format="json", stream=nowhere())
        return production(bare, allow_origins=ORIGINS)
    if name == "assembled":
        return usual(bare)
    raise AttributeError(name)


async def rows(rounds: int) -> list[Row]:
    """Measure each server with each app, in turns of a second; *rounds* / 100 turns."""
    table = []
    for server, command in SERVERS.items():
        if find_spec(server) is None:
            print(f"{server} is not installed here: left out.", file=sys.stderr)
            continue
        with contextlib.ExitStack() as started:
            ports = {
                name: started.enter_context(_running(command, app)) for name, app in _APPS.items()
            }
            seen: dict[str, list[float]] = {name: [] for name in ports}
            for _ in range(max(1, rounds // 100)):
                for name, port in ports.items():
                    seen[name].append(await _requests(port))
        parts = {f"{name} [/s]": float(round(median(found))) for name, found in seen.items()}
        table.append(Row(f"{server}, production()", median(seen["production"]), "/s", parts=parts))
    return table


@contextlib.contextmanager
def _running(command: str, app: str) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    target = f"tests.bench.serving:{app}"
    arguments = [sys.executable, "-m", *command.format(port=port).split(), target]
    with listening(arguments, port, stdout=subprocess.DEVNULL):
        yield port


async def _requests(port: int) -> float:
    """Answers in one second, over kept connections that ask again after each answer."""
    loop = asyncio.get_running_loop()
    began = perf_counter()
    clients = [
        (await loop.create_connection(lambda: _Client(began + 1), "127.0.0.1", port))[1]
        for _ in range(_CONNECTIONS)
    ]
    answers = [await client.done for client in clients]
    return sum(answers) / (perf_counter() - began)


class _Client(asyncio.Protocol):
    """One connection; ``done`` gives how many answers it had by its time."""

    def __init__(self, until: float) -> None:
        self._until = until
        self._answers = 0
        self._got = b""
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._got.endswith(b"\r\n\r\nok"):  # the whole body of the bare app
            return
        if not self._got.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(f"no answer: {self._got[:200]!r}"))
            return
        self._got = b""
        self._answers += 1
        if perf_counter() < self._until:
            self._transport.write(_REQUEST)
        else:
            self.done.set_result(self._answers)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError("the server closed the connection"))
