"""Servers are examined side by side: what that takes is waiting, most of it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import pytest

from asgi_mw.conformance import process
from tests.system import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_ONCE = 5


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads to examine in; what did not begin when the last test is over never does."""
    lock = Lock()

    def free_port() -> int:
        # A proxy takes the next one for the server behind it
        with lock:
            return free_ports(2)[0]

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(_AT_ONCE) as threads:
        # Another server could be given the one that the system has just given to this one
        patch.setattr(process, "free_port", free_port)
        # The servers, which are started anywhere, import what is here
        patch.setenv("PYTHONPATH", os.fspath(Path(__file__).parents[2]))
        yield threads
        threads.shutdown(cancel_futures=True)
