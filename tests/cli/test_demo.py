"""``asgi-mw demo`` shows real traffic of the example apps, and ends when it is told to."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli import background, demo
from tests.cli.fitting import fits
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

MAIN = [sys.executable, "-m", "asgi_mw", "demo"]
pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.slow
def test_once_shows_all_four_apps_and_one_exchange() -> None:
    """HTTP, Server-Sent Events and WebSockets of each, then it exits with 0."""
    done = subprocess.run(
        [*MAIN, "--once"], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (0, "") == (done.returncode, done.stderr)
    table, *opened = done.stdout.split("\n\n")
    head, first, *lines = table.splitlines()
    assert head.startswith("STATUS    METHOD   PATH")
    groups: dict[str, str] = {}
    for line in [first, *lines]:
        if named := re.match(r"(FastAPI|Starlette|Nexios|no framework)  http|Lifespans$", line):
            name = named[1] or "Lifespans"
        else:
            groups[name] = groups.get(name, "") + line + "\n"
    assert ["FastAPI", "Starlette", "Nexios", "no framework", "Lifespans"] == list(groups)
    assert 4 == groups.pop("Lifespans").count("LIFESPAN")
    for group in groups.values():
        for kind in ("/events", "/ws/echo", "/crash", "/upload", "client_gone"):
            assert kind in group
        [crash] = [line for line in group.splitlines() if "/crash" in line]
        assert crash.endswith("✗ RuntimeError")
    assert opened[0].startswith("One of them, opened: ")
    assert opened[1].startswith("WS /ws/echo?token=[redacted]  101  client closed with 4001: ")
    assert "← send  websocket.send" in opened[-4]
    assert "request_id()" in opened[-3]
    assert "websocket.accept  +x-request-id" in opened[-2]
    assert "made-up-" not in done.stdout
    assert "HTTP Request" not in done.stdout
    said, *commands = opened[-1].splitlines()
    assert said.endswith(" events were recorded. Look further:")
    for command in commands:
        again = subprocess.run(
            command, shell=True, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert (0, "") == (again.returncode, again.stderr)
    assert 3 == len(commands)


@pytest.mark.slow
def test_it_serves_until_it_is_told_to_end(cli: Cli) -> None:
    """And what was recorded is on disk then."""
    command = [*MAIN, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        assert it.stderr is not None
        [said] = fits("demo", it.stdout.readline())
        # The log is JSON as well, since this is no terminal
        lines = (json.loads(line) for line in it.stderr)
        seen = []
        for line in lines:
            seen.append(line)
            if line.get("path") == "/crash":
                break
        crashed = seen[-1]
        assert {"asgi_mw.access"} == {line.get("logger", "asgi_mw.access") for line in seen}
        it.send_signal(signal.SIGTERM)
        rest, _ = it.communicate(timeout=PATIENCE)
        assert (0, "") == (it.returncode, rest)
    assert ["FastAPI", "Starlette", "Nexios", "no framework"] == list(said["apps"])
    assert 500 == crashed["status"]
    assert crashed["request_id"] in cli("ls", "--json", "--path", "/crash").stdout


def test_without_the_examples(cli: Cli, monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    """What to do is said: they are not in the installed package."""
    monkeypatch.setattr(demo, "__file__", str(here / "site-packages" / "asgi_mw" / "demo.py"))
    result = cli("demo")
    assert 1 == result.exit_code
    assert "run this in a checkout" in result.stderr


def test_without_a_framework() -> None:
    """How to get what an example imports."""
    with pytest.raises(demo.ExamplesError, match=r'pip install -e "\.\[dev\]"'):
        demo._imported("examples.no_such_app")


def test_a_port_in_use() -> None:
    """Free ones are found if none is named."""
    with background._listening(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(background.ServingError, match="leave out --port"):
            background._listening(port)
