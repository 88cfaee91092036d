"""Words of a filter stand beside the options, also those that begin with a minus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("store")


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        pytest.param(["status:5xx"], ["/crash"], id="word"),
        pytest.param(["status:5xx,404 -path:/missing"], ["/crash"], id="several in one argument"),
        pytest.param(["status:404", "method:get"], ["/missing"], id="several arguments"),
        pytest.param(["-type:http"], ["/ws"], id="minus"),
        pytest.param(["-type:http,ws", "--json"], [], id="nothing"),
        pytest.param(["--status", "404", "-path:/ws"], ["/missing"], id="beside an option"),
        pytest.param(["RUNTIMEERROR"], ["/crash"], id="bare"),
        pytest.param(["--", "-type:http"], ["/ws"], id="after two minuses"),
        pytest.param(["--limit", "1", "type:http", "path:/[mu]*"], ["/missing"], id="limit"),
    ],
)
def test_a_command_takes_words(cli: Cli, arguments: list[str], paths: list[str]) -> None:
    """Each leaves what it names."""
    result = cli("ls", "--json", *arguments)
    assert 0 == result.exit_code
    assert paths == [json.loads(line)["path"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stauts:5xx"], "stauts='5xx': is no word, at character 1; is it status?"),
        (["status:9xx"], "write it as 404, 5xx or >=400"),
        (["-nope:1"], "No such option"),
    ],
)
def test_what_is_no_word_is_refused(cli: Cli, arguments: list[str], message: str) -> None:
    """With what to write."""
    result = cli("ls", *arguments)
    assert (2, "") == (result.exit_code, result.stdout)
    assert message in result.stderr


def test_a_folder_of_a_store_is_no_text(cli: Cli, store: Path) -> None:
    """Nor the one around it; what is named by --store is said."""
    (store.parent / "with blank").mkdir()
    store.rename(store.parent / "with blank" / ".asgi-mw")
    for place in ("with blank/.asgi-mw", "with blank"):
        result = cli("ls", "--store", "with blank/.asgi-mw", place)
        assert (2, "") == (result.exit_code, result.stdout)
        assert f"{place} is a folder; write --store 'with blank/.asgi-mw'\n" in result.stderr


def test_another_folder_may_be_text(cli: Cli, store: Path) -> None:
    """As /users is; only where nothing matches, it is said to be a folder."""
    users, usual = store.parent / "users", "is a folder: a store is named by --store.\n"
    users.mkdir()
    assert 1 == len(cli("ls", "users", "--json").stdout.splitlines())
    assert f"Nothing matches; {users} {usual}" == cli("ls", users).stderr


def test_show_and_purge_take_them_too(cli: Cli) -> None:
    """As ls does."""
    assert "GET /missing" in cli("show", "last", "status:404").stdout
    assert "Would remove 4 exchanges\n" == cli("purge", "-status:404", "--dry-run").stdout
    assert "say what to remove" in cli("purge").stderr
