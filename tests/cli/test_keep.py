"""``asgi-mw keep`` marks what no limit of the store removes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder.folder import retain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]


def test_what_is_kept_stays(cli: Cli, store: Path) -> None:
    """When all else goes, until the mark is taken away."""
    [line] = cli("ls", "--json", "path:/missing").stdout.splitlines()
    one = json.loads(line)["id"]
    result = cli("keep", one[-6:])
    assert (0, f"Kept: {one}\n") == (result.exit_code, result.stdout)
    retain(store, 0, None)
    [line] = cli("ls", "--json").stdout.splitlines()
    assert one == json.loads(line)["id"]
    assert line == cli("ls", "--json", "is:kept").stdout.rstrip("\n")
    assert f"No longer kept: {one}\n" == cli("keep", one, "--undo").stdout
    assert "No recordings yet.\n" == cli("ls").stderr


@pytest.mark.usefixtures("store")
def test_what_is_unknown_is_not_kept(cli: Cli) -> None:
    """As `show` says it."""
    result = cli("keep", "zzz")
    assert 1 == result.exit_code
    assert "no exchange has an id" in result.stderr
