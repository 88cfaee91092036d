"""What the tests need of the system beside Python: browsers, Prometheus, PostgreSQL, curl, shells.

``python -m tests.system`` installs what is missing, where it may: root on Debian.  Elsewhere it
says what is missing, and the tests that need it are skipped with the same sentence; with ``CI``
in the environment they fail instead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from itertools import count, islice
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

PATIENCE = 120.0  # seconds
_RANGE = 2_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 5
_first = 20_000 + _worker * _RANGE
# Those that this process was given, with the open file that keeps them from every other one
_reserved: dict[int, int] = {}
_ports = (_first + (os.getpid() * 37 + step) % _RANGE for step in count())

# The command, and the Debian package that brings it
PACKAGES = {
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
    "curl": "curl",
    "firefox-esr": "firefox-esr",
    "fish": "fish",
    "postgres": "postgresql",
    "prometheus": "prometheus",
    "zsh": "zsh",
}


def command(name: str) -> str:
    """The path of *name*; where it is not installed, the test is skipped, and in CI it fails."""
    path = which(name)
    if path is None:
        lacking(_missing([name]))
    return path


def which(name: str) -> str | None:
    """The path of *name*, if it is installed: Debian has PostgreSQL's commands beside the path."""
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(beside[-1]) if beside else None)


def lacking(why: str) -> NoReturn:
    """Skip the test that cannot run here; with ``CI`` in the environment it fails instead."""
    if "CI" in os.environ:
        pytest.fail(why)
    pytest.skip(why)


def free_ports(number: int) -> list[int]:
    """Find ports that nobody listens on, and that neither the system nor another test gives away.

    Systems give connections and servers that ask for any port one from 32,768 or 49,152 on.  Each
    process of pytest-xdist has a range of its own below that; where two runs share one, what is
    given to one of them is not given to the other.
    """
    return list(islice((port for port in _ports if _is_free(port)), number))


def _is_free(port: int) -> bool:
    if port not in _reserved and not _reserve(port):
        return False
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _reserve(port: int) -> bool:
    """Whether no other process has *port*; then it is of this one, to its end."""
    folder = Path(tempfile.gettempdir()) / f"asgi-mw-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    file = os.open(folder / str(port), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    _reserved[port] = file
    return True


def listens(port: int) -> bool:
    """Whether somebody does, on loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def comes_to_listen(port: int, process: subprocess.Popen[Any]) -> bool:
    """Whether *process* is listened to before it ends, and within what a busy machine needs."""
    end = monotonic() + PATIENCE
    while not (there := listens(port)) and process.poll() is None and monotonic() < end:
        sleep(0.05)
    return there


def install(names: Iterable[str] = PACKAGES) -> None:
    """Install what is missing of *names* with apt-get, or say what is."""
    missing = [name for name in names if which(name) is None]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(_missing(missing), file=sys.stderr)
        return
    packages = [PACKAGES.get(name, name) for name in missing]
    print(f"installing {', '.join(packages)} ...", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    get = ["apt-get", "-qq", "-o", "Acquire::Retries=3"]
    subprocess.run([*get, "update"], env=quiet, check=False)
    line = [*get, "install", "--no-install-recommends", "-y", *packages]
    done = subprocess.run(line, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr, _missing(missing), sep="\n", file=sys.stderr)


def _missing(names: list[str]) -> str:
    packages = " ".join(PACKAGES.get(name, name) for name in names)
    return f"{', '.join(names)} not found; on Debian: apt-get install {packages}"


if __name__ == "__main__":
    install()
