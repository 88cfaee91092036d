"""What ``asgi-mw run`` makes of a plain app: it hears what the framework keeps to itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.serving import SERVERS, get, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

pytestmark = pytest.mark.slow

NEXIOS = """
from nexios import NexiosApp
app = NexiosApp()
@app.get("/crash/{name}")
async def crash(request, response, name):
    raise KeyError(name)
"""
QUART = """
from quart import Quart
app = Quart("shop")
@app.get("/crash/<name>")
async def crash(name):
    raise KeyError(name)
"""
DJANGO = """
import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path
settings.configure(SECRET_KEY="x", ROOT_URLCONF="shop", ALLOWED_HOSTS=["*"])
django.setup()
async def crash(request, name):
    raise KeyError(name)
urlpatterns = [path("crash/<name>", crash)]
app = get_asgi_application()
"""
MAKING = "\ndef make():\n    return app\n"
LAYERED = "\nfrom asgi_mw import stack, timing\napp = stack(app, timing)\n"
INSTALLED = "\nfrom asgi_mw import install\napp = install(app)\n"
CASES = {
    "Nexios": (NEXIOS, "shop:app", []),
    "Quart": (QUART, "shop:app", []),
    "Django": (DJANGO, "shop:app", []),
    "in layers": (NEXIOS + LAYERED, "shop:app", []),
    "installed": (NEXIOS + INSTALLED, "shop:app", []),
    "factory": (NEXIOS + MAKING, "shop:make", ["--factory"]),
    "reload": (NEXIOS, "shop:app", ["--reload"]),
    **{f"workers of {server}": (NEXIOS, "shop:app", ["--server", server]) for server in SERVERS},
}


@pytest.mark.parametrize(("source", "target", "options"), CASES.values(), ids=CASES)
def test_a_crash_that_the_framework_answers_for_is_known(
    cli: Cli, here: Path, source: str, target: str, options: list[str]
) -> None:
    """By its exception, in the recording and in the log line."""
    (here / "shop.py").write_text(source)
    workers = ["--workers", "2"] if "--server" in options else []
    with running(target, *options, *workers) as it:
        assert 500 == get(f"{it.url}/crash/here").status_code
        assert 0 == it.stop()
    [found] = map(json.loads, cli("ls", "--path", "/crash/here", "--json").stdout.splitlines())
    assert (500, "complete", "KeyError", True) == (
        *(found["status"], found["outcome"]),
        *(found["error"]["type"], found["error"]["swallowed"]),
    )
    [line] = [line for line in it.err.splitlines() if " 500 GET " in line]
    assert "error=\"KeyError: 'here' (traceback above)\"" in line
    assert 1 == it.err.count("Traceback (most recent call last)")
