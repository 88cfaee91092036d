"""What ``asgi-mw run`` is to do: which app to serve how, and where to listen."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import Any

# Every process that serves is a new one, so what to serve comes in its environment
VARIABLE = "ASGI_MW_RUN"


@dataclass(frozen=True, slots=True)
class Served:
    """What a process has to know to make the app that the server gets.

    Attributes:
        target: The app, as ``"module:app"``.
        factory: It is a function that makes the app.
        app_dir: Where modules are looked for first; absolute.
        store: The folder to record to; absolute.
        otlp: The collector to send telemetry to; ``None`` for none.
        level: The least level to log, in lower case; ``None`` where nobody said one.
        access: Log each request.
        proxies: Whose ``X-Forwarded-*`` headers count: addresses, networks, ``"unix"``.
        page: Where the page with every message is; ``None`` for none.
        page_hosts: Names by which it may be called besides those of this machine.
        page_clients: Addresses of clients that may open it besides this machine.
        layers: Record between the layers as well.
        reload: The processes are replaced when the app changes.
    """

    target: str
    factory: bool
    app_dir: str
    store: str
    otlp: str | None
    level: str | None
    access: bool
    proxies: tuple[str, ...]
    page: str | None = None
    page_hosts: tuple[str, ...] = ()
    page_clients: tuple[str, ...] = ()
    layers: bool = False
    reload: bool = False

    def leave(self) -> None:
        """Put it into the environment of this process and of those that it starts."""
        os.environ[VARIABLE] = json.dumps(asdict(self))

    @classmethod
    def found(cls) -> Served:
        """What :meth:`leave` put there."""
        given: dict[str, Any] = json.loads(os.environ[VARIABLE])
        for name in ("proxies", "page_hosts", "page_clients"):
            given[name] = tuple(given[name])
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Listening:
    """How the server serves, whichever it is.

    Attributes:
        server: The name of the server.
        host: The address to listen on.
        port: The port.
        uds: The path of a Unix socket to listen on, in the place of *host* and *port*.
        workers: How many processes serve.
        reload: Restart whenever a file in *app_dir* changes.
        app_dir: Where the modules are; absolute.
        root_path: Where a proxy shows the app, as ``"/api"``.
        proxies: Whose ``X-Forwarded-*`` headers count, as in :class:`Served`.
        certfile: The TLS certificate with its chain; ``None`` for plain HTTP.
        keyfile: Its private key.
        password: The password of the key; empty if it has none.
        ca_certs: Clients need a certificate of one of these authorities; ``None``: they need none.
        level: The least level to log, in lower case; ``None`` where nobody said one.
    """

    server: str
    host: str
    port: int
    uds: str | None
    workers: int
    reload: bool
    app_dir: str
    root_path: str
    proxies: tuple[str, ...]
    certfile: str | None
    keyfile: str | None
    password: str
    ca_certs: str | None
    level: str | None
