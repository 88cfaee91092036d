"""The reports that the pages about the watchdog show are those that it prints today."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from tests.docs.transcript import ROOT, alike
from tests.live.servers import ask, get
from tests.system import PATIENCE, comes_to_listen, free_ports

if TYPE_CHECKING:
    from pathlib import Path

# What differs from one run to the next, besides what differs on every page
_KINDS = (
    (r"(\w+_ms)=[0-9.]+", r"\1=0"),
    (r"pid=[0-9]+", "pid=0"),
    (r"…[0-9a-f]{7}\b", "…0000000"),
    (r"Task-[0-9]+", "Task-0"),
    (r"… [0-9]+ frames", "… 0 frames"),
)


def kind(text: str) -> str:
    """*text* without what differs."""
    for pattern, instead in _KINDS:
        text = re.sub(pattern, instead, text)
    return text


@pytest.mark.parametrize(
    ("page", "request_line", "asks"),
    [
        pytest.param("what-blocks-the-event-loop", "GET /report/2026", False, id="blocks"),
        pytest.param("what-was-the-worker-doing", "POST /orders/7/ship", True, id="hangs"),
    ],
)
def test_a_page_shows_what_is_logged(
    page: str,
    request_line: str,
    asks: bool,  # noqa: FBT001  # a parameter of the test
    tmp_path: Path,
) -> None:
    """Of the app on the page, under uvicorn."""
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    module = re.search(r"^```python\n# shop\.py\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert module is not None
    (tmp_path / "shop.py").write_text(module[1], "utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    log = tmp_path / "log"
    (port,) = free_ports(1)
    method, path = request_line.split()
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "shop:app", "--port", str(port)],
            cwd=tmp_path,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        assert comes_to_listen(port, process)
        threading.Thread(
            target=_ask, args=(port, get(path, b"Content-Length: 0", method=method)), daemon=True
        ).start()
        end = monotonic() + PATIENCE
        while True:
            said = log.read_text("utf-8").replace(f"{tmp_path}/", "/srv/")
            if all(_shows(said, block) for block in blocks):
                return
            assert monotonic() < end, said
            if asks:
                os.kill(process.pid, signal.SIGUSR1)
            sleep(0.3)
    finally:
        process.kill()
        process.wait(PATIENCE)


def _ask(port: int, request: bytes) -> None:
    """Make a request whose answer nobody needs."""
    with contextlib.suppress(Exception):  # the server ends before it answers
        ask(port, request)


def _shows(said: str, block: str) -> bool:
    """Whether the lines of *block* are among those that were said."""
    lines, shown = kind(said).splitlines(), kind(block).splitlines()
    return any(
        alike(shown, "\n".join(lines[at : at + len(shown)]))
        for at in range(len(lines) - len(shown) + 1)
    )
