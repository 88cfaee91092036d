"""A folder of recordings, and the command line run in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from asgi_mw import open_store, record
from asgi_mw.cli import group
from asgi_mw.recorder.codec import encode_view
from asgi_mw.recorder.segment import Segment
from asgi_mw.testing import request, run, websocket
from tests.cli.facts import IN_FLIGHT
from tests.cli.fitting import asks_for_json, fits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from asgi_mw.types import Receive, Scope, Send

HOSTILE = "/a\x1b[2J\n\x9b\u202eINFO forged\x07"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer by the path: echo, fail, or be missing."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    if scope["path"] == "/crash":
        raise RuntimeError("the handler failed\x1b[31m")
    status = 404 if scope["path"] == "/missing" else 200
    headers = [(b"content-type", b"application/json"), (b"x-evil", b"\x1b]0;pwn\x07")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"name": "Ada"}'})


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, with nothing in the environment that the command line reads."""
    monkeypatch.chdir(tmp_path)
    for name in ("ASGI_MW_STORE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def store(here: Path) -> Path:
    """Record one exchange of each kind in the folder that the command line looks into."""
    folder = here / ".asgi-mw"
    opened = open_store(folder)
    recorded = record(app, store=opened)
    run(request(recorded, "GET", "/users/7?token=s3cret&page=2"))
    run(request(recorded, "GET", "/missing"))
    run(request(recorded, "POST", "/crash"))
    run(websocket(recorded, "/ws", messages=["hello"]))
    run(request(recorded, "G\x1bET", scope={"path": HOSTILE}))
    opened.close()
    return folder


@pytest.fixture
def killed(store: Path) -> Path:
    """Beside them, what a process was serving when it was killed."""
    segment = Segment(store)
    segment.write([], shown=[(IN_FLIGHT.id, encode_view(IN_FLIGHT))])
    segment._connection.close()
    segment._lock.release()
    return store


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Run the command line on some arguments; what it prints for programs fits its schema."""
    runner: Callable[..., Result] = partial(CliRunner().invoke, group, prog_name="asgi-mw")

    def invoke(*arguments: Any, **options: Any) -> Result:
        result = runner([str(one) for one in arguments], catch_exceptions=False, **options)
        if result.stdout and asks_for_json(arguments):
            fits(arguments[0], result.stdout)
        return result

    return invoke


@pytest.fixture
def add(store: Path) -> Callable[[str], None]:
    """Record another request for a path."""

    def add(path: str) -> None:
        opened = open_store(store)
        run(request(record(app, store=opened), "GET", path))
        opened.close()

    return add
