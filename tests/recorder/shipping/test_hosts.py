"""Two hosts, which share nothing but a database: each has its name and its network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner

from asgi_mw import open_store
from asgi_mw.cli import group
from asgi_mw.recorder.query import Query
from tests.system import PATIENCE, lacking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.recorder.postgres.server import Server

pytestmark = pytest.mark.slow
HOSTS = ("web-1", "web-2")
# Names itself, and goes on as uvicorn
BOOT = """
import os, socket, sys
socket.sethostname(sys.argv[1])
os.execv(sys.executable, [sys.executable, "-m", "uvicorn", *sys.argv[2:]])
"""


def namespaces() -> list[str]:
    """The command that runs another in a host of its own, as far as Linux can make one."""
    command = shutil.which("unshare")
    if command is None:
        lacking("there are no namespaces without unshare, of util-linux")
    line = [command, "--uts", "--net", *(["--user", "--map-root-user"] if os.geteuid() else [])]
    tried = subprocess.run([*line, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        lacking(f"no namespaces can be made here: {tried.stderr.strip()}")
    return line


@contextmanager
def host(name: str, folder: Path, history: str) -> Iterator[httpx.Client]:
    """A host that serves, records and ships; its clients come by a socket in *folder*."""
    folder.mkdir()
    uds = folder / "socket"
    served = ["tests.recorder.shipping.served_app:app", "--uds", str(uds), "--log-level", "error"]
    where = {"SERVED_STORE": str(folder / "traffic"), "SERVED_HISTORY": history}
    line = [*namespaces(), sys.executable, "-c", BOOT, name, *served]
    root = Path(__file__).parents[3]
    with subprocess.Popen(line, cwd=root, env=os.environ | where) as process:
        try:
            end = monotonic() + PATIENCE
            while not uds.exists():
                assert process.poll() is None
                assert monotonic() < end
                sleep(0.05)
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(uds)), timeout=30) as client:
                yield client
        finally:
            process.kill()


def test_two_hosts_are_in_one_list(tmp_path: Path, server: Server, address: str) -> None:
    """In the order of time, each exchange with its host."""
    # A network of its own has nothing in it; a socket is a file
    database = address.rpartition("/")[2]
    history = f"postgresql://postgres@/{database}?host={server.folder}&port={server.port}"
    expected = []
    with ExitStack() as stack:
        clients = {
            name: stack.enter_context(host(name, tmp_path / name, history)) for name in HOSTS
        }
        for number in range(3):
            for name, client in clients.items():
                assert client.get(f"http://shop.test/{number}").status_code == 204
                expected.append((name, f"/{number}"))
        store, end = open_store(address), monotonic() + PATIENCE
        found: list[tuple[str, str]] = []
        while len(found) < len(expected):
            assert monotonic() < end
            sleep(0.05)
            found = [(row.host, row.path) for row in store.rows(Query(type="http"))][::-1]
    assert found == expected
    ls = ["ls", "--store", address, "type:http"]
    done = CliRunner().invoke(group, ls, catch_exceptions=False)
    head, *lines = done.stdout.splitlines()
    assert "WORKER" in head
    shown = [next(name for name in HOSTS if name in line) for line in lines]
    assert shown == [name for name, _ in expected]
    only = CliRunner().invoke(group, [*ls, "worker:web-2"], catch_exceptions=False)
    assert len(only.stdout.splitlines()) == 1 + 3
