"""``asgi-mw doctor`` finds what is wrong and says how to mend it."""

from __future__ import annotations

import grp
import json
import pwd
import re
import sqlite3
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli import examination
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def findings(result: Result, about: str) -> list[tuple[str, str, str]]:
    """What was found about one thing."""
    every = [json.loads(line) for line in result.stdout.splitlines()]
    return [(one["level"], one["said"], one["fix"] or "") for one in every if one["about"] == about]


def test_a_healthy_store(cli: Cli, store: Path) -> None:
    """Everything is in its place."""
    result = cli("doctor", "--json")
    assert 0 == result.exit_code
    [(level, says, mend)] = findings(result, "store")
    assert ("ok", "") == (level, mend)
    assert says.startswith(f"{store}: 5 exchanges, 0 in flight, ")


@pytest.mark.usefixtures("killed")
def test_what_was_lost_is_told(cli: Cli) -> None:
    """With the way to it; it is no fault of the store."""
    result = cli("doctor", "--json")
    assert 0 == result.exit_code
    (_, says, _), (level, lost, mend) = findings(result, "store")
    assert ": 6 exchanges, 0 in flight, " in says
    assert "warning" == level
    assert "1 connections were lost: their processes died while they served them" == lost
    assert "look at them: asgi-mw ls --outcome lost" == mend


@pytest.mark.usefixtures("here")
def test_no_store_yet_is_nothing_wrong(cli: Cli) -> None:
    """How to make one is said."""
    result = cli("doctor")
    assert 0 == result.exit_code
    assert "asgi-mw run module:app" in result.stdout


@pytest.mark.parametrize(
    ("mode", "level"), [(0o700, "ok"), (0o755, "ok"), (0o711, "ok"), (0o707, "error")]
)
def test_who_may_write_into_the_folder(cli: Cli, store: Path, mode: int, level: str) -> None:
    """Whoever may could put something else there; to see the names of private files is no harm."""
    store.chmod(mode)
    result = cli("doctor", "--json")
    wrong = findings(result, "store")[1:]
    assert level != "error" or wrong == [
        (
            "error",
            f"{store.name} can be read or written by other users",
            f"chmod -R go-rwx {store.name}",
        )
    ]
    assert (level == "error") == bool(wrong) == bool(result.exit_code)


def test_other_users_must_not_read_recordings(cli: Cli, store: Path) -> None:
    """They hold what clients sent."""
    [path] = store.glob("*.db")
    path.chmod(0o604)
    result = cli("doctor", "--json")
    assert 1 == result.exit_code
    _, wrong = findings(result, "store")
    assert ("error", f"{store.name}/{path.name} can be read or written by other users") == wrong[:2]


@pytest.mark.parametrize(("names", "mode"), [("ada", 0o660), ("staff", 0o600)])
def test_a_group_of_oneself_is_nobody_else(
    store: Path, monkeypatch: pytest.MonkeyPatch, names: str, mode: int
) -> None:
    """As where each user has a group of the same name, and a umask of 002."""
    group = grp.struct_group((names, "x", store.stat().st_gid, []))
    user = pwd.struct_passwd(("ada", "x", store.stat().st_uid, 0, "", "", ""))
    monkeypatch.setattr(grp, "getgrgid", lambda _: group)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: user)
    [path] = store.glob("*.db")
    path.chmod(0o660)
    assert examination._is_open(path) is (mode == 0o600)
    monkeypatch.setattr(grp, "getgrgid", {}.__getitem__)
    assert examination._is_open(path)


def test_a_corrupt_file_is_an_error(cli: Cli, store: Path) -> None:
    """It is named."""
    broken = store / "broken.db"
    broken.write_bytes(b"x" * 5000)
    broken.chmod(0o600)
    result = cli("doctor", "--json")
    assert 1 == result.exit_code
    [_, (level, says, _)] = findings(result, "store")
    assert ("error", True) == (level, says.startswith("broken.db "))


def test_a_file_in_place_of_the_folder_is_an_error(cli: Cli, here: Path) -> None:
    """No traceback."""
    (here / ".asgi-mw").touch()
    result = cli("doctor")
    assert 1 == result.exit_code
    assert "is a file" in result.stdout


def test_another_folder_is_no_store(cli: Cli, store: Path) -> None:
    """What is meant is named, and nothing is left in it."""
    result = cli("doctor", "--store", store.parent, "--json")
    assert [("note", f"{store.parent}: none yet", f"did you mean {store}?")] == (
        findings(result, "store")
    )
    assert [store] == list(store.parent.iterdir())


@pytest.mark.parametrize("place", ["/proc/traffic", "notes/traffic"])
def test_a_store_that_cannot_be_made_is_an_error(cli: Cli, here: Path, place: str) -> None:
    """By root neither."""
    (here / "notes").touch()
    result = cli("doctor", "--store", place, "--json")
    assert 1 == result.exit_code
    [(level, says, mend)] = findings(result, "store")
    assert ("error", True) == (level, says.startswith(f"{place} cannot be written: No"))
    assert "record as the user whose folder it is, or to another one: --store FOLDER" == mend


