"""The servers of the matrix: how each is started, what it speaks, and how it is stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from time import sleep
from typing import TYPE_CHECKING, Literal

from tests.matrix.clients.http1 import Http1
from tests.matrix.clients.http2 import Http2
from tests.matrix.clients.http3 import Http3
from tests.system import comes_to_listen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.matrix.clients import Client

_APP = "tests.matrix.serving:app"
# The longest that a server may take to stop with an open stream: they are set to wait 1 or 2 s
_STOPS = 10.0
_TLS = "--certfile {certificates}/server.pem --keyfile {certificates}/server.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One way to start a server.

    Attributes:
        name: As in the table.
        command: What follows ``python -m``, but for the app.
        packages: What it needs; the first is the server.
        speaks: The version of HTTP.
        hangs: The scenarios in which a client would wait for ever, so it waits less long.
    """

    name: str
    command: str
    packages: tuple[str, ...]
    speaks: Literal["1", "2", "3"] = "1"
    hangs: frozenset[str] = frozenset()

    @property
    def versions(self) -> str:
        """The installed versions of its packages."""
        return ", ".join(f"{name} {version(name)}" for name in self.packages)


_UVICORN = "uvicorn --host 127.0.0.1 --port {port} --no-access-log --timeout-graceful-shutdown 1"
_HYPERCORN = "hypercorn --graceful-timeout 1 --bind 127.0.0.1:{port}"
# It kills its worker after two: a recording shows what has been in flight for over a second
_GUNICORN = "gunicorn --workers 1 --graceful-timeout 2 --bind 127.0.0.1:{port}"
_ALL = (
    Server(
        name="uvicorn",
        command=f"{_UVICORN} --http httptools --ws websockets-sansio",
        packages=("uvicorn", "httptools", "websockets"),
    ),
    Server(
        name="uvicorn-h11",
        command=f"{_UVICORN} --http h11 --ws wsproto",
        packages=("uvicorn", "h11", "wsproto"),
    ),
    Server(
        name="granian",
        command="granian --interface asgi --host 127.0.0.1 --port {port} --workers 1 "
        "--workers-kill-timeout 2",
        packages=("granian",),
    ),
    Server(name="hypercorn", command=_HYPERCORN, packages=("hypercorn",)),
    Server(name="hypercorn-trio", command=f"{_HYPERCORN} -k trio", packages=("hypercorn", "trio")),
    Server(
        name="hypercorn-h2",
        command=f"{_HYPERCORN} {_TLS}",
        packages=("hypercorn", "h2"),
        speaks="2",
        hangs=frozenset({"hold"}),
    ),
    Server(
        name="hypercorn-h3",
        command=f"{_HYPERCORN} --quic-bind 127.0.0.1:{{port}} {_TLS}",
        packages=("hypercorn", "aioquic"),
        speaks="3",
        hangs=frozenset({"refused", "hold"}),  # over QUIC, nobody learns that the process is gone
    ),
    Server(
        name="daphne",
        command="daphne --verbosity 0 --bind 127.0.0.1 --port {port}",
        packages=("daphne", "twisted"),
    ),
    Server(name="gunicorn", command=f"{_GUNICORN} -k asgi", packages=("gunicorn",)),
    Server(
        name="gunicorn-uvicorn",
        command=f"{_GUNICORN} -k uvicorn_worker.UvicornWorker",
        packages=("gunicorn", "uvicorn-worker", "uvicorn"),
    ),
    Server(
        name="h2corn",
        command="h2corn --bind 127.0.0.1:{port} --timeout-graceful-shutdown 1",
        packages=("h2corn",),
    ),
    Server(
        name="mangum",
        command="tests.matrix.gateway {port}",
        packages=("mangum",),
        hangs=frozenset({"hold"}),
    ),
)
SERVERS: dict[str, Server] = {server.name: server for server in _ALL}
"""By name."""


class Running:
    """One server as a process."""

    def __init__(self, process: subprocess.Popen[bytes], connect: Callable[[], Client]) -> None:
        self._process = process
        self.connect = connect

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def ends(self) -> bool:
        """Whether it ends on its own, in time."""
        try:
            self._process.wait(_STOPS)
        except subprocess.TimeoutExpired:
            return False
        return True


@contextlib.contextmanager
def serving(
    server: Server, port: int, folder: Path, certificates: Path, environment: Mapping[str, str]
) -> Iterator[Running]:
    """Serve until the block ends; what the server prints goes to ``output`` in *folder*.

    Raises:
        OSError: It does not begin to listen.
    """
    command = server.command.format(port=port, certificates=certificates).split()
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", *command, _APP],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        try:
            if not comes_to_listen(port, process):
                raise OSError(f"{server.name} does not listen")
            yield Running(process, partial(_connect, server, port, certificates))
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and its workers, and wait until they are gone: their files are read after that."""
    with contextlib.suppress(ProcessLookupError):
        for _ in range(200):  # where nobody waits for them, they stay as zombies
            os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            sleep(0.01)


def _connect(server: Server, port: int, certificates: Path) -> Client:
    if server.speaks == "2":
        return Http2(port, certificates / "authority.pem")
    if server.speaks == "3":
        return Http3(port, certificates / "authority.pem")
    return Http1(port)
