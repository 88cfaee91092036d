"""``asgi-mw doctor`` finds what is wrong and says how to mend it."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli import examination

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def findings(result: Result, about: str) -> list[tuple[str, str, str]]:
    """What was found about one thing."""
    every = [json.loads(line) for line in result.stdout.splitlines()]
    return [(one["level"], one["says"], one["mend"]) for one in every if one["about"] == about]


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


def test_other_users_must_not_read_recordings(cli: Cli, store: Path) -> None:
    """They hold what clients sent."""
    store.chmod(0o755)
    result = cli("doctor", "--json")
    assert 1 == result.exit_code
    _, wrong = findings(result, "store")
    assert ("error", f"{store.name} can be read or written by other users") == wrong[:2]
    assert f"chmod -R go-rwx {store.name}" == wrong[2]


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


@pytest.mark.parametrize(
    ("version", "level"), [((3, 51, 2), "warning"), ((3, 51, 3), "ok"), ((3, 53, 0), "ok")]
)
@pytest.mark.usefixtures("here")
def test_the_wal_reset_fault_is_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], level: str
) -> None:
    """Before 3.51.3, with what it means here."""
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
        if extra not in {"all", "dev"}
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
