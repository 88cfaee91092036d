"""Serve the tools to an agent, by the SDK of the Model Context Protocol, over stdin and stdout."""

from __future__ import annotations

import sys
import traceback
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread

from asgi_mw.agents.arguments import schema_of
from asgi_mw.agents.bounds import safe
from asgi_mw.agents.looking import NoAnswerError
from asgi_mw.agents.texts import INSTRUCTIONS
from asgi_mw.agents.untrusted import Answer, enveloped
from asgi_mw.errors import AsgiMwError, MissingExtraError
from asgi_mw.printable import printable_lines

try:
    import mcp_types as types
    from mcp import MCPError
    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server
except ImportError:
    raise MissingExtraError("mcp 2 or newer", "mcp") from None

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.server.context import ServerRequestContext

    from asgi_mw.agents.tool import Tool
    from asgi_mw.agents.untrusted import Envelope

# What marks recorded content for clients that look for it
_META = "asgi-mw/untrusted"
# Characters of a message that says what is wrong
_LONGEST = 4_000
_REPLAY = "replay_exchanges"
_VERSION = version("asgi-mw")


def serve(tools: Mapping[str, Tool]) -> None:
    """Serve *tools* until stdin ends.

    Meanwhile whatever else this process prints goes to stderr.
    """
    anyio.run(_serve, tools)


async def _serve(tools: Mapping[str, Tool]) -> None:
    server = server_of(tools)
    async with stdio_server() as (receiving, sending):
        await server.run(receiving, sending, server.create_initialization_options())


def server_of(tools: Mapping[str, Tool]) -> Server[Any]:
    """A server of *tools*."""

    async def listed(
        _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(one) for one in tools.values()])

    async def called(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        if params.name not in tools:
            raise MCPError(types.INVALID_PARAMS, _unknown(params.name, tools))
        return await _called(tools[params.name], params.arguments or {}, context)

    return Server(
        "asgi-mw",
        title="asgi-mw: recorded ASGI traffic",
        version=_VERSION,
        instructions=INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema_of(tool.arguments),
        output_schema=tool.output_schema(),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=tool.reads,
            destructive_hint=tool.destroys,
            idempotent_hint=tool.reads,
            # A tool that only reads a store reaches nobody else; an app that is replayed may
            open_world_hint=not tool.reads,
        ),
    )


async def _called(
    tool: Tool, given: Mapping[str, Any], context: ServerRequestContext[Any]
) -> types.CallToolResult:
    try:
        answer = await tool(given, context.session.report_progress)
    except AsgiMwError as error:
        return _refused(str(error), error.recorded if isinstance(error, NoAnswerError) else {})
    except Exception as error:  # noqa: BLE001  # a fault of ours ends this call, not the server
        said = printable_lines("".join(traceback.format_exception(error)))
        sys.stderr.write(f"{said}\n")
        return _refused(f"asgi-mw failed with {type(error).__name__}; its stderr says where", {})
    # What was recorded may be large
    return _result(await to_thread.run_sync(enveloped, answer), [])


def _refused(message: str, recorded: dict[str, Any]) -> types.CallToolResult:
    """What is wrong and what to do; what was *recorded* is kept apart from that."""
    message = safe(message[:_LONGEST])
    first: list[types.ContentBlock] = [types.TextContent(text=message)]
    if not recorded:
        return types.CallToolResult(content=first, is_error=True)
    result = _result(enveloped(Answer(recorded, {"error": message})), first)
    result.is_error = True
    return result


def _result(envelope: Envelope, first: list[types.ContentBlock]) -> types.CallToolResult:
    return types.CallToolResult(
        content=[
            *first,
            types.TextContent(text=envelope.said),
            types.TextContent(text=envelope.untrusted, _meta={_META: True}),
        ],
        structured_content=envelope.structured,
        _meta={_META: {"mark": envelope.mark, "fields": ["untrusted"]}},
    )


def _unknown(name: str, tools: Mapping[str, Tool]) -> str:
    if name == _REPLAY:
        return "nothing may be replayed: the user has to start asgi-mw mcp with --allow-replay"
    return f"there is no tool {safe(name[:_LONGEST])!r}; take one of {', '.join(tools)}"
