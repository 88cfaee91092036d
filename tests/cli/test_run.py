"""``asgi-mw run`` serves the user's app in real processes, and others see its traffic."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.sync.client import connect

from asgi_mw.cli import server_options, servers
from tests.cli.fitting import fits
from tests.cli.serving import (
    MAIN,
    SERVERS,
    after_change,
    answer,
    eventually,
    get,
    running,
    started,
)
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from tests.cli.serving import Running

    Cli = Callable[..., Result]

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

async def fails(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database: password=hunter2"})
"""


@pytest.fixture
def project(here: Path) -> Path:
    """Stand in a folder with an app."""
    (here / "shop.py").write_text(APP.replace("VERSION", "one"))
    return here


def listed(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    """What ``ls`` tells."""
    result = cli("ls", "--json", *arguments)
    return [json.loads(line) for line in result.stdout.splitlines()]


@contextmanager
def held(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Run *command*, at most until the block ends."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.usefixtures("project")
def test_two_workers_are_seen_live_by_others(cli: Cli) -> None:
    """Their exchanges are in ``ls``, ``show`` and ``tail`` while they go on serving."""
    with running("shop:app", "--workers", "2") as it:
        pids: set[str] = set()
        eventually(lambda: pids.update((answer(it.url) or "").split()[:1]) or len(pids) == 2)  # type: ignore[func-returns-value]  # neither does it say anything
        tail = [*MAIN, "tail", "--json", "--type", "websocket"]
        with held(tail) as tailing:
            assert tailing.stdout is not None
            with connect(it.url.replace("http", "ws") + "/ws", proxy=None) as websocket:
                websocket.send("hello")
                assert "hello" == websocket.recv(timeout=PATIENCE)
                # In flight for over a second, a line of its own: so tail has begun to follow
                [running_line] = fits("tail", tailing.stdout.readline())
            [ended] = fits("tail", tailing.stdout.readline())
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
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ([], ["access_log() of asgi-mw run"]),
        (["--no-inspect"], []),
        (["--no-inspect", "--layers"], ["access_log() of asgi-mw run"]),
        (["--no-layers"], []),
    ],
)
def test_layers_are_recorded_for_the_page(cli: Cli, options: list[str], seen: list[str]) -> None:
    """Or as somebody says."""
    with running("shop:app", *options) as it:
        eventually(lambda: answer(it.url))
        assert 0 == it.stop()
    [exchange] = listed(cli, "--type", "http", "--limit", "1")
    shown = json.loads(cli("show", exchange["id"], "--json").stdout)
    assert seen == [layer["layer"] for layer in shown["layers"]]


