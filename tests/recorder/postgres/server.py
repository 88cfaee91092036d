"""A PostgreSQL of the tests' own: a free port, a folder, and a user who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import psutil
import psycopg

from tests import system
from tests.system import PATIENCE

# PostgreSQL refuses to run as root
_USERS = ("postgres", "nobody")
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}


class Server:
    """One server; ``close`` ends it by its process and removes its folder."""

    def __init__(self) -> None:
        self._postgres = system.command("postgres")
        self._user = _user()
        self.folder = Path(tempfile.mkdtemp(prefix="asgi-mw-postgres-", dir="/tmp"))
        [self.port] = system.free_ports(1)
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = (self.folder / "log").open("ab")
        data = str(self.folder / "data")
        initdb = str(Path(self._postgres).resolve().with_name("initdb"))
        quickly = ["--no-sync", "--no-instructions", "-A", "trust"]
        self._run([initdb, "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", *quickly])
        self.start()

    def url(self, database: str, user: str = "postgres") -> str:
        """The name of a database on it."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, options: str = "") -> str:
        """Make a database; its name as a store."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" {options}'.encode())
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove it, whoever is connected."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)'.encode())

    def spent(self) -> float:
        """The seconds of CPU that its processes took so far, those that ended among them."""
        assert self._process is not None
        process = psutil.Process(self._process.pid)
        times = []
        for one in process.children():
            with suppress(psutil.NoSuchProcess):  # it ended meanwhile
                times.append(one.cpu_times())
        own = process.cpu_times()
        ended = own.children_user + own.children_system
        return float(sum(one.user + one.system for one in [own, *times]) + ended)

    def start(self) -> None:
        """Begin, or begin again after :meth:`crash`, and wait until it answers."""
        settings = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": self.folder}
        options = [f"--{name}={value}" for name, value in settings.items()]
        line = [self._postgres, "-D", str(self.folder / "data"), *options]
        self._process = subprocess.Popen(
            line, stdout=self._log, stderr=self._log, user=self._user, cwd=self.folder
        )
        end = monotonic() + system.PATIENCE
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert monotonic() < end, "PostgreSQL does not answer"
                sleep(0.05)
            else:
                return

    def crash(self) -> None:
        """End at once, as a power cut does: the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """End it, and remove what it had."""
        self._end(signal.SIGINT)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def _run(self, line: list[str]) -> None:
        done = subprocess.run(
            line, user=self._user, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def _user() -> str | None:
    """Who is to run it; ``None`` for who runs the tests."""
    if os.geteuid() != 0:
        return None
    there = {one.pw_name for one in pwd.getpwall()}
    found = next((name for name in _USERS if name in there), None)
    if found is None:
        system.lacking("PostgreSQL does not run as root, and there is no user postgres or nobody")
    return found
