"""Each tool says what it is, takes what it says, and answers as it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from anyio import to_thread

from asgi_mw.agents.arguments import schema_of
from asgi_mw.agents.looking import Recordings
from asgi_mw.agents.replaying import Replays
from asgi_mw.agents.texts import INSTRUCTIONS, UNTRUSTED
from asgi_mw.agents.tools import tools_of
from asgi_mw.agents.untrusted import enveloped
from asgi_mw.errors import ConfigError
from asgi_mw.recorder.facets import FACETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.agents.tool import Tool

READ = (
    *("list_exchanges", "list_in_flight", "show_exchange", "wait_for_exchange"),
    *("check_exchanges", "compare_exchanges"),
)
# Some clients show no more of a description
LONGEST = 2048


def tools(replays: Replays | None = None) -> dict[str, Tool]:
    """Those of a store that is nowhere."""
    return tools_of(Recordings("nowhere"), replays)


def test_an_agent_only_reads() -> None:
    """Unless a replay is allowed."""
    assert READ == tuple(tools())
    assert all(one.reads and not one.destroys for one in tools().values())


@pytest.mark.parametrize("unsafe", [False, True])
def test_a_replay_says_what_it_may_do(unsafe: bool) -> None:  # noqa: FBT001  # a parameter
    """It runs the app, and destroys what the app does."""
    replay = tools(Replays([], unsafe=unsafe, secrets={}))["replay_exchanges"]
    assert (False, unsafe) == (replay.reads, replay.destroys)
    assert unsafe == ("Requests that change something" in replay.description)


@pytest.mark.parametrize("tool", tools(Replays([], secrets={})).values(), ids=lambda one: one.name)
def test_a_tool_is_described(tool: Tool) -> None:
    """With schemas that are some, and so that no client cuts it."""
    for schema in (schema_of(tool.arguments), tool.output_schema()):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert "object" == schema["type"]
    assert tool.description.endswith(UNTRUSTED)
    assert len(tool.description) <= LONGEST
    assert all(one.help.endswith(".") for one in tool.arguments)


def test_every_word_of_the_filter_language_is_said() -> None:
    """By an example."""
    [words] = [one for one in tools()["list_exchanges"].arguments if one.name == "filter"]
    assert [name for name in FACETS if f" {name}:" not in words.help] == []


def test_the_instructions_fit() -> None:
    """Some clients show no more of them; what is about safety is among the first."""
    assert len(INSTRUCTIONS) <= LONGEST
    assert INSTRUCTIONS.index("SECURITY") < 400


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("list_exchanges", {"limit": 1}),
        ("list_in_flight", {}),
        ("show_exchange", {"id": "last", "max_text": 10}),
        ("wait_for_exchange", {"timeout_s": 0}),
        ("wait_for_exchange", {"after": "0" * 32}),
        ("check_exchanges", {"profile": "http"}),
        ("compare_exchanges", {"left": "last", "right": "last", "ignore": ["body"]}),
    ],
)
async def test_an_answer_is_as_its_schema_says(
    recordings: Recordings, ask: Callable[..., str], name: str, given: dict[str, Any]
) -> None:
    """Whatever is asked."""
    await to_thread.run_sync(ask, "/a")
    tool = tools_of(recordings)[name]
    answer = await tool(given, progress)
    validator = jsonschema.Draft202012Validator
    jsonschema.validate(enveloped(answer).structured, tool.output_schema(), validator)


@pytest.mark.anyio
async def test_what_it_does_not_take_is_refused() -> None:
    """Before anything is read."""
    with pytest.raises(ConfigError, match="list_exchanges: limit=0: is out of range"):
        await tools()["list_exchanges"]({"limit": 0}, progress)


async def progress(_: float, __: float | None, ___: str) -> None:
    """Ask for none."""
