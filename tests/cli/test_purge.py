"""``asgi-mw purge`` removes what was named, and only after it was asked or told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("store")


def paths(cli: Cli) -> list[str]:
    """What is left, without the hostile one."""
    lines = cli("ls", "--json").stdout.splitlines()
    return [path for path in (json.loads(line)["path"] for line in lines) if path.isprintable()]


ALL = ["/users/7", "/missing", "/crash", "/ws"]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        pytest.param(["--status", "404"], ["/users/7", "/crash", "/ws"], id="filter"),
        pytest.param(["--method", "GET", "--path", "/u*"], ALL[1:], id="filters"),
        pytest.param(["--older-than", "1h"], ALL, id="none is so old"),
        pytest.param(["--older-than", "0s"], [], id="all are so old"),
        pytest.param(["--keep-bytes", "1GB"], ALL, id="room enough"),
        pytest.param(["--keep-bytes", "0"], [], id="no room"),
        pytest.param(["--all"], [], id="all"),
    ],
)
def test_what_goes(cli: Cli, arguments: list[str], left: list[str]) -> None:
    """What matches goes, the rest stays."""
    result = cli("purge", "--yes", *arguments)
    assert (0, "") == (result.exit_code, result.stderr)
    assert result.stdout.startswith("Removed ")
    assert left == paths(cli)


def test_one_by_its_id(cli: Cli) -> None:
    """The short id of `ls`."""
    id_ = json.loads(cli("ls", "--json", "--path", "/ws").stdout)["id"]
    result = cli("purge", "--yes", "--json", "--id", id_[-8:])
    assert (1, 1) == tuple(json.loads(result.stdout)[key] for key in ("matching", "removed"))
    assert ALL[:-1] == paths(cli)


@pytest.mark.parametrize(
    ("arguments", "plan"),
    [
        (["--status", "404"], "Would remove 1 exchange\n"),
        (["--status", "404", "--keep-bytes", "1k"], "Would remove 1 exchange, then the oldest"),
        (["--keep-bytes", "1k"], "Would remove the oldest until 1.0 kB are left of "),
        (["--all"], "Would remove 5 exchanges\n"),
    ],
)
def test_a_dry_run_removes_nothing(cli: Cli, arguments: list[str], plan: str) -> None:
    """It says what would go."""
    result = cli("purge", "--dry-run", *arguments)
    assert (0, True, ALL) == (result.exit_code, result.stdout.startswith(plan), paths(cli))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--yes"], "say what to remove", id="nothing named"),
        pytest.param(["--all"], "add --yes", id="nobody to ask"),
        pytest.param(["--all", "--status", "404", "--yes"], "leave it out", id="all and some"),
        pytest.param(["--all", "--keep-bytes", "1k", "--yes"], "leave it out", id="all and down"),
        pytest.param(["--id", "x", "--status", "404"], "leave out the filters", id="id and filter"),
        pytest.param(["--keep-bytes", "lots"], "'lots' is not like 100MB", id="no size"),
        pytest.param(
            ["--older-than", "old"], "'old' is not like 7d, 12h, 30m or 45s\n", id="no time"
        ),
        pytest.param(
            ["--older-than", "7", "--yes"],
            "7 of what? write 7d, 12h, 30m or 45s\n",
            id="no unit",
        ),
        pytest.param(["--longer", "abc"], "200ms or 1.5, in seconds\n", id="seconds named"),
    ],
)
def test_wrong_usage_removes_nothing(cli: Cli, arguments: list[str], message: str) -> None:
    """Exit status 2, and what to write."""
    result = cli("purge", *arguments)
    assert 2 == result.exit_code
    assert message in result.stderr
    assert ALL == paths(cli)


def test_an_unknown_id_is_a_failure(cli: Cli) -> None:
    """There is nothing to remove."""
    assert 1 == cli("purge", "--id", "ffffffff", "--yes").exit_code


@pytest.mark.parametrize(("answer", "status", "left"), [("y\n", 0, []), ("n\n", 1, ALL)])
def test_a_terminal_is_asked(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, answer: str, status: int, left: list[str]
) -> None:
    """And what it answers is done."""
    monkeypatch.setattr("asgi_mw.cli.purge.asks", lambda: True)
    result = cli("purge", "--all", input=answer)
    assert (status, left) == (result.exit_code, paths(cli))
    assert "Remove 5 exchanges? [y/N]" in result.stderr  # what is on stdout is for programs
