"""``asgi-mw ship`` copies a folder, and every command looks at a database as at a folder."""

from __future__ import annotations

import json
import signal
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asgi_mw.events import Worker
from tests.cli.fitting import fits
from tests.cli.serving import MAIN, answer, eventually
from tests.recorder.postgres.shipped import put
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from asgi_mw.recorder.postgres import PostgresStore
    from tests.recorder.postgres.server import Server

    Cli = Callable[..., Result]

NOWHERE = "postgresql://ada:secret@127.0.0.1:1/nowhere"


@pytest.fixture
def shipped(store: Path, address: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with what the folder has, which is where commands look."""
    result = cli("ship", store, "--to", address, "--once")
    assert (0, "Shipped 5 exchanges.\n", "") == (result.exit_code, result.stdout, result.stderr)
    monkeypatch.setenv("ASGI_MW_STORE", address)
    return address


COMMANDS = [
    ["ls"],
    ["ls", "is:error"],
    ["ls", "--sort", "duration", "--limit", "2"],
    ["ls", "--text", "USERS", "--json"],
    ["ls", "--body", "Ada"],
    ["ls", "--header", "content-type:json"],
    ["show", "last"],
    ["show", "last-error"],
    ["show", "last", "path:/users*", "--as", "curl"],
    ["check", "--json"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_is_read_as_the_folder_is(
    cli: Cli, shipped: str, store: Path, command: list[str]
) -> None:
    """The same is printed."""
    there = cli(*command, "--store", shipped)
    here = cli(*command, "--store", store)
    expected = here.stdout.replace(str(store), shipped)
    assert (there.exit_code, there.stdout, there.stderr) == (here.exit_code, expected, here.stderr)


def test_what_is_kept_and_purged_there(cli: Cli, shipped: str, store: Path) -> None:
    """The folder stays as it is."""
    one = json.loads(cli("ls", "--json", "--path", "/missing").stdout)["id"]
    assert cli("keep", one[-8:]).stdout == f"Kept: {one}\n"
    assert json.loads(cli("ls", "--json", "is:kept").stdout)["id"] == one
    assert cli("purge", "is:error", "--yes").stdout.startswith("Removed 1; the store takes ")
    assert cli("purge", "--id", one[-8:], "--yes").stdout.startswith("Removed 1;")
    assert len(cli("ls", "--json").stdout.splitlines()) == 3
    assert len(cli("ls", "--json", "--store", store).stdout.splitlines()) == 5
    assert cli("ship", store, "--to", shipped, "--once").stdout == "Shipped 0 exchanges.\n"
    assert cli("purge", "--all", "--yes").stdout.startswith("Removed 3;")


def test_the_host_is_shown_where_there_are_several(
    cli: Cli, shipped: str, history: PostgresStore
) -> None:
    """In front of its process."""
    [one] = list(history.exchanges())[:1]
    assert "/4711" not in cli("ls").stdout
    put(history, [replace(one, id="f" * 32, worker=Worker("web-2", 4711))])
    lines = cli("ls").stdout.splitlines()
    assert [f"{one.worker.host}/{one.worker.pid}" in line for line in lines].count(True) == 5
    assert "web-2/4711" in lines[-1]
    assert len(cli("ls", "--json", "worker:web-2").stdout.splitlines()) == 1


def test_doctor_says_whether_it_can_be_reached(cli: Cli, shipped: str) -> None:
    """And how much there is."""

    def said(address: str) -> dict[str, Any]:
        lines = map(json.loads, cli("doctor", "--json", "--store", address).stdout.splitlines())
        [found] = [one for one in lines if one["about"] == "store"]
        return dict(found)

    found = said(shipped)
    assert found["level"] == "ok"
    assert f"{shipped}: 5 exchanges, " in found["said"]
    gone = said(NOWHERE)
    assert gone["level"] == "error"
    assert gone["said"].startswith("postgresql://ada:***@127.0.0.1:1/nowhere cannot be reached")


def test_doctor_says_that_nobody_has_shipped(cli: Cli, address: str, here: Path) -> None:
    """With what to type."""
    result = cli("doctor", "--store", address)
    assert f"{address} can be reached; it is empty" in result.stdout
    assert f"asgi-mw ship --to {address}" in result.stdout
    assert [*here.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ship", ".asgi-mw"], "Missing option '--to'"),
        (["ship", ".asgi-mw", "--to", "traffic/"], "is no address; write postgresql://"),
        (["ship", "memory:", "--to", NOWHERE], "STORE is a folder, and not memory:"),
        (["ship", NOWHERE, "--to", NOWHERE], "STORE is a folder, and not postgresql://ada:***"),
        (["ship", "nowhere", "--to", NOWHERE, "--once"], "there are no recordings at nowhere yet"),
        (["ship", ".asgi-mw", "--to", NOWHERE, "--once"], "cannot be reached"),
        (["ship", ".asgi-mw", "--to", NOWHERE, "--once", "--max-bytes", "1kB"], "max_bytes"),
        (["run", "shop:app", "--store", NOWHERE], "record to a folder"),
        (["demo", "--once", "--store", NOWHERE], "record to a folder"),
        (["ls", "--store", NOWHERE], "cannot be reached"),
        (["show", "last", "--store", NOWHERE], "cannot be reached"),
        (["purge", "--all", "--yes", "--store", NOWHERE], "cannot be reached"),
        (["check", NOWHERE], "cannot be reached"),
        (["ls", "--store", "postgresql://a:s@cret@b/c"], "the password has an @ in it"),
        (["ls", "--store", "mysql://a:secret@b/c"], "no store is known by that name"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
@pytest.mark.usefixtures("store")
def test_what_cannot_be(cli: Cli, arguments: list[str], message: str) -> None:
    """It says what to do, and no password."""
    result = cli(*arguments)
    said = " ".join(result.output.replace("│", " ").split())
    assert result.exit_code != 0
    assert message in said
    assert "ecret" not in said
    assert "s@cret" not in said


@pytest.mark.slow
def test_it_goes_on_until_it_is_stopped(
    store: Path, history: PostgresStore, add: Callable[[str], None]
) -> None:
    """By Ctrl-C or a service manager; what is recorded meanwhile is shipped, too."""
    command = [*MAIN, "ship", str(store), "--to", history.address, "--json"]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    for number, how in enumerate((signal.SIGINT, signal.SIGTERM), 1):
        with subprocess.Popen(command, **pipes) as process:
            try:
                assert process.stderr is not None
                assert process.stderr.readline().endswith("; Ctrl-C ends it.\n")
                add(f"/{number}")
                eventually(lambda: history.is_there() and history.count() == 5 + number)  # noqa: B023  # called now
                process.send_signal(how)
                said, _ = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        assert process.returncode == 0
        assert fits("ship", said) == [{"shipped": 6 if number == 1 else 1, "problems": []}]


@pytest.mark.slow
def test_the_page_shows_a_database(shipped: str, history: PostgresStore, server: Server) -> None:
    """Its rows, an exchange, and a mark; and what is wrong when it is down."""
    (port,) = free_ports(1)
    command = [*MAIN, "inspect", "--port", str(port), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            [line] = fits("inspect", process.stdout.readline())
            assert line["store"] == shipped
            base, _, token = line["inspector"].partition("/enter#")
            eventually(lambda: answer(base) is not None)
            headers = {"authorization": f"Bearer {token.removeprefix('token=')}"}
            with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
                said = client.get("/api/exchanges").json()
                rows = [dict(zip(said["columns"], one, strict=True)) for one in said["rows"]]
                found = client.get(f"/api/exchanges/{rows[0]['id']}").json()
                failed = client.get("/api/exchanges", params={"q": "is:error"}).json()
                posted = {"x-asgi-mw": "1"}
                kept = {"id": rows[0]["id"], "keep": True}
                marked = client.post("/api/keep", json=kept, headers=posted)
                assert [row.id for row in history.rows() if row.kept] == [rows[0]["id"]]
                server.crash()
                try:
                    down = client.get("/api/exchanges").json()
                    gone = client.get(f"/api/exchanges/{rows[0]['id']}")
                finally:
                    server.start()
                again = client.get("/api/exchanges").json()
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    assert (said["total"], len(rows), said["problems"]) == (5, 5, [])
    assert found["exchange"]["id"] == rows[0]["id"]
    assert len(failed["rows"]) == 1
    assert marked.status_code == 200
    assert (down["rows"], down["total"], len(down["problems"])) == ([], 0, 1)
    assert "cannot be reached" in down["problems"][0]
    assert gone.status_code == 503
    assert (again["total"], again["problems"]) == (5, [])


@pytest.mark.slow
def test_tail_shows_what_is_shipped(shipped: str, history: PostgresStore) -> None:
    """As it comes."""
    [one] = list(history.exchanges())[:1]
    command = [*MAIN, "tail", "-n", "1", "--json", "--store", shipped]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            [first] = fits("tail", process.stdout.readline())
            put(history, [replace(one, id="f" * 32)])
            [second] = fits("tail", process.stdout.readline())
        finally:
            process.kill()
    assert [first["id"], second["id"]] == [one.id, "f" * 32]


def test_without_psycopg_it_says_how_to_get_it(here: Path) -> None:
    """With the status of a command that failed."""
    code = (
        "import sys; sys.modules['psycopg'] = None; from asgi_mw.cli import main; "
        "sys.argv = ['asgi-mw', 'ls', '--store', 'postgresql://db/x']; main()"
    )
    line = [MAIN[0], "-c", code]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=here)
    assert done.returncode == 1
    assert (
        'psycopg is not installed; install it with: pip install "asgi-mw[postgres]"' in done.stderr
    )
