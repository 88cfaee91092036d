"""Recording beside reloaders that watch every file: only a change of the app starts it anew."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from time import sleep
from typing import TYPE_CHECKING

import pytest
from uvicorn.config import Config
from uvicorn.supervisors.watchfilesreload import FileFilter
from watchfiles import Change, DefaultFilter

from asgi_mw import open_store, record
from asgi_mw.testing import request, run
from tests.cli.serving import after_change, eventually
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgi_mw.types import Receive, Scope, Send

APP = """
import os
from asgi_mw import record
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for what in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{what}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % os.getpid()})
app = record(app, store=".asgi-mw")
"""
COMMANDS = {
    # Without --reload-dir it would watch only the folders that * matches
    "uvicorn": (
        "uvicorn --log-level critical --reload --reload-include * --reload-dir . "
        "--port {port} served:app"
    ),
    "granian": "granian --log-level critical --interface asgi --reload --port {port} served:app",
}


def _uvicorn(path: Path) -> bool:
    return FileFilter(Config("served:app", reload=True, reload_includes=["*"]))(path)


def _granian(path: Path) -> bool:
    return DefaultFilter()(Change.modified, str(path))


@pytest.mark.parametrize("watches", [_uvicorn, _granian], ids=["uvicorn", "granian"])
def test_reloaders_skip_each_file_that_recording_touches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watches: Callable[[Path], bool]
) -> None:
    """While it goes on, when somebody asks for the segment, and once it is closed."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".asgi-mw"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    store = open_store(folder)
    run(request(record(app, store=store)))
    assert store.flush()
    files = set(folder.iterdir())
    [segment] = folder.glob("*.db")
    for name in (f"{segment.name}-journal", f"{segment.stem}.release"):
        files.add(folder / name)
    assert {".db", ".db-wal", ".db-shm", ".db-journal", ".lock", ".release"} <= {
        path.suffix for path in files
    }
    store.close()
    watched = [path.name for path in files if path.name != ".gitignore" and watches(path)]
    assert [] == watched
    assert ["/"] == [exchange.path for exchange in store.exchanges()]


def _ask(port: int) -> str:
    """The process that answers; empty where none does."""
    with (
        suppress(OSError, HTTPException),
        closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection,
    ):
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("server", list(COMMANDS))
def test_only_a_change_of_the_app_starts_it_anew(tmp_path: Path, server: str) -> None:
    """Once; recording goes on in the new process."""
    (tmp_path / "served.py").write_text(APP)
    (tmp_path / ".asgi-mw").mkdir()
    (port,) = free_ports(1)
    command = [sys.executable, "-m", *COMMANDS[server].format(port=port).split()]
    # What Python compiles is a file like any other to who watches all
    quiet = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, cwd=tmp_path, env=quiet) as process:
        try:
            first = eventually(lambda: _ask(port))
            for _ in range(3):
                sleep(0.4)
                assert first == _ask(port)
            changed = tmp_path / "served.py"
            second = after_change(
                changed, APP + "\n", lambda: found if (found := _ask(port)) != first else ""
            )
            for _ in range(3):
                sleep(0.4)
                assert second == _ask(port)
        finally:
            process.terminate()
            process.wait(PATIENCE)
    workers = {str(one.worker.pid) for one in open_store(tmp_path / ".asgi-mw").exchanges()}
    assert {first, second} == workers
