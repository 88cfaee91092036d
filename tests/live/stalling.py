"""Clients that ask for a long stream, read nothing of it, and perhaps leave."""

from __future__ import annotations

import contextlib
import json
import socket
from time import monotonic, sleep
from typing import TYPE_CHECKING, TypedDict

from tests.live.servers import ask, get
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 10


class Facts(TypedDict):
    """What the app says: pieces, bytes, streams, and bytes of memory."""

    produced: int
    coded: int
    running: int
    resident: int


def facts(port: int, path: str = "/facts") -> Facts:
    """Ask the app what became of the streams; with the path ``/stop`` they end."""
    [answer] = ask(port, get(path))
    told: Facts = json.loads(answer.body)
    return told


@contextlib.contextmanager
def stalled(port: int, path: str, coding: str, clients: int = CLIENTS) -> Iterator[Facts]:
    """Hold streams open of which no client reads anything; they leave at the end of the block.

    Gives what was true when nothing moved any more.
    """
    before = facts(port)
    with contextlib.ExitStack() as stack:
        for _ in range(clients):
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", port))
            sock.sendall(get(path, b"Accept-Encoding: %s" % coding.encode()))
        yield _at_rest(port, before)


def over(port: int) -> Facts:
    """Wait until the app of no stream is running."""
    end = monotonic() + PATIENCE
    while (now := facts(port))["running"] and monotonic() < end:
        sleep(0.05)
    assert not now["running"]
    return now


def _at_rest(port: int, before: Facts) -> Facts:
    """Wait until something was coded, and then nothing for a while."""
    end = monotonic() + PATIENCE
    still, now = 0, before
    while still < 3 and monotonic() < end:
        sleep(0.1)
        seen, now = now, facts(port)
        still = still + 1 if now["coded"] == seen["coded"] != before["coded"] else 0
    return now
