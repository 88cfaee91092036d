"""What a server under load is: a process that ends with a block, and an app with a lifespan."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING, Any

from tests.system import PATIENCE, comes_to_listen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import Receive, Send


@contextlib.contextmanager
def listening(line: list[str], port: int, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run *line*, with *options* of ``Popen``, which comes to listen on *port*, during the block.

    Raises:
        RuntimeError: It does not.
    """
    with subprocess.Popen(line, **options) as process:
        try:
            if not comes_to_listen(port, process):
                raise RuntimeError(f"no server on port {port}: {process.args!r}")
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


async def live(receive: Receive, send: Send) -> None:
    """Start and shut down as a server asks for it."""
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": message["type"] + ".complete"})
    await send({"type": "lifespan.shutdown.complete"})
