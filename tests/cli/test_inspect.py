"""``asgi-mw inspect`` serves the page over a store."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest

from asgi_mw import open_store, record
from asgi_mw.testing import request, run
from tests.cli.fitting import fits
from tests.cli.serving import MAIN, answer, eventually
from tests.inspector.asked import echo
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]


@pytest.mark.slow
def test_it_shows_what_others_recorded(tmp_path: Path) -> None:
    """And what they do meanwhile; requests are not sent again from here."""
    store = open_store(tmp_path / "traffic")
    app = record(echo, store=store)
    run(request(app, "GET", "/before"))
    store.flush()
    (port,) = free_ports(1)
    command = [*MAIN, "inspect", str(tmp_path / "traffic"), "--port", str(port), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            [said] = fits("inspect", process.stdout.readline())
            base, _, token = said["inspector"].partition("/enter#")
            assert f"http://127.0.0.1:{port}" == base
            eventually(lambda: answer(base) is not None)
            headers = {"authorization": f"Bearer {token.removeprefix('token=')}"}
            with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
                run(request(app, "GET", "/meanwhile"))
                store.flush()
                said = client.get("/api/exchanges").json()
                rows = [dict(zip(said["columns"], one, strict=True)) for one in said["rows"]]
                posted = {"x-asgi-mw": "1"}
                again = client.post("/api/resend", json={"id": rows[0]["id"]}, headers=posted)
            process.send_signal(signal.SIGINT)
            assert 0 == process.wait(PATIENCE)
        finally:
            process.kill()
            store.close()
    assert (["/meanwhile", "/before"], 409) == ([one["path"] for one in rows], again.status_code)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there are no recordings at nowhere yet"),
        (["."], "there are no recordings in . yet; did you mean .asgi-mw?"),
        (["memory:"], "memory: is seen only by the process that records"),
        ([".asgi-mw", "--inspect-host", "*"], "would let every site that a browser visits read"),
        ([".asgi-mw", "--inspect-client", "x"], "is no address or network"),
    ],
)
def test_what_cannot_be_shown(cli: Cli, arguments: list[str], message: str) -> None:
    """It says why."""
    result = cli("inspect", *arguments)

    assert result.exit_code
    assert message in result.output + (result.stderr or "")
