"""Every way to start an app finds the layers that are installed in it, and the app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tests.live.servers import ask, get
from tests.system import PATIENCE, comes_to_listen, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORIGIN = "https://shop.example.org"
# As a newcomer writes it: the README's first block, and a handler under it
FASTAPI = f"""
import asgi_mw.logs
from asgi_mw import install
from fastapi import FastAPI

asgi_mw.logs.configure()
app = install(FastAPI(), allow_origins=["{ORIGIN}"])


@app.get("/crash")
async def crash() -> None:
    raise KeyError("no such luck")
"""
LITESTAR = f"""
from asgi_mw import install
from litestar import Litestar, get


@get("/crash")
async def crash() -> None:
    raise KeyError("no such luck")


app = install(Litestar([crash]), allow_origins=["{ORIGIN}"])
"""
QUART = f"""
from asgi_mw import install
from quart import Quart

app = install(Quart(__name__), allow_origins=["{ORIGIN}"])


@app.get("/crash")
async def crash():
    raise KeyError("no such luck")
"""
NEXIOS = f"""
from asgi_mw import install
from nexios import NexiosApp

app = install(NexiosApp(), allow_origins=["{ORIGIN}"])


@app.get("/crash")
async def crash(request, response):
    raise KeyError("no such luck")
"""
# A whole project of Django in one file, which is its manage.py as well
DJANGO = f"""
import sys

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import execute_from_command_line
from django.urls import path

from asgi_mw import install

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ASGI_APPLICATION="main.app",
        DATABASES={{}},
        INSTALLED_APPS=["daphne"],
        ROOT_URLCONF="main",
        SECRET_KEY="of no worth",
    )


async def crash(request):
    raise KeyError("no such luck")


urlpatterns = [path("crash", crash)]
if __name__ == "__main__":
    execute_from_command_line(sys.argv)
else:
    app = install(get_asgi_application(), allow_origins=["{ORIGIN}"])
"""
STARTED = {
    "fastapi run": (FASTAPI, "fastapi run main.py --host 127.0.0.1 --port {port}"),
    "fastapi dev": (FASTAPI, "fastapi dev main.py --port {port}"),
    "uvicorn": (FASTAPI, "uvicorn main:app --port {port}"),
    "granian": (FASTAPI, "granian --interface asgi --port {port} main:app"),
    "hypercorn": (FASTAPI, "hypercorn --bind 127.0.0.1:{port} main:app"),
    "gunicorn": (FASTAPI, "gunicorn -k asgi --bind 127.0.0.1:{port} main:app"),
    "daphne": (FASTAPI, "daphne --port {port} main:app"),
    "asgi-mw run": (FASTAPI, "asgi_mw run main:app --port {port}"),
    "Litestar under asgi-mw run": (LITESTAR, "asgi_mw run main:app --port {port}"),
    "Nexios under asgi-mw run": (NEXIOS, "asgi_mw run main:app --port {port}"),
    "Quart under asgi-mw run": (QUART, "asgi_mw run main:app --port {port}"),
    "Django under asgi-mw run": (DJANGO, "asgi_mw run main:app --port {port}"),
    "litestar run": (LITESTAR, "litestar --app main:app run --port {port}"),
    "Litestar under uvicorn": (LITESTAR, "uvicorn main:app --port {port}"),
    "Litestar under granian": (LITESTAR, "granian --interface asgi --port {port} main:app"),
    "quart run": (QUART, "quart --app main:app run --port {port}"),
    "Quart under hypercorn": (QUART, "hypercorn --bind 127.0.0.1:{port} main:app"),
    "Nexios under uvicorn": (NEXIOS, "uvicorn main:app --port {port}"),
    "Nexios under granian": (NEXIOS, "granian --interface asgi --port {port} main:app"),
    "manage.py runserver": (DJANGO, "main runserver --noreload --skip-checks {port}"),
    "Django under daphne": (DJANGO, "daphne --port {port} main:app"),
    "Django under uvicorn": (DJANGO, "uvicorn main:app --port {port}"),
}


@pytest.mark.parametrize(("source", "command"), STARTED.values(), ids=STARTED)
def test_the_500_of_an_installed_app_has_its_id(source: str, command: str, tmp_path: Path) -> None:
    """And its CORS header, behind the framework's own error handling."""
    (tmp_path / "main.py").write_text(source)

    with started(command, tmp_path) as port:
        lines = f"Origin: {ORIGIN}".encode(), b"Connection: close"
        [answer] = ask(port, get("/crash", *lines))

    assert 500 == answer.status
    assert [ORIGIN.encode()] == answer.all(b"access-control-allow-origin")
    assert 1 == len(answer.all(b"x-request-id"))


@contextmanager
def started(command: str, folder: Path) -> Iterator[int]:
    """Start the app in *folder* until the block ends, and what it starts; gives the port."""
    (port,) = free_ports(1)
    module, *words = command.format(port=port).split()
    said = folder / "said"
    with (
        said.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=folder,
            stdout=output,
            stderr=output,
            env=os.environ | {"PYTHONPATH": str(folder), "ASGI_MW_STORE": str(folder / "store")},
            start_new_session=True,  # its children get the signals as well
        ) as process,
    ):
        try:
            if not comes_to_listen(port, process):
                pytest.fail(f"{command} does not listen:\n{said.read_text()}")
            yield port
        finally:
            for one in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, one)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=PATIENCE)
