"""The options of ``asgi-mw mcp``: a replay has to be allowed, and gets what `replay` gets."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.cli import group

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

PAGE = Path(__file__).parents[2] / "docs" / "let-an-agent-look.md"
CONFIGURATIONS = re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--allow-replay"], "say against what: --app module:app, or --to http://127.0.0.1:8000"),
        (["--app", "shop:app"], "--app is for a replay: add --allow-replay, or leave it out"),
        (["--unsafe"], "--unsafe is for a replay: add --allow-replay, or leave it out"),
        (["--allow-replay", "--to", "http://192.0.2.1"], "192.0.2.1 is another machine"),
    ],
)
def test_what_does_not_go_together_is_said(cli: Cli, arguments: list[str], said: str) -> None:
    """With status 2, before anything is served."""
    result = cli("mcp", *arguments)
    assert 2 == result.exit_code
    assert said in result.stderr


def test_a_replay_gets_the_options(monkeypatch: pytest.MonkeyPatch, cli: Cli) -> None:
    """But no secret is among its arguments, which others may see."""
    made: list[Any] = []
    monkeypatch.setenv("TOKEN", "t0psecret")
    monkeypatch.setattr("asgi_mw.agents.server.serve", lambda _: None)
    monkeypatch.setattr(
        "asgi_mw.agents.replaying.Replays", lambda *given, **named: made.append((given, named))
    )
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    wishes = ["--to", "http://127.0.0.1:8000", "--keep-host", "--unsafe", "--pace", "2x"]
    more = ["--timeout", "1.5s", "--ignore", "header etag", "--keep", "now"]
    result = cli("mcp", "--allow-replay", *wishes, *more, "--secret", "authorization=env:TOKEN")
    assert (0, "") == (result.exit_code, result.stdout)
    [((options,), named)] = made
    assert [
        "--to=http://127.0.0.1:8000",
        "--allow-host=127.0.0.1",
        "--keep-host",
        "--unsafe",
        "--pace=2.000000x",
        "--timeout=1.500000s",
        "--keep=now",
        "--ignore=header etag",
        "--secret=authorization=env:ASGI_MW_MCP_SECRET_0",
    ] == options
    assert {"unsafe": True, "secrets": {"ASGI_MW_MCP_SECRET_0": "t0psecret"}} == named
    monkeypatch.setenv("ASGI_MW_MCP_SECRET_0", "t0psecret")
    wanted = parsed("replay", options)
    assert (1.5, 0.5, {"authorization": "t0psecret"}) == (
        wanted["timeout"],
        wanted["pace"],
        wanted["secrets"],
    )


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=range(len(CONFIGURATIONS)))
def test_a_configuration_of_the_guide_is_right_usage(text: str, here: Path) -> None:
    """Whatever the client calls it; the folders are others here."""
    configuration = json.loads(text)
    [servers] = configuration.values()
    server = servers["asgi-mw"]
    verb, *arguments = (re.sub(r"/home/ada/shop$", str(here), one) for one in server["args"])
    assert ("asgi-mw", "mcp") == (server["command"], verb)
    assert parsed(verb, arguments)["store"].endswith(".asgi-mw")


def parsed(verb: str, arguments: list[str]) -> dict[str, Any]:
    """The options that a verb takes its arguments for."""
    context = group.make_context("asgi-mw", [verb])
    command = group.get_command(context, verb)
    assert command is not None
    return command.make_context(verb, arguments, parent=context).params
