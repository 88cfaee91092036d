"""``asgi-mw export``: recordings as a file for other tools."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import open_store
from asgi_mw.cli import export
from asgi_mw.recorder.adding import add
from tests.export.har.schema import check
from tests.otlp.received import receiving
from tests.recorder.made import made
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    Cli = Callable[..., Result]

FORMATS = [
    *("har", "jsonl", "trace", "parquet", "curl", "httpx", "mermaid", "text", "http", "pytest"),
    "otlp",
]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.usefixtures("store")
def test_each_format_is_written_to_a_file(cli: Cli, here: Path, kind: str) -> None:
    """Which standard error says."""
    done = cli("export", "--as", kind, "-o", "out")
    assert (0, "") == (done.exit_code, done.stdout)
    assert done.stderr.startswith("Wrote ")
    assert (here / "out").stat().st_size > 100
    assert b"s3cret" not in (here / "out").read_bytes()
    assert [] == list(here.glob(".asgi-mw-*.part"))


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "parquet"])
@pytest.mark.usefixtures("store")
def test_text_goes_to_standard_output(cli: Cli, kind: str) -> None:
    """And drives no terminal, whatever was recorded."""
    done = cli("export", "--as", kind)
    assert 0 == done.exit_code
    assert done.stdout.replace("\n", "").replace("\t", "").isprintable()


@pytest.mark.usefixtures("store")
def test_the_oldest_is_first(cli: Cli) -> None:
    """As whoever reads an archive wants it; each is in it once."""
    har = json.loads(cli("export", "--as", "har").stdout)
    check(har)
    moments = [entry["startedDateTime"] for entry in har["log"]["entries"]]
    assert (5, sorted(moments)) == (len(moments), moments)


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        (["status:404"], ["/missing"]),
        (["--status", "404"], ["/missing"]),
        (["-type:ws", "path:/users"], ["/users/7"]),
        (["last", "--method", "POST"], ["/crash"]),
        (["last-error"], ["/crash"]),
        (["--limit", "1", "type:http", "-path:/a"], ["/crash"]),
    ],
)
@pytest.mark.usefixtures("store")
def test_a_filter_says_which(cli: Cli, arguments: list[str], paths: list[str]) -> None:
    """In words or by options, as in ls; or last, as in show."""
    done = cli("export", *arguments, "--as", "jsonl")
    assert paths == [json.loads(line)["path"] for line in done.stdout.splitlines()]


def test_an_id_says_which(cli: Cli, store: Path) -> None:
    """By its beginning or its end, however many."""
    ids = [one.id for one in open_store(store).exchanges()]
    done = cli("export", ids[0][-8:], ids[-1], "--as", "jsonl")
    assert [ids[-1], ids[0]] == [json.loads(line)["id"] for line in done.stdout.splitlines()]
    unknown = cli("export", "ffffffffff", "--as", "jsonl")
    assert (1, "") == (unknown.exit_code, unknown.stdout)
    assert "no exchange has an id" in unknown.stderr


@pytest.mark.usefixtures("store")
def test_what_was_written_is_said_in_json(cli: Cli) -> None:
    """For programs."""
    done = cli("export", "--as", "httpx", "-o", "out", "--json")
    assert {
        "file": "out",
        "to": None,
        "format": "httpx",
        "written": 4,
        "left_out": {"websocket as httpx": 1},
        "problems": [],
    } == json.loads(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing option '--as'"),
        (["--as", "xml"], "'xml' is not one of"),
        (["--as", "har", "--app", "a:b"], "--app is for tests"),
        (["--as", "har", "--table", "events"], "--table is for parquet"),
        (["--as", "har", "--json"], "say which with -o FILE"),
        (["--as", "har", "status:5x"], "status"),
        (["abcd", "status:5xx", "--as", "har"], "leave out the filter and --limit, or ID"),
        (["abcd", "--limit", "3", "--as", "har"], "leave out the filter and --limit, or ID"),
        (["--as", "har", "-o", "no/out"], "there is no folder"),
        (["--as", "pytest", "--app", "shop"], "write it as module:app"),
        (["--as", "har", "--to", "http://a"], "leave out --as har, or --to"),
        (["--to", "http://a", "-o", "out"], "leave out -o FILE, or --to"),
        (["--to", "a:4318"], "write 'http://collector:4318'"),
        (["--as", "otlp", "--bodies", "raw"], "write --bodies redacted"),
        (["--as", "otlp", "--body-limit", "1k"], "--body-limit is for otlp with --bodies redacted"),
        (["--as", "har", "--bodies", "redacted", "--body-limit", "1k"], "--body-limit is for otlp"),
    ],
)
@pytest.mark.usefixtures("store")
def test_wrong_usage_says_what_to_write(cli: Cli, arguments: list[str], said: str) -> None:
    """With status 2."""
    done = cli("export", *arguments)
    assert 2 == done.exit_code
    assert said in done.stderr


@pytest.mark.usefixtures("store")
def test_a_file_that_is_there_stays(cli: Cli, here: Path) -> None:
    """Unless it may be overwritten."""
    (here / "out").write_text("mine")
    refused = cli("export", "--as", "har", "-o", "out")
    assert (2, "mine") == (refused.exit_code, (here / "out").read_text())
    assert 0 == cli("export", "--as", "har", "-o", "out", "--force").exit_code
    assert (here / "out").read_text().startswith('{"log"')


@pytest.mark.usefixtures("store")
def test_nothing_that_matches_makes_no_file(cli: Cli, here: Path) -> None:
    """With status 1."""
    done = cli("export", "path:/nowhere", "--as", "har", "-o", "out")
    assert (1, "Nothing matches.\n", False) == (
        done.exit_code,
        done.stderr,
        (here / "out").exists(),
    )


def test_what_cannot_be_read_is_said(cli: Cli, store: Path, here: Path) -> None:
    """With status 2, and the others are written."""
    [path] = store.glob("*.db")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE exchange SET facts = '{' WHERE path = '/missing'")
    connection.close()
    done = cli("export", "--as", "jsonl", "-o", "out")
    assert 2 == done.exit_code
    assert "Wrote 4 exchanges to out." in done.stderr
    assert path.name in done.stderr
    assert 4 == len((here / "out").read_text().splitlines())


def test_what_is_still_served_is_not_exported(
    cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not over."""
    [one, *_] = open_store(store).exchanges()
    monkeypatch.setattr(
        export, "find", lambda *_: type("Flying", (), {"outcome": None, "id": one.id})
    )
    done = cli("export", "last", "--as", "har")
    assert (1, f"Error: {one.id} is still being served; wait for its end\n") == (
        done.exit_code,
        done.stderr,
    )


