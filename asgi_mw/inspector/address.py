"""The address to open, and where the server listens, as far as it tells."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope


def page_address(base: str, path: str, token: str) -> str:
    """The address that opens the page; no browser sends what stands behind the ``#``.

    >>> page_address("http://127.0.0.1:8000", "/__asgi__", "s3cret")
    'http://127.0.0.1:8000/__asgi__/enter#token=s3cret'
    """
    return f"{base}{path}/enter#token={token}"


def base_of(host: str, port: int, *, secure: bool = False) -> str:
    """Where a browser on this machine finds what listens on *host* and *port*.

    >>> base_of("0.0.0.0", 8000), base_of("::1", 443, secure=True)
    ('http://127.0.0.1:8000', 'https://[::1]')
    """
    try:
        address = ip_address(host)
    except ValueError:
        name = host
    else:
        if address.is_unspecified:  # all of them
            address = ip_address("127.0.0.1" if address.version == 4 else "::1")
        name = f"[{address}]" if address.version == 6 else str(address)
    usual = port == (443 if secure else 80)
    return f"http{'s' if secure else ''}://{name}" + ("" if usual else f":{port}")


def base_of_server(receive: Receive) -> str | None:
    """Where the server listens whose lifespan gave *receive*; ``None`` where it does not tell.

    That is a method of what has the server's settings, for uvicorn and hypercorn.
    """
    config: Any = getattr(getattr(receive, "__self__", None), "config", None)
    host, port = getattr(config, "host", None), getattr(config, "port", None)
    if isinstance(host, str) and isinstance(port, int) and port and not config.uds:
        return base_of(host, port, secure=bool(getattr(config, "is_ssl", False)))
    binds = getattr(config, "bind", None)
    if isinstance(binds, list) and binds and isinstance(binds[0], str):
        host, _, said = binds[0].rpartition(":")
        if host and host != "unix" and said.isdigit() and int(said):
            secure = bool(getattr(config, "ssl_enabled", False))
            return base_of(host.strip("[]"), int(said), secure=secure)
    return None


def base_of_request(scope: Scope) -> str | None:
    """Where the server listens that made the scope of a request."""
    match scope.get("server"):
        case [str(host), int(port)]:
            return base_of(host, port, secure=scope.get("scheme") == "https")
        case _:
            return None


def is_first(receive: Receive) -> bool:
    """Whether this is the only worker of the server, or the first of several."""
    from multiprocessing.process import current_process  # noqa: PLC0415  # asked once

    config: Any = getattr(getattr(receive, "__self__", None), "config", None)
    workers = getattr(config, "workers", 1)
    return workers in {0, 1} or current_process().name.rpartition("-")[2] in {"1", "MainProcess"}
