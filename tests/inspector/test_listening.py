"""Where the page is that is installed in a framework's app, under each server."""

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
    """Though FastAPI wraps what the server gave, and of several workers just one prints it."""
    monkeypatch.setenv("ASGI_MW_INSPECTOR_TOKEN", TOKEN)
    log = tmp_path / "log"
    with running(server, "tests.inspector.installed_app:app", log) as port:
        ask(port, get("/"))
        eventually(lambda: SAID in log.read_text())
    said = [line for line in log.read_text().splitlines() if SAID in line]

    assert [f"{SAID}http://127.0.0.1:{port}/__asgi__/enter#token={TOKEN}"] == said


def test_without_a_server_nothing_is_known() -> None:
    """As in tests of the app; whoever calls is the only one then."""
    assert (None, True) == listening()
