"""Serve an app that lives in the test itself: uvicorn in a thread, on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvicorn.config import LoopFactoryType

    from asgi_mw.types import App


@contextlib.contextmanager
def served(app: App, loop: LoopFactoryType = "auto") -> Iterator[int]:
    """Serve *app*, without its lifespan, until the block ends; gives the port."""
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", timeout_graceful_shutdown=2, loop=loop
    )
    server = uvicorn.Server(config)
    # A socket that listens already holds connections until the server takes them: no race.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(timeout=PATIENCE)
    assert not thread.is_alive()
