"""A store in a folder of its own, and a way to put exchanges into any store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import pytest

from asgi_mw.recorder.layer import record
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.testing import request, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgi_mw.recorder.store import Store
    from asgi_mw.types import Message, Receive, Scope, Send


def tiny_disk(path: Path, size: str) -> bool:
    """Mount a disk of *size* at *path*; whether that was possible."""
    path.mkdir()
    return os.system(f"mount -t tmpfs -o size={size} none '{path}' 2>/dev/null") == 0


class Serve(Protocol):
    """Let a recorded app answer once."""

    def __call__(
        self,
        store: Store,
        path: str = "/",
        *,
        method: str = "GET",
        status: int = 200,
        size: int = 2,
    ) -> None: ...


@pytest.fixture
def serve() -> Serve:
    """Record one exchange in a store: the request, and an answer of *size* bytes."""

    def serve(
        store: Store, path: str = "/", *, method: str = "GET", status: int = 200, size: int = 2
    ) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            start: Message = {"type": "http.response.start", "status": status}
            await send({**start, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"x" * size})

        run(request(record(app, store=store), method, path))

    return serve


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[SpoolStore]:
    """A spool that writes soon."""
    store = SpoolStore(tmp_path / "spool", flush_interval=0.005)
    yield store
    store.close()
