"""A folder that somebody else has filled: one clear line, in bounded time and memory."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder.folder import lock
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="links, pipes and limits")

COMMANDS = [
    ("ls",),
    ("ls", "--in-flight"),
    ("show", "last"),
    ("show", "00000000"),
    ("doctor",),
    ("purge", "--path", "/users/*", "--yes"),
    ("purge", "--keep-bytes", "1", "--yes"),
    ("purge", "--all", "--yes"),
]


# Every command on every folder; a process of its own has limits of its own
SCRIPT = """
import json, resource, sys
from click.testing import CliRunner
from asgi_mw.cli import group
resource.setrlimit(resource.RLIMIT_AS, (800_000_000, 800_000_000))
commands, folders = json.loads(sys.argv[1]), sys.argv[2:]
for folder in folders:
    for command in commands:
        done = CliRunner().invoke(group, [*command, "--store", folder])
        print(json.dumps([folder, command, repr(done.exception), done.exit_code, done.stderr]))
"""


def the_only(store: Path) -> Path:
    [database] = store.glob("*.db")
    return database


def link_lock(store: Path) -> None:
    the_only(store).with_suffix(".lock").symlink_to(store.parent / "made")


def pipe_lock(store: Path) -> None:
    os.mkfifo(the_only(store).with_suffix(".lock"))


def link_request(store: Path) -> None:
    the_only(store).with_suffix(".release").symlink_to(store.parent / "made")


def pipe(store: Path) -> None:
    os.mkfifo(store / "other.db")


def pipe_log(store: Path) -> None:
    path = the_only(store)
    os.mkfifo(path.with_name(path.name + "-wal"))


def dangle(store: Path) -> None:
    (store / "other.db").symlink_to("nowhere")


def alter(store: Path, sql: str) -> None:
    with closing(sqlite3.connect(the_only(store), isolation_level=None)) as connection:
        connection.execute(sql)


def blobs(store: Path) -> None:
    """1.5 GB of payload in a row of 1.1 MB."""
    event = {"direction": "send", "called": 1, "returned": 2}
    message = {"type": "x", "all": [{"$blob": [0, 1_000_000]}] * 1500}
    with closing(sqlite3.connect(the_only(store), isolation_level=None)) as connection:
        [[seq, facts]] = connection.execute("SELECT max(seq), facts FROM exchange").fetchall()
        changed = json.dumps({**json.loads(facts), "events": [{**event, "message": message}]})
        sql = "UPDATE exchange SET facts = ?, bodies = zeroblob(1000000) WHERE seq = ?"
        connection.execute(sql, (changed, seq))


numbers = partial(
    alter, sql="UPDATE exchange SET facts = json_set(facts, '$.began', 1e300, '$.ended', -7)"
)
texts = partial(alter, sql="UPDATE exchange SET facts = hex(zeroblob(40000000)) WHERE seq = 1")
short = partial(alter, sql="UPDATE exchange SET facts = hex(zeroblob(100000))")
ids = partial(alter, sql="UPDATE exchange SET id = 'z' || id")


def nest(store: Path) -> None:
    with closing(sqlite3.connect(the_only(store), isolation_level=None)) as connection:
        connection.execute("UPDATE exchange SET facts = ?", ("[" * 400_000,))


SPOILT: list[Callable[[Path], None]] = [
    *(link_lock, pipe_lock, link_request, pipe, pipe_log, dangle),
    *(blobs, numbers, texts, short, ids, nest),
]


def test_every_command_ends_with_a_clear_line(store: Path, tmp_path: Path) -> None:
    """Soon, in 800 MB, and makes nothing elsewhere."""
    folders = []
    for number, spoil in enumerate(SPOILT):
        folders.append(tmp_path / f"spoilt {number}")
        shutil.copytree(store, folders[-1])
        spoil(folders[-1])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(COMMANDS), *folders],
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
    )
    assert (0, "") == (done.returncode, done.stderr)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(COMMANDS) * len(folders)
    for _, _, exception, status, stderr in told:
        assert exception == "None" or exception.startswith("SystemExit(")
        assert status in {0, 1, 2}
        assert all(len(line) < 500 for line in stderr.splitlines())
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (pipe, "other.db is no plain file; remove it"),
        (dangle, "other.db is no plain file; remove it"),
        (pipe_log, ".db-wal is no plain file; remove it"),
        (blobs, "a payload is not where it is said to be"),
        (numbers, "float where int belongs"),
        (ids, "5 rows without an id are left out"),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(
    cli: Cli, store: Path, spoil: Callable[[Path], None], says: str
) -> None:
    """Beside what can be read; `doctor` tells it as what it found."""
    spoil(store)
    result = cli("ls", "--limit", "9")
    [line] = result.stderr.replace("Nothing matches in what could be read.\n", "").splitlines()
    assert 2 == result.exit_code
    assert line.startswith("Warning: ") and says in line
    result = cli("doctor", "--json")
    assert 1 == result.exit_code
    assert says in result.stdout


def test_a_purge_that_was_kept_from_it_says_so(
    cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not end as one that succeeded, and programs are told as well."""
    monkeypatch.setattr("asgi_mw.recorder.purge._PATIENCE", 0.05)
    held = lock(the_only(store))
    assert held is not None
    result = cli("purge", "--all", "--yes", "--json")
    held.release()
    told = json.loads(result.stdout)
    assert (2, 0, 5) == (result.exit_code, told["removed"], told["matching"])
    [problem] = told["problems"]
    assert f"Warning: {problem}\n" == result.stderr
    assert "is being written and was not let go; try again" in problem


def test_tail_names_each_bad_file_once(
    store: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And goes on with the others."""
    pipe(store)
    polls = iter(range(12))

    def pause(_: float) -> None:
        if next(polls, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr("asgi_mw.cli.tail.sleep", pause)
    result = cli("tail")
    assert (0, 6) == (result.exit_code, len(result.stdout.splitlines()))
    assert "Warning: other.db is no plain file; remove it\n" == result.stderr


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("little", "mend"),
    [(0, "make room: asgi-mw purge --keep-bytes "), (10**9, "make room: the store takes next to")],
)
def test_doctor_advises_a_purge_if_that_makes_room(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, little: int, mend: str
) -> None:
    """To half of what the store takes now."""
    monkeypatch.setattr("asgi_mw.cli.examination._FREE_BYTES", 10**18)
    monkeypatch.setattr("asgi_mw.cli.examination._LITTLE", little)
    findings = map(json.loads, cli("doctor", "--json").stdout.splitlines())
    [told] = [one["fix"] for one in findings if "are free" in one["said"]]
    assert told.startswith(mend)
