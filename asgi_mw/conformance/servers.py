"""The servers that the kit knows: how each is started."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

PROBE = "asgi_mw.conformance.probe:app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One way to start a server.

    Attributes:
        name: As in ``--server``.
        command: With ``{python}``, ``{app}`` and ``{port}`` to be filled in.
        packages: What it needs.
    """

    name: str
    command: str
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [name for name in self.packages if find_spec(name.replace("-", "_")) is None]

    @property
    def versions(self) -> str:
        """The installed versions of its packages."""
        return ", ".join(f"{name} {_version(name)}" for name in self.packages)

    def line(self, app: str, port: int) -> list[str]:
        """The command for *app* on that port."""
        places = {"{python}": sys.executable, "{app}": app, "{port}": str(port)}
        words = shlex.split(self.command)
        for place, value in places.items():
            words = [word.replace(place, value) for word in words]
        return words


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(unknown)"


_ALL = (
    Server(
        name="uvicorn",
        command="{python} -m uvicorn --host 127.0.0.1 --port {port} --no-access-log "
        "--http httptools --ws websockets {app}",
        packages=("uvicorn", "httptools", "websockets"),
    ),
    Server(
        name="uvicorn-h11",
        command="{python} -m uvicorn --host 127.0.0.1 --port {port} --no-access-log "
        "--http h11 --ws wsproto {app}",
        packages=("uvicorn", "h11", "wsproto"),
    ),
    Server(
        name="granian",
        command="{python} -m granian --interface asgi --host 127.0.0.1 --port {port} "
        "--workers 1 {app}",
        packages=("granian",),
    ),
    Server(
        name="hypercorn",
        command="{python} -m hypercorn --bind 127.0.0.1:{port} {app}",
        packages=("hypercorn", "h2"),
    ),
    Server(
        name="daphne",
        command="{python} -m daphne -b 127.0.0.1 -p {port} {app}",
        packages=("daphne", "twisted"),
    ),
    Server(
        name="gunicorn",
        command="{python} -m gunicorn -k asgi --workers 1 --bind 127.0.0.1:{port} {app}",
        packages=("gunicorn",),
    ),
)
SERVERS: dict[str, Server] = {server.name: server for server in _ALL}
"""By name."""


def by_command(command: str) -> Server:
    """Any other server, by the command that starts it, named by its program or module.

    Raises:
        ValueError: It has no place for the app or for the port.

    >>> by_command("myserver {app} --port {port}").line("a:b", 8000)
    ['myserver', 'a:b', '--port', '8000']
    """
    for place in ("{app}", "{port}"):
        if place not in command:
            raise ValueError(f"it has no {place}; write it as: myserver {{app}} --port {{port}}")
    words = shlex.split(command)
    name = words[words.index("-m") + 1] if "-m" in words[:-1] else words[0]
    return Server(name=name.rsplit("/", 1)[-1], command=command)
