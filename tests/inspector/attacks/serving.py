"""A real server with the page, whose token the test knows."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.system import PATIENCE, comes_to_listen, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-token-of-tests-that-opens-nothing-else"
_COMMANDS = {
    "hypercorn": "hypercorn --log-level critical --bind 127.0.0.1:{port} {app}",
    "uvicorn": "uvicorn --log-level critical --port {port} {app}",
}


@dataclass(frozen=True)
class Target:
    """A server with a page.

    Attributes:
        base: Where it listens.
    """

    base: str

    @property
    def page(self) -> str:
        """The page, for a browser that has entered."""
        return f"{self.base}/__asgi__/"

    @property
    def address(self) -> str:
        """The address that is printed."""
        return f"{self.page}enter#token={TOKEN}"


@contextmanager
def serving(server: str, app: str, store: Path) -> Iterator[Target]:
    """Serve *app*, ``module:name``, while the block runs; it records into ``PAGE_STORE``."""
    (port,) = free_ports(1)
    words = _COMMANDS[server].format(port=port, app=app).split()
    environment = {**os.environ, "PAGE_STORE": str(store), "ASGI_MW_INSPECTOR_TOKEN": TOKEN}
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        try:
            assert comes_to_listen(port, process)
            yield Target(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()
