"""Print the memory of an event stream that is held open, bare and encoded, in KiB."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from asgi_mw import compression
from tests.bench.traffic import give, scope_of, take

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

_STREAMS = 1_000


async def _main(coding: str) -> None:
    leave = asyncio.Event()

    async def held_open(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        event = b'data: {"price": 12.5, "symbol": "ABC", "at": "2026-01-01T00:00:00Z"}\n\n' * 20
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await leave.wait()
        await send({"type": "http.response.body", "body": b""})

    coded = compression(held_open, encodings=(coding,))
    await _run(compression(_done, encodings=(coding,)), coding)  # so that all is imported
    running = []
    for app in (held_open, coded):  # both stay open: memory that one frees would hide the other
        gc.collect()
        before = _resident()
        running += [asyncio.create_task(_run(app, coding)) for _ in range(_STREAMS)]
        for _ in range(20):
            await asyncio.sleep(0)
        print((_resident() - before) / 1024 / _STREAMS)
    leave.set()
    await asyncio.gather(*running)


async def _done(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _run(app: App, coding: str) -> None:
    scope = scope_of(0)
    scope["headers"] = [(b"accept-encoding", coding.encode())]
    await app(scope, give, take)


def _resident() -> int:
    """Bytes of memory that the process has."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
