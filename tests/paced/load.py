"""Send GETs at an even pace, from a process of its own: ``python -m tests.paced.load PORT``.

Each path ends with the clock of its sending, in ms since the epoch.  What cannot be sent because no
answer has come is sent as soon as one does.  The number of answers is printed now and then.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import deque
from time import perf_counter, time

_CONNECTIONS = 16
_TICK = 0.002
# What a browser's fetch sends
_HEADERS = b"""\
host: 127.0.0.1
user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0
accept: application/json
accept-language: en-GB,en;q=0.5
accept-encoding: gzip, deflate, br, zstd
referer: http://127.0.0.1/items
cookie: theme=dark; consent=1
"""
_REQUEST = b"GET /sent/%.2f HTTP/1.1\r\n" + _HEADERS.replace(b"\n", b"\r\n") + b"\r\n"
_END = b"\r\n\r\nok"


class Load:
    """So many requests a second, until *count* are answered or *seconds* are over.

    Args:
        pace: Requests a second; 0 sends the next on each answer.
        count: How many.
        seconds: How long at most.
        each: Print how many were answered after so many.
    """

    def __init__(self, pace: float, count: int, seconds: float, each: int) -> None:
        # In turns: a server closes what is idle for long
        self.idle: deque[_Client] = deque()
        self.answered = 0
        self.done = asyncio.Event()
        self.fault = ""
        self._pace, self._count, self._each = pace, count, each
        self._seconds = seconds
        self._sent = 0
        self._began = perf_counter()

    async def run(self, port: int) -> None:
        """Send all of it to *port*."""
        loop = asyncio.get_running_loop()
        for _ in range(_CONNECTIONS):
            await loop.create_connection(lambda: _Client(self), "127.0.0.1", port)
        self._began = perf_counter()
        while not self.done.is_set():
            self.go_on()
            await asyncio.sleep(_TICK)

    def go_on(self) -> None:
        """Send what is due by the connections that wait for nothing."""
        spent = perf_counter() - self._began
        due = min(self._count, int(spent * self._pace) if self._pace else self._count)
        if spent > self._seconds:
            due = 0
            if len(self.idle) == _CONNECTIONS:
                self.done.set()
        while self.idle and self._sent < due:
            self._sent += 1
            self.idle.popleft().ask()

    def take(self, client: _Client) -> None:
        """An answer is there: *client* may ask again."""
        self.idle.append(client)
        self.answered += 1
        if self.answered % self._each == 0:
            print(self.answered, flush=True)
        if self.answered == self._count:
            self.done.set()
        else:
            self.go_on()

    def fail(self, why: str) -> None:
        """It makes no sense to go on."""
        self.fault = self.fault or why
        self.done.set()


class _Client(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._load.idle.append(self)

    def ask(self) -> None:
        self._transport.write(_REQUEST % (time() * 1e3))

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._got.endswith(_END):
            return
        if self._got.startswith(b"HTTP/1.1 200"):
            self._got = b""
            self._load.take(self)
        else:
            self._load.fail(f"no answer: {self._got[:200]!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.done.is_set():
            self._load.fail("the server closed the connection")


async def _main() -> str:
    parser = argparse.ArgumentParser(prog="python -m tests.paced.load", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--pace", type=float, default=500.0, help="a second (%(default)s)")
    parser.add_argument("--count", type=int, default=sys.maxsize)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--each", type=int, default=sys.maxsize)
    options = parser.parse_args()
    load = Load(options.pace, options.count, options.seconds, options.each)
    await load.run(options.port)
    if load.answered % options.each:
        print(load.answered, flush=True)
    return load.fault


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()) or 0)