@pytest.mark.parametrize(("bodies", "found"), [(None, False), ("raw", True), ("none", False)])
@pytest.mark.parametrize("kind", ["har", "text", "http"])
def test_bodies_that_were_recorded_raw_are_masked(
    cli: Cli,
    here: Path,
    kind: str,
    bodies: str | None,
    found: bool,  # noqa: FBT001  # pytest gives it so
) -> None:
    """Unless somebody wants them as they are."""
    add(here / ".asgi-mw", [made(method="POST", request=b'{"password": "hunter2"}')])
    options = [] if bodies is None else ["--bodies", bodies]
    done = cli("export", "--as", kind, *options)
    assert found == ("hunter2" in done.stdout)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], None),
        (["--bodies", "none"], None),
        (["--bodies", "redacted"], '{"password": "[redacted]"}'),
        (["--bodies", "redacted", "--body-limit", "5"], '{"pas'),
    ],
)
def test_logs_have_bodies_if_they_are_asked_for(
    cli: Cli, here: Path, options: list[str], found: str | None
) -> None:
    """Masked, though they were recorded raw, and as long as they may be."""
    add(here / ".asgi-mw", [made(method="POST", request=b'{"password": "hunter2"}')])
    done = cli("export", "--as", "otlp", *options)
    [resource] = json.loads(done.stdout)["resourceLogs"]
    [record] = resource["scopeLogs"][0]["logRecords"]
    bodies = [
        one["value"]["stringValue"]
        for one in record["attributes"]
        if one["key"] == "http.request.body.content"
    ]
    assert bodies == ([] if found is None else [found])


@pytest.mark.usefixtures("store")
def test_a_collector_is_sent_all(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real one, which shows them beside their spans."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    with receiving(tmp_path) as receiver:
        done = cli("export", "--to", receiver.url)
        assert (0, "") == (done.exit_code, done.stdout)
        assert f"Sent 5 exchanges to {receiver.url}.\n" == done.stderr
        said = json.loads(cli("export", "path:/missing", "--to", receiver.url, "--json").stdout)
        assert ("otlp", 1, receiver.url) == (said["format"], said["written"], said["to"])
        receiver.settle()
    paths = [one.attributes["url.path"] for one in receiver.records("LogRecord")]
    assert (6, 2) == (len(paths), paths.count("/missing"))
    assert "service.name: Str(shop)" in receiver.log.read_text()


@pytest.mark.usefixtures("store")
def test_a_collector_that_is_not_there_is_said(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """With status 1, and without a password."""
    monkeypatch.setenv("NO_PROXY", "*")
    [port] = free_ports(1)
    done = cli("export", "--to", f"http://me:hunter2@127.0.0.1:{port}")
    assert (1, "") == (done.exit_code, done.stdout)
    assert done.stderr.startswith(f"Error: 127.0.0.1:{port} did not take it: ")
    assert done.stderr.endswith("Connection refused\n")


@pytest.mark.usefixtures("store")
def test_a_table_is_nothing_for_a_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for a pipe."""
    piped = cli("export", "--as", "parquet")
    assert b"PAR1" == piped.stdout_bytes[:4]
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    refused = cli("export", "--as", "parquet")
    assert (2, True) == (refused.exit_code, "name a file with -o FILE" in refused.stderr)


@pytest.fixture
def many(here: Path) -> Iterator[Path]:
    """A store that takes some time to export."""
    add(here / ".asgi-mw", (made(number, response=b"x" * 500) for number in range(1, 3001)))
    return here  # type: ignore[return-value]  # a fixture may return


@pytest.mark.slow
def test_an_interrupted_export_leaves_nothing(many: Path) -> None:
    """No half of a file."""
    with _started(many, "-o", "out.har") as process:
        deadline = time.monotonic() + PATIENCE
        while not list(many.glob(".asgi-mw-*.part")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert 1 == process.wait(PATIENCE)
    assert [".asgi-mw"] == [path.name for path in many.iterdir()]


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_failure(many: Path) -> None:
    """As in ``| head``."""
    with _started(many) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert (b"", 0) == (process.stderr.read(), process.wait(PATIENCE))


def _started(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    line: list[Any] = [sys.executable, "-m", "asgi_mw", "export", "--as", "har", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        line, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
