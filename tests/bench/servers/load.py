"""One load on a server: wrk's figures, and what the server's process spent meanwhile."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from tests.bench.traffic import HEADERS
from tests.paced.process import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERS = {
    "uvicorn": "uvicorn --log-level critical --no-access-log --host 127.0.0.1 --port {port}",
    "uvicorn, logging": "uvicorn --log-level info --access-log --host 127.0.0.1 --port {port}",
    "granian": (
        "granian --log-level critical --interface asgi --host 127.0.0.1 --port {port} --workers 1"
    ),
}
# Without the header connection: the server decides whether to keep it
_SENT = [one.decode() for one in HEADERS if not one.startswith((b"host:", b"connection:"))]
_LATENCY = re.compile(r"^\s+(50|99)%\s+([0-9.]+)(us|ms|s|m)$", re.MULTILINE)
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
_FAULTS = re.compile(r"Socket errors:.*|Non-2xx or 3xx responses:.*")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one load.

    Attributes:
        rate: Requests a second.
        p50: Half of them took no longer, in ms.
        p99: All but one in a hundred.
        cpu: What the server's processes spent on one request, in us.
    """

    rate: float
    p50: float
    p99: float
    cpu: float


class Server:
    """A server that runs.

    Attributes:
        port: Where it listens, on loopback.
    """

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self._processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of CPU that its processes took so far."""
        times = [process.cpu_times() for process in self._processes]
        return sum(one.user + one.system for one in times)

    def memory(self) -> int:
        """Bytes of memory that its processes hold."""
        return sum(int(process.memory_info().rss) for process in self._processes)


@contextlib.contextmanager
def running(server: str, app: str) -> Iterator[Server]:
    """Serve *app* by *server*, with one worker, during the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    words = SERVERS[server].format(port=port).split()
    line = [sys.executable, "-m", *words, f"tests.bench.servers.apps:{app}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with listening(line, port, **quiet) as process:
        yield Server(port, process.pid)


def wrk(
    server: Server,
    *,
    seconds: float,
    connections: int = 16,
    query: str = "",
    headers: int = 0,
) -> Figures:
    """Ask *server* as fast as it answers.

    Args:
        server: The server to ask.
        seconds: How long.
        connections: How many are kept, each with one request at a time.
        query: Of the path.
        headers: How many to send beside those of a browser.

    Raises:
        RuntimeError: There is no wrk, or a request failed.
    """
    path = shutil.which("wrk")
    if path is None:
        raise RuntimeError("wrk not found; on Debian: apt-get install wrk")
    more = [f"x-more-{number}: a value of some length" for number in range(headers)]
    options = [word for one in (*_SENT, *more) for word in ("-H", one)]
    line = [path, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", *options]
    before = server.cpu()
    url = f"http://127.0.0.1:{server.port}/items/7{query}"
    done = subprocess.run([*line, url], capture_output=True, text=True, check=True)
    spent = server.cpu() - before
    count, rate, p50, p99 = read(done.stdout)
    return Figures(rate, p50, p99, spent / count * 1e6)


def read(said: str) -> tuple[int, float, float, float]:
    """What wrk *said*: how many requests, how many a second, and two percentiles in ms.

    Raises:
        RuntimeError: A request failed.
    """
    if fault := _FAULTS.search(said):
        raise RuntimeError(f"{fault[0]} in {said}")
    count = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    times = {name: float(value) * _UNITS[unit] for name, value, unit in _LATENCY.findall(said)}
    if count is None or rate is None or len(times) < 2:
        raise RuntimeError(f"wrk says something else: {said}")
    return int(count[1]), float(rate[1]), times["50"], times["99"]
