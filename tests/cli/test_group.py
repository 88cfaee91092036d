"""``asgi-mw`` itself: its verbs, its start, and how it ends."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

import asgi_mw
from asgi_mw.cli import VERBS
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

MAIN = [sys.executable, "-m", "asgi_mw"]


def test_help_names_every_verb(cli: Cli) -> None:
    """Each with its line."""
    result = cli("--help")
    assert 0 == result.exit_code
    assert sorted(VERBS) == list(VERBS)
    assert [True] * len(VERBS) == [f"\n  {verb} " in result.stdout for verb in VERBS]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_json(cli: Cli, verb: str) -> None:
    """Programs are served by all of them."""
    result = cli(verb, "-h")
    assert 0 == result.exit_code
    assert result.stdout.startswith(f"Usage: asgi-mw {verb} ")
    assert verb == "mcp" or "--json" in result.stdout  # it speaks nothing else


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("rnu", "Error: No such command 'rnu'; is it run?\n"),
        ("lst", "Error: No such command 'lst'; is it ls?\n"),
        ("Show", "Error: No such command 'Show'; is it show?\n"),
        ("zzz", "Error: No such command 'zzz'.\n"),
        ("--verison", "Error: No such option '--verison'. Did you mean '--version'?\n"),
    ],
)
def test_an_unknown_verb_is_wrong_usage(cli: Cli, verb: str, said: str) -> None:
    """Exit status 2, and the nearest is named, as it is of options."""
    result = cli(verb)
    assert 2 == result.exit_code
    assert result.stderr.endswith(said)


def test_the_version(cli: Cli) -> None:
    """As installed, and that of Python, as a report of a bug needs both."""
    said = f"asgi-mw {version('asgi-mw')}, Python {platform.python_version()}\n"
    assert said == cli("--version").stdout
    assert asgi_mw.__version__ == version("asgi-mw")


def test_the_package_has_no_other_name_than_its_own() -> None:
    """Though the version is looked up as it is asked for."""
    with pytest.raises(AttributeError, match="module 'asgi_mw' has no attribute 'verzion'"):
        asgi_mw.verzion  # type: ignore[attr-defined]  # noqa: B018  # the mistake


def test_help_imports_no_verb_and_nothing_heavy() -> None:
    """It has to be there at once."""
    code = (
        "import sys\nfrom asgi_mw.cli import group\ngroup(['--help'], standalone_mode=False)\n"
        "print('loaded', *sorted({name.split('.')[0] for name in sys.modules}"
        " & {'uvicorn', 'rich', 'sqlite3', 'asyncio', 'anyio', 'opentelemetry'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert "loaded" == done.stdout.splitlines()[-1]


def test_a_reader_that_goes_away_ends_it_quietly(store: Path) -> None:
    """As in ``asgi-mw ls | head -1``."""
    process = subprocess.Popen(
        [*MAIN, "tail", "--store", str(store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert (b"", 0) == (process.stderr.read(), process.wait(timeout=PATIENCE))
        process.stderr.close()
    finally:
        process.kill()


def test_python_m_is_the_same() -> None:
    """For those without the script in their path."""
    done = subprocess.run(
        [*MAIN, "ls", "--status", "9"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert "write it as 404 or 5xx" in done.stderr
