"""A server with the page, the load on it, and the page in a browser: each a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from asgi_mw.inspector.address import page_address
from asgi_mw.inspector.mounting import PATH
from asgi_mw.inspector.token import VARIABLE
from tests.browser.browsers import chromium
from tests.browser.visitor import Visitor
from tests.paced.process import listening
from tests.system import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.page import Page

ROOT = Path(__file__).resolve().parents[2]
_TOKEN = "a-token-that-everybody-knows"
# What the page hears of the feed, beside what it does with it
_LISTEN = """() => {
    window.heard = {rows: 0, missed: 0};
    window.EventSource = class extends EventSource {
        constructor(url) {
            super(url);
            this.addEventListener("rows",
                event => window.heard.rows += JSON.parse(event.data).rows.length);
            this.addEventListener("gap",
                event => window.heard.missed += JSON.parse(event.data).missed);
        }
    };
}"""

# Whether so many came to the page since it was opened, or are known to have been left out
HEARD = "count => window.heard.rows + window.heard.missed >= count"


class Served:
    """A server that runs.

    Args:
        port: Where it listens.
        process: It.
    """

    def __init__(self, port: int, process: psutil.Process) -> None:
        self.port = port
        self.process = process
        self.address = page_address(f"http://127.0.0.1:{port}", PATH, _TOKEN)

    @property
    def resident(self) -> int:
        """The memory that it takes, in bytes."""
        return int(self.process.memory_info().rss)

    @property
    def spent(self) -> float:
        """The processor's seconds that it took so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def load(self, **options: float) -> subprocess.Popen[str]:
        """Begin to send requests, see :mod:`tests.paced.load`; prints how many were answered."""
        line = [sys.executable, "-m", "tests.paced.load", str(self.port)]
        line += [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT)


@contextlib.contextmanager
def served(name: str) -> Iterator[Served]:
    """Serve the app called *name* with uvicorn until the block ends."""
    (port,) = free_ports(1)
    line = [sys.executable, "-m", "uvicorn", f"tests.paced.app:{name}", "--port", str(port)]
    line += ["--no-access-log", "--log-level", "warning"]
    environment = {**os.environ, VARIABLE: _TOKEN}
    with listening(line, port, cwd=ROOT, env=environment) as process:
        yield Served(port, psutil.Process(process.pid))


@contextlib.contextmanager
def visiting() -> Iterator[Visitor]:
    """Come to Chromium with a profile of one's own, until the block ends."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        visitor = Visitor(browser, Path(folder, "picture"), Path(folder))
        browser.connection.command(
            "script.addPreloadScript", functionDeclaration=_LISTEN, userContexts=[visitor.profile]
        )
        yield visitor
        visitor.leave()


def opened(visitor: Visitor, address: str, height: int = 800) -> Page:
    """The list at *address*, live: what happens from now on is shown."""
    page = visitor.open(address, height=height)
    until_live(page)
    return page


def until_live(page: Page) -> None:
    """Wait until the list says that it is live."""
    page.wait_for("""[...document.querySelectorAll("[role=status]")]
        .some(status => status.textContent === "Live")""")
