"""Serve several apps on loopback from one thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING

from asgi_mw.errors import AsgiMwError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asgi_mw.types import App

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
# Seconds that an open response, as that of a page that follows, may delay the end
_GRACE_SECONDS = 1


class ServingError(AsgiMwError):
    """The servers did not start; the message says what to do."""


@contextmanager
def serving(apps: Mapping[str, App], port: int) -> Iterator[dict[str, str]]:
    """Serve *apps* while the block runs, and give the address of each by its name.

    Leaving the block ends their lifespans.

    Args:
        apps: The apps by name.
        port: The port of the first app, the others get the next ones; 0 takes any free ones.

    Raises:
        ServingError: A port is in use, or a server does not start.
        MissingExtraError: uvicorn is not installed.
    """
    try:
        import uvicorn  # noqa: PLC0415  # an extra
    except ImportError:
        raise MissingExtraError("uvicorn", "cli") from None

    sockets = [_listening(port and port + place) for place in range(len(apps))]
    servers = [
        # What goes wrong in an app is recorded and shown by the layers
        uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="critical",
                lifespan="on",
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        for app in apps.values()
    ]

    async def serve() -> None:
        pairs = zip(servers, sockets, strict=True)
        await asyncio.gather(*[server.serve(sockets=[sock]) for server, sock in pairs])

    # Not in the main thread, where each server would take the signals from the others
    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="servers", daemon=True)
    thread.start()
    try:
        deadline = monotonic() + _START_SECONDS
        while not all(server.started for server in servers):
            if not thread.is_alive() or monotonic() > deadline:
                raise ServingError("a server did not start; serve its app alone: asgi-mw run APP")
            sleep(0.02)
        ports = [sock.getsockname()[1] for sock in sockets]
        yield {name: f"http://127.0.0.1:{at}" for name, at in zip(apps, ports, strict=True)}
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(_STOP_SECONDS)
        for sock in sockets:
            sock.close()


def _listening(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError as error:
        sock.close()
        raise ServingError(
            f"port {port} cannot be used ({error.strerror}); leave out --port for free ones"
        ) from None
    return sock
