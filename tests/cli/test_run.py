"""``asgi-mw run`` serves the user's app in real processes, and others see its traffic."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.sync.client import connect

from asgi_mw.cli import run
from asgi_mw.cli.run import AddressError
from tests.system import free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

MAIN = [sys.executable, "-m", "asgi_mw"]
PATIENCE = 30.0
RELOAD_DELAY = 0.5  # seconds, and more than between two looks of uvicorn's reloader
APP = """
import os

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d VERSION" % os.getpid()})

def make():
    return app
"""


@pytest.fixture
def project(here: Path) -> Path:
    """Stand in a folder with an app."""
    (here / "shop.py").write_text(APP.replace("VERSION", "one"))
    return here


@contextmanager
def running(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run ``asgi-mw run`` until the block ends; gives the address once it answers."""
    (port,) = free_ports(1)
    command = [*MAIN, "run", *arguments, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        try:
            url = f"http://127.0.0.1:{port}"
            eventually(lambda: it.poll() is not None or answer(url) is not None)
            yield url, it
        finally:
            it.send_signal(signal.SIGTERM)
            try:
                it.wait(PATIENCE)
            finally:
                it.kill()


def answer(url: str) -> str | None:
    """What the app says at once, on a connection of its own; ``None`` if it does not yet."""
    try:
        return httpx.get(url, headers={"connection": "close"}, trust_env=False, timeout=5).text
    except httpx.TransportError:
        return None


def eventually(happened: Callable[[], Any]) -> Any:
    """What *happened* returns, once it is true."""
    deadline = monotonic() + PATIENCE
    while not (result := happened()):
        assert monotonic() < deadline
        sleep(0.05)
    return result


def listed(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    """What ``ls`` tells."""
    result = cli("ls", "--json", *arguments)
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.usefixtures("project")
def test_two_workers_are_seen_live_by_others(cli: Cli) -> None:
    """Their exchanges are in ``ls``, ``show`` and ``tail`` while they go on serving."""
    with running("shop:app", "--workers", "2") as (url, _):
        pids = set()
        eventually(lambda: pids.add(answer(url).split()[0]) or len(pids) == 2)  # type: ignore[union-attr, func-returns-value]  # it answers by now
        tail = [*MAIN, "tail", "--json", "--type", "websocket"]
        with subprocess.Popen(tail, stdout=subprocess.PIPE, text=True) as tailing:
            assert tailing.stdout is not None
            with connect(url.replace("http", "ws") + "/ws", proxy=None) as websocket:
                websocket.send("hello")
                assert "hello" == websocket.recv(timeout=PATIENCE)
                # In flight for over a second, a line of its own: so tail has begun to follow
                running_line = json.loads(tailing.stdout.readline())
            ended = json.loads(tailing.stdout.readline())
            tailing.send_signal(signal.SIGINT)
            assert 0 == tailing.wait(PATIENCE)
        assert [("/ws", None), ("/ws", "complete")] == [
            (one["path"], one["outcome"]) for one in (running_line, ended)
        ]
        exchanges = listed(cli, "--type", "http", "--limit", "1000")
        assert pids == {str(one["worker"]["pid"]) for one in exchanges}
        shown = json.loads(cli("show", ended["id"][-8:], "--json").stdout)
        assert ["hello", "hello"] == [
            event["message"]["text"] for event in shown["events"] if event["bytes"]
        ]
    assert {"lifespan"} == {one["type"] for one in listed(cli, "--type", "lifespan")}


@pytest.mark.slow
def test_the_app_is_reloaded_and_recorded_on(cli: Cli, project: Path) -> None:
    """A change of a file starts it anew, with its recording."""
    with running("shop:app", "--reload") as (url, _):
        first = eventually(lambda: answer(url))
        sleep(2 * RELOAD_DELAY)  # a change before the reloader's first look is none to it
        (project / "shop.py").write_text(APP.replace("VERSION", "number two"))
        eventually(lambda: (answer(url) or "").endswith("number two"))
    assert first.endswith("one")
    assert 2 == len({one["worker"]["pid"] for one in listed(cli, "--type", "http")})


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["shop:make", "--factory"], id="factory"),
        pytest.param(["shop:app", "--app-dir", "."], id="folder"),
    ],
)
def test_json_says_where_the_recordings_are(cli: Cli, project: Path, arguments: list[str]) -> None:
    """And nothing else is on stdout."""
    with running(*arguments, "--json", "--store", "traffic") as (url, process):
        assert answer(url + "/a") is not None
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
    said = json.loads(out)
    assert (arguments[0], str(project / "traffic"), 1) == (
        *(said[key] for key in ("app", "store", "workers")),
    )
    assert "/a" in [one["path"] for one in listed(cli, "--store", "traffic")]


@pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["one worker", "two workers"])
@pytest.mark.usefixtures("project")
def test_a_wrong_name_is_said_once(more: list[str]) -> None:
    """No traceback, no server, no worker that is started for ever."""
    command = [*MAIN, "run", "shop:ap", "--port", str(*free_ports(1)), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (1, "", "Error: the module 'shop' has no 'ap'; is it 'app'?\n") == (
        done.returncode,
        done.stdout,
        done.stderr,
    )


@pytest.mark.usefixtures("project")
class TestRefusals:
    """What cannot be served is said before anything starts."""

    def test_a_port_in_use(self, cli: Cli) -> None:
        """With one that is free."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = cli("run", "shop:app", "--port", port)
        assert 1 == result.exit_code
        assert f"port {port} of 127.0.0.1 is in use" in result.stderr
        assert "another: --port " in result.stderr

    def test_an_address_of_another_machine(self, cli: Cli) -> None:
        """192.0.2.0/24 is nobody's (RFC 5737)."""
        result = cli("run", "shop:app", "--host", "192.0.2.1")
        assert 1 == result.exit_code
        assert "--host 127.0.0.1 is for this machine alone" in result.stderr

    def test_a_port_that_needs_privileges(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As most below 1024 do for most users."""
        denied = PermissionError(13, "Permission denied")
        monkeypatch.setattr(run, "_listening_fails", lambda *_: denied)
        with pytest.raises(AddressError, match="port 80 needs privileges"):
            run._check_address("127.0.0.1", 80)

    def test_without_uvicorn(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """The extra is named."""
        monkeypatch.setattr(run, "find_spec", lambda _: None)
        result = cli("run", "shop:app")
        assert (
            1,
            'Error: uvicorn is not installed; install it with: pip install "asgi-mw[cli]"\n',
        ) == (
            result.exit_code,
            result.stderr,
        )

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--store", "memory:"], "name a folder"),
            (["--reload", "--workers", "2"], "leave out --workers"),
            (["--app-dir", "nowhere"], "does not exist"),
            (["--port", "65536"], "is not in the range"),
            (["--otlp", ""], "--otlp is empty; name a collector"),
        ],
    )
    def test_options_that_contradict(self, cli: Cli, arguments: list[str], message: str) -> None:
        """Exit status 2."""
        result = cli("run", "shop:app", *arguments)
        assert 2 == result.exit_code
        assert message in result.stderr

    def test_nothing_of_it_stays_in_the_environment(self, cli: Cli) -> None:
        """A refusal comes before the workers are told what to serve."""
        cli("run", "shop:app", "--host", "192.0.2.1")
        assert [] == [name for name in os.environ if name.startswith("ASGI_MW_RUN")]
