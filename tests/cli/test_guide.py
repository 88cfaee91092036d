"""Every command in the guide is right usage."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli import VERBS, group

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

GUIDE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ asgi-mw (.*?)(?: \| .*)?$", GUIDE, re.MULTILINE)
# What serves, and what asks before it begins
GO_ON = (
    *("run", "tail", "demo", "inspect", "mcp", "replay", "ship"),
    *("conformance --server", "conformance --command"),
)


@pytest.mark.parametrize("line", [one for one in COMMANDS if not one.startswith(GO_ON)])
@pytest.mark.usefixtures("store")
def test_a_command_of_the_guide_runs(cli: Cli, line: str) -> None:
    """Ids and stores of the guide are not here, but the options are."""
    assert cli(*shlex.split(line)).exit_code in {0, 1}


@pytest.mark.parametrize("line", [one for one in COMMANDS if one.startswith(GO_ON)])
def test_a_command_that_goes_on_is_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is parsed, and not begun."""
    monkeypatch.setenv("TOKEN", "there")
    verb, *arguments = shlex.split(line)
    context = group.make_context("asgi-mw", [verb])
    command = group.get_command(context, verb)
    assert command is not None
    assert verb == command.make_context(verb, arguments, parent=context).info_name


def test_every_verb_is_in_the_guide() -> None:
    """Each with a chapter."""
    assert sorted(VERBS) == sorted(re.findall(r"^## ([a-z]+)$", GUIDE, re.MULTILINE))


def test_every_option_of_the_guide_exists() -> None:
    """None was renamed."""
    context = group.make_context("asgi-mw", ["ls"])
    known = {option for param in group.params for option in param.opts}
    for verb in VERBS:
        command = group.get_command(context, verb)
        assert command is not None
        for param in command.params:
            known |= {*param.opts, *param.secondary_opts}
    said = re.sub(r"^curl .*\n( +--.*\n)+", "", GUIDE, flags=re.MULTILINE)  # its own options
    assert set() == set(re.findall(r"--[a-z][a-z-]+", said)) - known