INSTALLED = """
from asgi_mw import install
from {package} import {kind}

app = install({kind}({arguments}))

@app.get("/a")
async def a():
    return "a" * 5000
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "kind", "arguments"),
    [("fastapi", "FastAPI", ""), ("quart", "Quart", "__name__")],
    ids=["FastAPI", "Quart"],
)
def test_layers_that_were_installed_are_recorded_at_work(
    cli: Cli, here: Path, package: str, kind: str, arguments: str
) -> None:
    """All were reached, the app has answered, and what each added is its own."""
    (here / "shop.py").write_text(INSTALLED.format(package=package, kind=kind, arguments=arguments))
    with running("shop:app") as it:
        assert "gzip" == get(it.url + "/a", {"accept-encoding": "gzip"}).headers["content-encoding"]
        assert 0 == it.stop()

    said = cli("show", "last", "--path", "/a").stdout
    shown = json.loads(cli("show", "last", "--path", "/a", "--json").stdout)

    assert "\nLayers " in said
    assert ("not reached" in said, "in the app's place" in said) == (False, False)
    added = {
        layer["name"]: sorted(name for name, _ in layer["response"]["headers"]["added"])
        for layer in shown["layers"]
    }
    assert {
        "tracing": [],
        "request_id": ["x-request-id"],
        "access_log": [],
        "timing": ["server-timing"],
        "compression": ["content-encoding", "vary"],
        "decompression": [],
        "server_error": [],
    }.items() <= added.items()


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_the_app_is_reloaded_and_recorded_on(cli: Cli, project: Path, server: str) -> None:
    """A change of a file starts it anew, with its recording; no file of the store does."""
    store = ("--store", "traffic")  # granian skips hidden folders by itself
    with running("shop:app", "--reload", "--server", server, *store) as it:
        first = eventually(lambda: answer(it.url))
        after_change(
            project / "shop.py",
            APP.replace("VERSION", "number two"),
            lambda: (answer(it.url) or "").endswith("number two"),
        )
        assert 0 == it.stop()
    assert first.endswith("one")
    assert 2 == len({one["worker"]["pid"] for one in listed(cli, "--type", "http", *store)})
    assert "watchfiles" not in it.err
    assert "/traffic/" not in it.err


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
    with running(*arguments, "--json", "--store", "traffic") as it:
        assert answer(it.url + "/a") is not None
        it.stop(signal.SIGINT)
    [said] = fits("run", it.out)
    assert (arguments[0], str(project / "traffic"), "uvicorn", 1) == (
        *(said[key] for key in ("app", "store", "server", "workers")),
    )
    assert "/a" in [one["path"] for one in listed(cli, "--store", "traffic")]


@pytest.mark.slow
@pytest.mark.usefixtures("project")
def test_port_0_is_one_that_is_free() -> None:
    """Which one, programs are told."""
    with started("shop:app", "--port", "0", "--json") as it:
        assert it.process.stdout is not None
        port = fits("run", it.process.stdout.readline())[0]["port"]
        assert eventually(lambda: answer(f"http://127.0.0.1:{port}")).endswith("one")


@pytest.mark.slow
def test_variables_of_a_file_are_set_before_the_app_is_imported(cli: Cli, project: Path) -> None:
    """Also those that are options of ours; what is set already stays."""
    (project / ".env").write_text("SHOP='from file'\nOTHER=from file\nASGI_MW_STORE=elsewhere\n")
    code = "import os\nVERSION = os.environ['SHOP'] + ', ' + os.environ['OTHER']\n"
    app = APP.replace('b"%d VERSION" % os.getpid()', "VERSION.encode()")
    (project / "shop.py").write_text(code + app)
    with running("shop:app", "--env-file", ".env", OTHER="set before") as it:
        assert "from file, set before" == answer(it.url)
        assert 0 == it.stop()
    assert listed(cli, "--store", "elsewhere")


@pytest.mark.slow
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "arguments",
    [["shop:app"], ["shop:app", "--workers", "2"], ["shop:app", "--factory"]],
    ids=" ".join,
)
def test_no_store_is_made_for_an_app_that_is_not_there(here: Path, arguments: list[str]) -> None:
    """What other commands say of it stays true."""
    with running(*arguments) as it:
        assert 1 == it.process.wait(PATIENCE)
    assert [] == list(here.iterdir())


@contextmanager
def reloading(server: str) -> Iterator[Running]:
    """Run an app that may not be there yet; gives it, with the address of its page as the URL."""
    with started("shop:app", "--reload", "--server", server, "--port", "0", "--json") as it:
        assert it.process.stdout is not None
        [said] = fits("run", it.process.stdout.readline())
        it.url = said["inspector"]
        yield it


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_an_app_that_is_broken_is_waited_for(here: Path, server: str) -> None:
    """With --reload: one that is not there yet, and one in which somebody is writing."""
    with reloading(server) as it:
        url = it.url.partition("/__asgi__")[0]

        def served(version: str) -> bool:
            text = APP.replace("VERSION", version)
            said: str = after_change(here / "shop.py", text, lambda: answer(url))
            return said.endswith(version)

        assert it.says("there is no module 'shop'")
        assert served("one")
        (here / "shop.py").write_text(APP + "\n(")
        assert it.says("importing 'shop' failed")
        assert served("two")
        assert 0 == it.stop()


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_the_store_comes_with_the_app(here: Path, server: str) -> None:
    """With --reload, an app is waited for; what opens the page was printed before."""
    with reloading(server) as it:
        page, token = it.url.split("enter#token=")
        assert [] == list(here.iterdir())
        headers = {"authorization": f"Bearer {token}"}

        def asked() -> int | None:
            with suppress(httpx.TransportError):
                return get(f"{page}api/exchanges", headers).status_code
            return None

        assert 200 == after_change(here / "shop.py", APP.replace("VERSION", "one"), asked)
        assert 0 == it.stop()
    assert (here / ".asgi-mw").is_dir()


@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        "record(app, store='.asgi-mw')",
        "stack(app, layer(record, store=open_store('.asgi-mw')))",
        "inspect(app, store='.asgi-mw')",
        "Starlette(middleware=[Middleware(record, store='./.asgi-mw/')])",
    ],
)
def test_an_app_that_records_by_itself(project: Path, made: str) -> None:
    """Into the same store: each exchange is there twice, which is said."""
    code = (
        "from asgi_mw import layer, open_store, record, stack\n"
        "from asgi_mw.inspector import inspect\nfrom starlette.applications import Starlette\n"
        f"from starlette.middleware import Middleware\napp = {made}\n"
    )
    (project / "shop.py").write_text(APP + code)
    assert [NOTE] == notes("shop:app")


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("more", [["--workers", "2"], ["--reload"]], ids=" ".join)
def test_it_is_said_once(project: Path, server: str, more: list[str]) -> None:
    """However many processes serve it."""
    code = "from asgi_mw import record\napp = record(app, store='.asgi-mw')\n"
    (project / "shop.py").write_text(APP + code)
    assert [NOTE] == notes("shop:app", "--server", server, *more)


@pytest.mark.slow
def test_an_app_that_records_elsewhere(project: Path) -> None:
    """Or in memory: nothing is there twice."""
    for store in ("'traffic'", "'memory:'", "None"):
        code = f"from asgi_mw import record\napp = record(app, store={store})\n"
        (project / "shop.py").write_text(APP + code)
        assert [] == notes("shop:app")


NOTE = "Note: the app records to .asgi-mw already; each exchange will be there twice"


def notes(*arguments: str) -> list[str]:
    """What is noted while it starts."""
    with running(*arguments) as it:
        assert 0 == it.stop()
    return [line for line in it.err.splitlines() if line.startswith("Note: ")]


class TestStatus:
    """How it ended is told to whoever started it."""

    @pytest.mark.slow
    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize(
        ("workers", "by"),
        [("1", signal.SIGINT), ("1", signal.SIGTERM), ("2", signal.SIGTERM)],
        ids=["Ctrl-C", "SIGTERM", "SIGTERM to two workers"],
    )
    @pytest.mark.parametrize("server", SERVERS)
    def test_0_where_it_was_stopped(self, server: str, workers: str, by: signal.Signals) -> None:
        """By Ctrl-C, or by what a supervisor sends."""
        with running("shop:app", "--server", server, "--workers", workers) as it:
            assert 0 == it.stop(by)
        assert "Traceback" not in it.err

    @pytest.mark.slow
    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("workers", ["1", "2"])
    @pytest.mark.parametrize("server", SERVERS)
    def test_1_where_the_startup_fails(self, server: str, workers: str) -> None:
        """What the app said is said, without its secrets."""
        with running("shop:fails", "--server", server, "--workers", workers) as it:
            out, err = it.process.communicate(timeout=PATIENCE)
        assert (1, "") == (it.process.returncode, out)
        assert "no database: password=[redacted]" in err
        assert "hunter2" not in err

    @pytest.mark.slow
    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("server", ["granian", "hypercorn"])
    def test_1_where_a_worker_is_killed(self, server: str) -> None:
        """The other one is stopped, which is no stop that somebody asked for."""
        with running("shop:app", "--server", server, "--workers", "2") as it:
            pids: set[int] = set()
            eventually(lambda: pids.add(int((answer(it.url) or "").split()[0])) or len(pids) == 2)  # type: ignore[func-returns-value]  # as above
            os.kill(pids.pop(), signal.SIGKILL)
            assert 1 == it.process.wait(PATIENCE)

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("server", SERVERS)
    @pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["one worker", "two workers"])
    def test_1_where_there_is_no_app(self, server: str, more: list[str]) -> None:
        """Said once: no traceback, no server, no worker that is started for ever."""
        command = [
            *MAIN,
            "run",
            "shop:ap",
            "--server",
            server,
            "--port",
            str(*free_ports(1)),
            *more,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert (1, "", "Error: the module 'shop' has no 'ap'; is it 'app'?\n") == (
            done.returncode,
            done.stdout,
            done.stderr,
        )

    def test_they_are_in_the_help(self, cli: Cli) -> None:
        """And in the docs."""
        assert "Exit status: 0 stopped by Ctrl-C or SIGTERM; 1" in cli("run", "--help").stdout


@pytest.mark.usefixtures("project")
class TestRefusals:
    """What cannot be served is said before anything starts."""

    def test_a_store_in_the_place_of_a_file(self, cli: Cli) -> None:
        """Status 2, as for any store that cannot be used."""
        result = cli("run", "shop:app", "--store", "shop.py")
        assert 2 == result.exit_code
        assert "shop.py is a file; name a folder, which may be new" in result.stderr

    def test_a_store_that_cannot_be_written(self, cli: Cli) -> None:
        """Before the app is imported; nothing can be made in /proc, by root neither."""
        result = cli("run", "nothing:app", "--store", "/proc/traffic")
        assert 2 == result.exit_code
        assert (
            "Error: the store /proc/traffic cannot be written: No such file or directory "
            "(/proc); name another folder: --store FOLDER\n"
        ) == result.stderr

    def test_a_store_of_another_kind(self, cli: Cli, project: Path) -> None:
        """No folder is made that is called so."""
        result = cli("run", "shop:app", "--store", "mysql://db/traffic")
        assert 2 == result.exit_code
        assert "no store is known by that name" in result.stderr
        assert ["shop.py"] == [path.name for path in project.iterdir()]

    def test_without_uvicorn(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """The extra is named."""
        monkeypatch.setattr(servers, "find_spec", lambda _: None)
        result = cli("run", "shop:app")
        assert (
            1,
            'Error: uvicorn is not installed; install it with: pip install "asgi-mw[cli]"\n',
        ) == (
            result.exit_code,
            result.stderr,
        )

    def test_without_dotenv(self, cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same."""
        monkeypatch.setattr(server_options, "find_spec", lambda _: None)
        (project / ".env").touch()
        result = cli("run", "shop:app", "--env-file", ".env")
        assert 1 == result.exit_code
        assert 'python-dotenv is not installed; install it with: pip install "asgi-mw[cli]"' in (
            result.stderr
        )

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--store", "memory:"], "name a folder"),
            (["--reload", "--workers", "2"], "leave out --workers"),
            (["--app-dir", "nowhere"], "does not exist"),
            (["--port", "65536"], "is not in the range"),
            (["--otlp", ""], "--otlp is empty; name a collector"),
            (["--server", "daphne"], "'daphne' is not one of 'uvicorn', 'granian', 'hypercorn'"),
            (["--uds", "s", "--port", "80"], "--uds is in the place of --port"),
            (["--root-path", "api"], "write it as /api"),
            (["--forwarded-allow-ips", "proxy"], "--forwarded-allow-ips proxy: "),
            (["--ssl-keyfile", "shop.py"], "--ssl-keyfile needs a certificate: --ssl-certfile"),
            (["--ssl-certfile", "nowhere.pem"], "does not exist"),
            (["--env-file", "nowhere.env"], "does not exist"),
            (["--log-level", "trace"], "is not one of"),
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