def test_a_store_that_cannot_be_written_is_an_error(store: Path) -> None:
    """As on a full disk; it can still be read."""
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from asgi_mw.cli import main
main()
"""
    # -B: Python itself would leave a file that is cut, and read it the next time
    command = [sys.executable, "-B", "-c", code, "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (1, "") == (done.returncode, done.stderr)
    every = [json.loads(line) for line in done.stdout.splitlines()]
    read, wrong = [(one["level"], one["said"]) for one in every if one["about"] == "store"]
    assert ("ok", True) == (read[0], read[1].startswith(f"{store}: 5 exchanges, "))
    assert ("error", True) == (wrong[0], wrong[1].startswith(f"{store.name} cannot be written: d"))


@pytest.mark.usefixtures("here")
def test_a_store_of_one_process_is_only_noted(cli: Cli) -> None:
    """There is nothing to look at."""
    result = cli("doctor", "--store", "memory:", "--json")
    assert [("note", "memory: is seen only by the process that records", "")] == findings(
        result, "store"
    )


@pytest.mark.usefixtures("here")
def test_what_is_safe_is_neither_warned_of_nor_wrong(cli: Cli) -> None:
    """In a folder without recordings, with whatever is installed here."""
    result = cli("doctor", "--json")
    levels = {json.loads(line)["level"] for line in result.stdout.splitlines()}
    assert levels <= {"ok", "note"}


@pytest.mark.parametrize(
    ("version", "level"), [((3, 51, 2), "note"), ((3, 51, 3), "ok"), ((3, 53, 0), "ok")]
)
@pytest.mark.usefixtures("here")
def test_the_wal_reset_fault_is_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], level: str
) -> None:
    """Before 3.51.3, and that recordings are safe from it."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    monkeypatch.setattr(sqlite3, "sqlite_version", ".".join(map(str, version)))
    result = cli("doctor", "--json")
    [found] = findings(result, "sqlite")
    assert (0, level) == (result.exit_code, found[0])


@pytest.mark.usefixtures("here")
def test_a_missing_extra_is_no_error(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """How to get it is said."""
    monkeypatch.setitem(examination.EXTRAS, "fast", ("no-such-distribution",))
    result = cli("doctor", "--json")
    assert 0 == result.exit_code
    assert [
        ("note", "without no-such-distribution", 'if you want it: pip install "asgi-mw[fast]"')
    ] == findings(result, "extra fast")


@pytest.mark.usefixtures("here")
def test_a_missing_requirement_is_an_error(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing works without."""
    monkeypatch.setattr(examination, "_CORE", ("no-such-distribution",))
    result = cli("doctor", "--json")
    assert 1 == result.exit_code
    [(level, says, _)] = findings(result, "asgi-mw")
    assert ("error", True) == (level, "missing: no-such-distribution" in says)


def test_the_extras_are_those_of_the_project() -> None:
    """The list is kept with that in pyproject.toml."""
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    names = {
        extra: {re.split(r"[>=;\[ ]", one)[0] for one in requirements}
        for extra, requirements in project["optional-dependencies"].items()
        if extra not in {"all", "demo", "dev", "docs"}
    }
    assert {extra: set(found) for extra, found in examination.EXTRAS.items()} == {
        extra: found - ({"backports.zstd"} - set(examination.EXTRAS["compress"]))
        for extra, found in names.items()
    }


def test_the_layers_of_an_app_are_looked_at(cli: Cli, tmp_path: Path) -> None:
    """With what is unwise in their options."""
    code = """
        from asgi_mw import cors, timing
        async def bare(scope, receive, send): ...
        app = timing(
            cors(bare, allow_origins=["http://intranet.example.org"], allow_credentials=True)
        )
        """
    (tmp_path / "unwise_app.py").write_text(textwrap.dedent(code))
    result = cli("doctor", "unwise_app:app", "--app-dir", str(tmp_path), "--json")

    assert 0 == result.exit_code
    [first, second, note, third] = findings(result, "layer")
    assert ("ok", "timing()", "") == first
    assert second[1].startswith("cors(allow_origins=['http://intranet.example.org']")
    assert "warning" == note[0]
    assert note[1].startswith("credentials over plain http for intranet.example.org")
    assert ("ok", "bare", "") == third


def test_a_layer_that_will_be_refused_is_an_error(cli: Cli, tmp_path: Path) -> None:
    """Its framework makes it only when the first request comes."""
    code = """
        from asgi_mw import cors
        from starlette.applications import Starlette
        app = Starlette()
        app.add_middleware(cors, allow_origins=["https://example.org/"])
        """
    (tmp_path / "refused_app.py").write_text(textwrap.dedent(code))
    result = cli("doctor", "refused_app:app", "--app-dir", str(tmp_path), "--json")

    assert 1 == result.exit_code
    [_, _, (level, says, _)] = findings(result, "layer")
    assert "error" == level
    assert says.startswith("cors: allow_origins='https://example.org/': an origin has no /")


def test_an_app_that_is_not_there_is_said(cli: Cli) -> None:
    """With the words of `run`."""
    result = cli("doctor", "no_such_module:app")

    assert 0 != result.exit_code


def test_what_codes_each_content_coding_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing library leaves its coding out of every negotiation."""
    [(level, says, mend)] = findings(cli("doctor", "--json"), "codings")
    assert ("ok", "") == (level, mend)
    assert "br: brotli" in says

    monkeypatch.setitem(sys.modules, "brotli", None)
    [(level, says, mend)] = findings(cli("doctor", "--json"), "codings")
    assert ("note", 'if you want them: pip install "asgi-mw[compress]"') == (level, mend)
    assert says.endswith("without br, which are neither offered nor decoded")
