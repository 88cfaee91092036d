"""The address of a page that is installed in a framework's app, under each server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.inspector.listening import listening
from tests.cli.serving import eventually
from tests.live.servers import ask, get, running

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "made-up-made-up-made-up-"
SAID = "asgi-mw: the page with every message is at "
SERVERS = [
    "uvicorn-h11",
    "uvicorn-workers",
    "hypercorn",
    "hypercorn-trio",
    "granian",
    "gunicorn",
    "gunicorn-uvicorn",
    "daphne",
]


@pytest.mark.parametrize("server", SERVERS)
def test_the_address_is_whole_and_printed_once(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastAPI wraps what the server gives, and only one of several workers prints it."""
    monkeypatch.setenv("ASGI_MW_INSPECTOR_TOKEN", TOKEN)
    log = tmp_path / "log"
    with running(server, "tests.inspector.installed_app:app", log) as port:
        ask(port, get("/"))
        eventually(lambda: SAID in log.read_text())
    said = [line for line in log.read_text().splitlines() if SAID in line]

    assert [f"{SAID}http://127.0.0.1:{port}/__asgi__/enter#token={TOKEN}"] == said


def test_without_a_server_nothing_is_known() -> None:
    """This is so in tests of the app; the caller is the only process then."""
    assert (None, True) == listening()
