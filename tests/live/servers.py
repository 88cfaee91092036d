"""Real ASGI servers, each a process on loopback, and a client that sends bytes as they are."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import h11
import pytest

from tests.system import PATIENCE, comes_to_listen, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The command behind ``python -m``, given the address to listen on
COMMANDS = {
    "uvicorn-h11": "uvicorn --log-level critical --http h11 --host 127.0.0.1 --port {port}",
    "uvicorn-httptools": (
        "uvicorn --log-level critical --http httptools --ws wsproto --host 127.0.0.1 --port {port}"
    ),
    "hypercorn": "hypercorn --log-level critical --bind 127.0.0.1:{port}",
    "granian": (
        "granian --log-level critical --interface asgi --host 127.0.0.1 --port {port} --workers 1"
    ),
    "gunicorn": "gunicorn --log-level critical -k asgi --bind 127.0.0.1:{port}",
}
# For the tests that ask for them
_OTHERS = {
    "hypercorn-trio": COMMANDS["hypercorn"] + " -k trio",
    "daphne": "daphne --verbosity 0 --bind 127.0.0.1 --port {port}",
    "uvicorn-workers": "uvicorn --log-level critical --workers 2 --port {port}",
    "gunicorn-uvicorn": (
        "gunicorn --log-level critical -k uvicorn_worker.UvicornWorker -w 2 --bind 127.0.0.1:{port}"
    ),
}


class Answer(NamedTuple):
    """One response, as it came over the wire."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def all(self, name: bytes) -> list[bytes]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key == name]


@contextlib.contextmanager
def running(server: str, app: str, log: Path | None = None) -> Iterator[int]:
    """Serve ``module:name`` with one of the servers until the block ends; gives the port.

    What it prints goes to *log*, where it logs as it does by default.
    """
    (port,) = free_ports(1)
    command = {**COMMANDS, **_OTHERS}[server].format(port=port)
    if log is not None:
        command = command.replace("--log-level critical ", "")
    with (
        contextlib.nullcontext(subprocess.PIPE) if log is None else log.open("w") as out,
        subprocess.Popen(
            [sys.executable, "-m", *command.split(), app],
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # its workers end with it
        ) as process,
    ):
        try:
            _wait_for(server, port, process)
            yield port
        finally:
            process.terminate()
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(server: str, port: int, process: subprocess.Popen[str]) -> None:
    if comes_to_listen(port, process):
        return
    process.terminate()
    pytest.fail(f"{server} does not listen: {process.communicate()[0]}")


def ask(port: int, *requests: bytes) -> list[Answer]:
    """Send requests one after the other over one connection, and read as many answers.

    The bytes go out as they are, whether a client may send them or not.  The answers are read
    by the rules of HTTP/1.1: what is framed wrongly fails here.
    """
    answers = []
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
        reader = _Reader(sock)
        for request in requests:
            method, target = request.split(b" ", 2)[:2]
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(request)  # a server may answer and leave before it has read all
            answers.append(reader.answer(method, target))
        assert reader.rest() == b""
    return answers


def get(path: str, *lines: bytes, method: str = "GET") -> bytes:
    """Build a request from header lines, none of them looked at."""
    head = f"{method} {path} HTTP/1.1".encode()
    return b"\r\n".join((head, b"Host: api.example.test", *lines, b"", b""))


class _Reader:
    """Reads the answers of one connection with h11."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)

    def answer(self, method: bytes, target: bytes) -> Answer:
        """Read a whole response to a request of that method."""
        if self._h11.our_state is h11.DONE:
            self._h11.start_next_cycle()
        # Only tells h11 what to expect: a HEAD has no body
        self._h11.send(h11.Request(method=method, target=target, headers=[("host", "x")]))
        self._h11.send(h11.EndOfMessage())
        response, body = None, b""
        while True:
            event = self._h11.next_event()
            if event is h11.NEED_DATA:
                self._h11.receive_data(self._sock.recv(65536))
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                assert response is not None
                return Answer(response.status_code, list(response.headers), body)
            else:
                pytest.fail(f"no response: {event}")

    def rest(self) -> bytes:
        """What came beyond the answers."""
        return self._h11.trailing_data[0]
