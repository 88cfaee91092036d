"""How much a bad collector delays requests: ``python -m tests.otlp.latency [REQUESTS]``.

One server per kind of collector, all at the same time; each in turn is sent a request, so that
what else the machine does is felt by all of them.
"""

from __future__ import annotations

import http.client
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from tests.otlp.conftest import collecting
from tests.otlp.received import free_ports, receiving
from tests.otlp.test_received import served


def main(requests: int) -> None:
    """Print the median and the 99th percentile for each, in ms."""
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
        clients = {
            name: http.client.HTTPConnection(
                "127.0.0.1", stack.enter_context(served("starlette", url, folder / name))
            )
            for name, url in collectors.items()
        }
        took: dict[str, list[float]] = {name: [] for name in clients}
        for number in range(requests):
            for name, client in clients.items():
                began = perf_counter()
                client.request("GET", f"/api/users/{number}")
                client.getresponse().read()
                took[name].append((perf_counter() - began) * 1e3)
        for client in clients.values():
            client.close()
        ends = perf_counter()
    print(f"{requests} requests to each; the collector ...")
    for name, times in took.items():
        print(f"{name:12} median {median(times):.2f} ms, p99 {quantiles(times, n=100)[98]:.2f} ms")
    print(f"all servers stopped within {perf_counter() - ends:.1f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000)
