"""How much sending telemetry delays requests: ``python -m tests.otlp.latency [SECONDS] [RUNS]``.

For each kind of collector two servers run side by side, one that sends to it and one that sends
nothing, and are asked in turn, so that both feel what else the machine does.  Requests leave by
the clock, whether or not those before are answered; each is timed from when it was due.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING

from tests.otlp.conftest import collecting
from tests.otlp.received import receiving
from tests.otlp.test_received import served
from tests.system import free_ports

if TYPE_CHECKING:
    from collections.abc import Mapping

RATE = 200  # requests per second, to each server
_REQUEST = b"GET /api/users/%d HTTP/1.1\r\nhost: shop\r\n\r\n"


class Client(asyncio.Protocol):
    """One connection to a server, with at most one request on its way."""

    def __init__(self, idle: deque[Client], took: list[float]) -> None:
        self.transport: asyncio.WriteTransport | None = None
        self._idle, self._took, self._due = idle, took, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready for requests."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        self._idle.append(self)

    def ask(self, number: int, due: float) -> None:
        """Send a request that was to leave at *due*."""
        assert self.transport is not None
        self._due = due
        self.transport.write(_REQUEST % number)

    def data_received(self, data: bytes) -> None:
        """Note how long it took; the answer is one word, and comes at the end."""
        if b"\r\n\r\nuser " in data or data.startswith(b"user "):
            self._took.append((perf_counter() - self._due) * 1e3)
            self._idle.append(self)


async def drive(ports: Mapping[str, int], seconds: float) -> dict[str, list[float]]:
    """Ask each server at `RATE`, in turn; gives how long it took, in ms."""
    loop = asyncio.get_running_loop()
    took: dict[str, list[float]] = {name: [] for name in ports}
    idle: dict[str, deque[Client]] = {name: deque() for name in ports}
    clients: list[Client] = []
    for name, port in ports.items():
        for _ in range(64):
            made = lambda name=name: Client(idle[name], took[name])  # noqa: E731  # as it is now
            clients.append((await loop.create_connection(made, "127.0.0.1", port))[1])
    began = perf_counter()
    for number in range(int(seconds * RATE * len(ports))):
        due = began + number / (RATE * len(ports))
        if (early := due - perf_counter()) > 0:
            await asyncio.sleep(early)
        name = list(ports)[number % len(ports)]
        idle[name].popleft().ask(number, due)  # that many are never late at once
    await asyncio.sleep(1)
    for client in clients:
        assert client.transport is not None
        client.transport.close()
    return took


def run(collector: str, folder: Path, seconds: float) -> dict[str, list[float]]:
    """Serve beside each other, with the collector and without."""
    with ExitStack() as stack:
        nothing = {"OTEL_SDK_DISABLED": "true"}
        ports = {
            "alone": stack.enter_context(served("starlette", "", folder / "alone", **nothing)),
            "sends": stack.enter_context(served("starlette", collector, folder / "sends")),
        }
        asyncio.run(drive(ports, 2))  # whatever happens once, happened
        return asyncio.run(drive(ports, seconds))


def p99(times: list[float]) -> float:
    """The time within which 99 % were answered."""
    return quantiles(times, n=100)[98]


def main(seconds: float, runs: int) -> None:
    """Print the medians and the 99th percentiles, in ms, and how much the latter grew."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))  # nobody accepts
        collectors = {
            "answers": stack.enter_context(receiving(folder)).url,
            "is dead": f"http://127.0.0.1:{free_ports(1)[0]}",
            "hangs": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "answers 500": stack.enter_context(collecting(500)).url,
            "answers 503": stack.enter_context(collecting(503)).url,
        }
        print(f"{runs} runs of {seconds:g} s, {RATE} requests/s to each server; the collector ...")
        for name, url in collectors.items():
            seen = [run(url, folder, seconds) for _ in range(runs)]
            grew = [p99(one["sends"]) - p99(one["alone"]) for one in seen]
            typical = {
                who: tuple(median(figure(one[who]) for one in seen) for figure in (median, p99))
                for who in ("alone", "sends")
            }
            print(
                f"{name:12} median %.2f -> %.2f, p99 %.2f -> %.2f ms"
                % (*_pairs(typical["alone"], typical["sends"]),),
                f"p99 grew by {median(grew):.2f} ({min(grew):.2f} to {max(grew):.2f}),",
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


def _pairs(alone: tuple[float, ...], sends: tuple[float, ...]) -> list[float]:
    return [value for pair in zip(alone, sends, strict=True) for value in pair]


if __name__ == "__main__":
    seconds_given, runs_given = (sys.argv[1:] + ["10", "5"][len(sys.argv) - 1 :])[:2]
    main(float(seconds_given), int(runs_given))
