"""A server as a process of its own on a free port of loopback: started, watched, ended by pid."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from time import sleep
from typing import TYPE_CHECKING

from asgi_mw.conformance.clock import left
from asgi_mw.conformance.probe import DRIVEN, LINE

if TYPE_CHECKING:
    from asgi_mw.conformance.clock import Clock
    from asgi_mw.conformance.servers import Server

_STARTS = 30.0
_TAIL = 1500


class StartError(Exception):
    """The server did not begin to listen."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


class Process:
    """One run of a server.

    Args:
        server: Which.
        app: The app that it serves, as ``module:name``.
        line: Where the app says what happens, see :data:`asgi_mw.conformance.probe.LINE`.
        clock: How long to wait.
        driven: Whether the kit drives the lifespan.
    """

    def __init__(
        self, server: Server, app: str, line: str, clock: Clock, *, driven: bool = False
    ) -> None:
        self._clock = clock
        self.port = free_port()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed as it ends
        environment = os.environ | {LINE: line, "PYTHONUNBUFFERED": "1"}
        if driven:
            environment[DRIVEN] = "1"
        command = server.line(app, self.port)
        try:
            # A session of its own, so that its workers can be ended with it
            self._process = subprocess.Popen(  # noqa: S603  # what the user asked for
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            self._log.close()
            raise StartError(f"{command[0]} cannot be started: {error.strerror}") from None

    @property
    def status(self) -> int | None:
        """The status with which it ended; ``None`` while it runs."""
        return self._process.poll()

    @property
    def tail(self) -> str:
        """The end of its output."""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(self._log.tell() - _TAIL, 0))
        return self._log.read().decode("utf-8", "replace").strip().replace("\n", " | ")

    @property
    def said(self) -> str:
        """All of its output."""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")

    def listens(self) -> bool:
        """Whether the server listens now."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def wait_until_it_listens(self, within: float = _STARTS) -> None:
        """Wait until the server listens, at most *within* seconds.

        Raises:
            StartError: It ends, or does not listen in time.
        """
        until = self._clock.until(within)
        while not self.listens():
            if self.status is not None:
                raise StartError(f"it ended with status {self.status}: {self.tail}")
            if left(until) <= 0.001:
                raise StartError(f"it does not listen after {within:g} s: {self.tail}")
            sleep(0.05)

    def wait(self, within: float | None = None) -> int | None:
        """The status with which it ends; ``None`` if it does not in time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(left(self._clock.until(within)))
        return None

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.status is None:
            self._process.terminate()

    def end(self) -> None:
        """End it, and its workers, whatever it does."""
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        if hasattr(os, "killpg"):  # not on Windows
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._log.close()
