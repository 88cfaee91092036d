"""Run ``asgi-mw run`` in a process of its own, and ask what it serves."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import httpx

from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAIN = [sys.executable, "-m", "asgi_mw"]
SERVERS = ("uvicorn", "granian", "hypercorn")
# Trusts nobody: httpx reads all authorities for each request otherwise, which takes the longest
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class Running:
    """One that serves.

    Attributes:
        url: Where.
        process: It.
        out: What it wrote to standard output; once it was stopped.
        err: What it wrote to standard error; once it was stopped.
    """

    url: str
    process: subprocess.Popen[str]
    out: str = ""
    err: str = ""

    def says(self, text: str) -> bool:
        """Whether it says *text* on standard error, from what was read of that so far on."""
        assert self.process.stderr is not None
        late = Timer(PATIENCE, self.process.kill)
        late.start()
        try:
            return any(text in line for line in self.process.stderr)
        finally:
            late.cancel()

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; its status."""
        self.process.send_signal(by)
        self.out, self.err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[Running]:
    """Run ``asgi-mw run`` until the block ends; gives it once it answers or has ended."""
    (port,) = free_ports(1)
    with started(*arguments, "--port", str(port), **environment) as it:
        it.url = f"http://127.0.0.1:{port}"
        eventually(lambda: it.process.poll() is not None or answer(it.url) is not None)
        yield it


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[Running]:
    """Run ``asgi-mw run`` until the block ends, wherever it listens."""
    command = [*MAIN, "run", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env=os.environ | environment
    ) as process:
        try:
            yield Running("", process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()


def after_change(file: Path, text: str, happened: Callable[[], Any]) -> Any:
    """What *happened* returns, once it is true, after *text* was written to *file*.

    A change before the reloader's first look is none to it, so the file is written again.
    """
    for _ in range(5):
        file.write_text(text)
        with suppress(AssertionError):
            return eventually(happened, PATIENCE / 4)
    raise AssertionError(f"{file.name} was changed, and nothing came of it")


def get(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """What the app says at *url*, on a connection of its own."""
    return httpx.get(
        url,
        headers={"connection": "close", **(headers or {})},
        trust_env=False,
        verify=_NO_TLS,
        timeout=PATIENCE,
    )


def answer(url: str) -> str | None:
    """What the app says; ``None`` where nobody listens."""
    try:
        return get(url).text
    except httpx.TransportError:
        return None


def eventually(happened: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What *happened* returns, once it is true."""
    deadline = monotonic() + seconds
    while not (result := happened()):
        assert monotonic() < deadline
        sleep(0.05)
    return result
