"""The page in an app of each framework, under real servers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.cli.serving import answer, eventually
from tests.inspector.apps import MAKERS
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
ENTRY = {"x-asgi-mw": "1"}


class Served:
    """A server with a page.

    Args:
        base: Where it listens.
        log: All that it writes.
        process: The server.
    """

    def __init__(self, base: str, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.base = base
        self.log = log
        self.process = process

    def address(self) -> str:
        """The address that it printed."""
        found = eventually(lambda: re.search(r"\S*/__asgi__/enter#token=\S+", self.log.read_text()))
        return str(found[0])

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """A client that opened the address."""
        token = self.address().partition("#token=")[2]
        with httpx.Client(base_url=self.base, trust_env=False, timeout=PATIENCE) as client:
            entered = client.post("/__asgi__/enter", json={"token": token}, headers=ENTRY)
            assert 200 == entered.status_code
            yield client


@contextmanager
def served(folder: Path, app: str, *command: str) -> Iterator[Served]:
    """Serve it while the block runs."""
    (port,) = free_ports(1)
    log = folder / "log.txt"
    environment = {**os.environ, "PAGE_STORE": str(folder / "store")}
    words = [word.format(port=port, app=f"tests.inspector.apps:{app}") for word in command]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", *words],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        try:
            base = f"http://127.0.0.1:{port}"
            eventually(lambda: answer(f"{base}/hello") is not None)
            yield Served(base, log, process)
        finally:
            # Kill its workers too: they are in the session that was started for it
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


UVICORN = ("uvicorn", "{app}", "--port", "{port}")
OTHERS = {
    "uvicorn workers": (*UVICORN, "--workers", "2"),
    # It evaluates the name among those that the module has, and does not call __getattr__
    "hypercorn": (
        *("hypercorn", "tests.inspector.apps:__getattr__('starlette')"),
        *("--bind", "127.0.0.1:{port}"),
    ),
    "granian": ("granian", "--interface", "asgi", "{app}", "--port", "{port}"),
    "gunicorn": ("gunicorn", "-k", "asgi", "--bind", "127.0.0.1:{port}", "{app}"),
    "daphne": ("daphne", "--port", "{port}", "{app}"),
}


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    """The rows of the list."""
    said = client.get("/__asgi__/api/exchanges").json()
    return [dict(zip(said["columns"], one, strict=True)) for one in said["rows"]]


def follows(client: httpx.Client, base: str) -> str:
    """The path of the next row of the feed, after a request to the app."""
    with client.stream("GET", "/__asgi__/api/feed") as feed:
        lines = feed.iter_lines()
        while next(lines) != "event: state":
            pass
        httpx.get(f"{base}/hello", trust_env=False)
        while next(lines) != "event: rows":
            pass
        said = json.loads(next(lines).removeprefix("data: "))
        return str(dict(zip(said["columns"], said["rows"][-1], strict=True))["path"])


@pytest.mark.parametrize("framework", MAKERS)
def test_each_framework(tmp_path: Path, framework: str) -> None:
    """The page answers, the traffic is recorded and followed, the app is as it was."""
    with served(tmp_path, framework, *UVICORN) as it:
        assert "hello" in (answer(f"{it.base}/hello") or "")
        assert f"{it.base}/__asgi__/enter#token=" == it.address().partition("=")[0] + "="
        with it.browser() as client:
            assert 200 == client.get("/__asgi__/").status_code
            rows = eventually(lambda: [one for one in listed(client) if one["path"] == "/hello"])
            again = client.post(
                "/__asgi__/api/resend", json={"id": rows[0]["id"]}, headers=ENTRY
            ).json()
            assert "/hello" == follows(client, it.base)
            assert again["id"] in [one["id"] for one in listed(client)]
            assert [] == [one for one in listed(client) if "__asgi__" in one["path"]]
        token = it.address().partition("#token=")[2]
        assert 1 == it.log.read_text().count(token)


@pytest.mark.parametrize("server", OTHERS)
def test_each_server(tmp_path: Path, server: str) -> None:
    """With several workers the address is printed once, and opens each of them."""
    with served(tmp_path, "starlette", *OTHERS[server]) as it, it.browser() as client:
        assert "/hello" == follows(client, it.base)
        for _ in range(8):
            with httpx.Client(base_url=it.base, cookies=client.cookies, trust_env=False) as other:
                assert 200 == other.get("/__asgi__/api/words").status_code
        assert 1 == it.log.read_text().count("#token=")


@pytest.mark.parametrize(
    ("server", "stop"),
    [
        ("uvicorn", "SIGINT"),
        ("uvicorn", "SIGTERM"),
        ("uvicorn workers", "SIGINT"),
        ("granian", "SIGTERM"),
        ("gunicorn", "SIGTERM"),
    ],
)
def test_an_open_page_does_not_keep_the_server(tmp_path: Path, server: str, stop: str) -> None:
    """The feed ends when the process is asked to stop; otherwise the server would wait for it."""
    with served(tmp_path, "starlette", *OTHERS.get(server, UVICORN)) as it, it.browser() as client:
        with client.stream("GET", "/__asgi__/api/feed") as feed:
            lines = feed.iter_lines()
            while next(lines) != "event: state":
                pass
            it.process.send_signal(signal.Signals[stop])
            assert "event: state" not in list(lines)[1:]
        it.process.wait(PATIENCE)
        assert "Traceback" not in it.log.read_text()


@pytest.mark.parametrize("server", ["hypercorn", "daphne"])
def test_servers_that_cut_an_open_page(tmp_path: Path, server: str) -> None:
    """Hypercorn's workers see no signal, and daphne waits for nobody."""
    with served(tmp_path, "starlette", *OTHERS[server]) as it, it.browser() as client:
        with client.stream("GET", "/__asgi__/api/feed") as feed:
            lines = feed.iter_lines()
            while next(lines) != "event: state":
                pass
            it.process.send_signal(signal.SIGTERM)
            with pytest.raises(httpx.RemoteProtocolError):
                list(lines)
        assert 0 == it.process.wait(PATIENCE)
