"""A client gets the tools, answers that mark what was recorded, and errors that help."""

from __future__ import annotations

import importlib
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread
from mcp import Client, MCPError
from mcp_types import TextContent

from asgi_mw.agents import waiting
from asgi_mw.agents.server import server_of
from asgi_mw.agents.texts import INSTRUCTIONS
from asgi_mw.agents.tools import tools_of
from asgi_mw.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from mcp_types import CallToolResult

    from asgi_mw.agents.looking import Recordings

    Ask = Callable[..., str]

pytestmark = pytest.mark.anyio
# With a handshake, as clients have it for long, and without one, as the newest do
ERAS = ("legacy", "auto")


@asynccontextmanager
async def client(recordings: Recordings, era: str = "auto") -> AsyncIterator[Client]:
    """A client of a server of its tools, in this process."""
    async with Client(server_of(tools_of(recordings)), mode=era) as found:
        yield found


def texts(result: CallToolResult) -> list[str]:
    """The text of each block."""
    return [one.text for one in result.content if isinstance(one, TextContent)]


@pytest.mark.parametrize("era", ERAS)
async def test_it_introduces_itself(recordings: Recordings, era: str) -> None:
    """With what not to believe."""
    async with client(recordings, era) as agent:
        assert agent.server_info is not None
        assert ("asgi-mw", INSTRUCTIONS) == (agent.server_info.name, agent.instructions)


@pytest.mark.parametrize("era", ERAS)
async def test_its_tools_are_listed(recordings: Recordings, era: str) -> None:
    """Each with its schemas, and what it may do."""
    expected = tools_of(recordings)
    async with client(recordings, era) as agent:
        listed = (await agent.list_tools()).tools
    assert [*expected] == [one.name for one in listed]
    for one in listed:
        hints = one.annotations
        assert hints is not None
        assert (True, False, True, False) == (
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        )
        assert expected[one.name].output_schema() == one.output_schema


@pytest.mark.parametrize("era", ERAS)
async def test_what_was_recorded_is_apart(recordings: Recordings, ask: Ask, era: str) -> None:
    """In the object, and in a text of its own; both are marked."""
    await to_thread.run_sync(ask, "/evil")
    async with client(recordings, era) as agent:
        result = await agent.call_tool("list_exchanges", {})
    said, untrusted = texts(result)
    structured = result.structured_content
    assert ("/evil" in said, "/evil" in untrusted) == (False, True)
    assert "/evil" == structured["untrusted"]["exchanges"][0]["path"]
    mark = structured["untrusted"]["begin"]
    assert result.meta is not None
    assert {"mark": mark, "fields": ["untrusted"]} == result.meta["asgi-mw/untrusted"]
    assert {"asgi-mw/untrusted": True} == result.content[1].meta
    assert untrusted.startswith(f"<untrusted {mark}>\n")


async def test_a_mistake_is_an_error_that_says_what_to_do(recordings: Recordings) -> None:
    """For the agent to read, and to call again."""
    async with client(recordings) as agent:
        result = await agent.call_tool("list_exchanges", {"filter": "stauts:5xx"})
    assert result.is_error
    assert texts(result) == ["filter: stauts='5xx': is no word, at character 1; is it status?"]


async def test_an_error_keeps_apart_what_was_recorded(recordings: Recordings, ask: Ask) -> None:
    """As the names of several exchanges."""
    ids = [await to_thread.run_sync(ask, "/evil") for _ in range(2)]
    async with client(recordings) as agent:
        result = await agent.call_tool("show_exchange", {"id": ids[0][0]})
    message, _, untrusted = texts(result)
    assert (True, False, True) == (result.is_error, "/evil" in message, "/evil" in untrusted)
    assert message == result.structured_content["error"]


async def test_what_is_given_cannot_drive_a_terminal(recordings: Recordings) -> None:
    """Though an agent read it in a recording."""
    async with client(recordings) as agent:
        result = await agent.call_tool("list_exchanges", {"filter": "x\x1b[2J:\u202e", "\x07": 1})
    assert texts(result)[0].replace("\n", "").isprintable()


async def test_a_tool_that_is_none_is_said(recordings: Recordings) -> None:
    """As an error of the protocol."""
    async with client(recordings) as agent:
        with pytest.raises(MCPError, match=r"there is no tool 'ls'; take one of list_exchanges"):
            await agent.call_tool("ls", {})


async def test_a_replay_that_is_not_allowed_says_who_may(recordings: Recordings) -> None:
    """The user, and not the agent."""
    async with client(recordings) as agent:
        with pytest.raises(MCPError, match="the user has to start asgi-mw mcp with --allow-replay"):
            await agent.call_tool("replay_exchanges", {})


async def test_a_fault_of_ours_ends_one_call(
    recordings: Recordings, capsys: pytest.CaptureFixture[str]
) -> None:
    """What failed is on stderr, safe to print, and not in the answer."""
    tools = tools_of(recordings)

    async def fail(*_: object) -> Any:
        raise RuntimeError("a secret\x1b[2J")

    tools["list_exchanges"] = replace(tools["list_exchanges"], run=fail)
    async with Client(server_of(tools)) as agent:
        result = await agent.call_tool("list_exchanges", {})
        assert (await agent.call_tool("list_in_flight", {})).is_error  # there is no store
    assert result.is_error
    assert ["asgi-mw failed with RuntimeError; its stderr says where"] == texts(result)
    assert "RuntimeError: a secret\\x1b[2J" in capsys.readouterr().err


@pytest.mark.parametrize("era", ERAS)
async def test_who_waits_may_see_that_it_goes_on(
    recordings: Recordings, ask: Ask, monkeypatch: pytest.MonkeyPatch, era: str
) -> None:
    """And cancel it."""
    monkeypatch.setattr(waiting, "_PROGRESS_SECONDS", 0)
    await to_thread.run_sync(ask, "/a")
    seen: list[tuple[float | None, str | None]] = []
    async with client(recordings, era) as agent:
        with anyio.CancelScope() as scope:

            async def progress(progress: float, total: float | None, message: str | None) -> None:
                seen.append((total, message))
                scope.cancel()

            await agent.call_tool(
                "wait_for_exchange", {"timeout_s": 600}, progress_callback=progress
            )
        assert scope.cancelled_caught
        assert not (await agent.call_tool("list_exchanges", {})).is_error
    assert (600, "waiting for an exchange") == seen[0]


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As other extras do."""
    monkeypatch.delitem(sys.modules, "asgi_mw.agents.server")
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    with pytest.raises(MissingExtraError, match=r'pip install "asgi-mw\[mcp\]"'):
        importlib.import_module("asgi_mw.agents.server")
