"""The tools that an agent has: they look at a store, and change nothing unless that is wanted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from asgi_mw.agents.arguments import Argument
from asgi_mw.agents.bounds import TEXT
from asgi_mw.agents.texts import CALLED, FILTER, SAME_FILTER, UNTRUSTED
from asgi_mw.agents.tool import PROBLEMS, Tool
from asgi_mw.agents.trials import judging_tools, replay_tool
from asgi_mw.agents.waiting import next_exchange

if TYPE_CHECKING:
    from asgi_mw.agents.looking import Recordings
    from asgi_mw.agents.replaying import Replays
    from asgi_mw.agents.tool import Progress
    from asgi_mw.agents.untrusted import Answer

_LONGEST = 100_000
_EXCHANGE = {"type": ["object", "null"], "description": "as asgi-mw show --json prints it"}
_SUMMARY = {"type": ["object", "null"], "description": "as asgi-mw ls --json prints it"}
_SUMMARIES = {
    "type": "array",
    "items": {"type": "object"},
    "description": "each as asgi-mw ls --json prints it",
}


def tools_of(recordings: Recordings, replays: Replays | None = None) -> dict[str, Tool]:
    """The tools that there are, by their names.

    Args:
        recordings: What they look at.
        replays: Runs the replays; without it, there is no tool that replays.
    """
    tools = [*_lists(recordings), _show(recordings), _wait(recordings), *judging_tools(recordings)]
    if replays is not None:
        tools.append(replay_tool(recordings, replays))
    return {one.name: one for one in tools}


def _lists(recordings: Recordings) -> list[Tool]:
    async def listed(given: dict[str, Any], _: Progress) -> Answer:
        read = partial(recordings.listed, limit=given["limit"], before=given["before"])
        return await to_thread.run_sync(read, given["filter"], abandon_on_cancel=True)

    async def flying(given: dict[str, Any], _: Progress) -> Answer:
        read = partial(recordings.flying, limit=given["limit"])
        return await to_thread.run_sync(read, given["filter"], abandon_on_cancel=True)

    limit = Argument(
        name="limit", help="How many at most.", kind="whole", default=20, least=1, most=100
    )
    return [
        Tool(
            name="list_exchanges",
            title="List recorded exchanges",
            description="List recorded requests, WebSockets and lifespans that are over, the "
            "newest first: method, path, status, outcome, times, sizes, error. `next` is the id "
            f"to give as `before` for older ones; null if there are none. {UNTRUSTED}",
            arguments=(
                Argument(name="filter", help=FILTER, default=""),
                limit,
                Argument(name="before", help="Only what began before this id.", kind="id"),
            ),
            said={"next": {"type": ["string", "null"], "description": "for `before`"}},
            recorded={"exchanges": _SUMMARIES, "problems": PROBLEMS},
            run=listed,
        ),
        Tool(
            name="list_in_flight",
            title="List what is being served",
            description="List what the app is serving now, the oldest first, once it has taken a "
            f"second. show_exchange shows what one of them awaits. {UNTRUSTED}",
            arguments=(Argument(name="filter", help=SAME_FILTER, default=""), limit),
            said={
                "in_flight": {"type": "integer", "description": "how many match"},
                "left_out": {"type": "integer", "description": "how many of them are not listed"},
            },
            recorded={"exchanges": _SUMMARIES, "problems": PROBLEMS},
            run=flying,
        ),
    ]


def _show(recordings: Recordings) -> Tool:
    async def shown(given: dict[str, Any], _: Progress) -> Answer:
        read = partial(recordings.shown, longest=given["max_text"], first=given["from_event"])
        return await to_thread.run_sync(read, given["id"], given["filter"], abandon_on_cancel=True)

    return Tool(
        name="show_exchange",
        title="Show one exchange",
        description="Show one exchange: its scope with all headers, every receive and send with "
        "its message and times, logs and spans, what each layer changed, the error with its "
        f"traceback, and the rules of ASGI that it breaks, with their sentences. {UNTRUSTED}",
        arguments=(
            Argument(name="id", help=CALLED, required=True),
            Argument(
                name="filter", help="Of `last` and `last-error`: which. " + SAME_FILTER, default=""
            ),
            Argument(
                name="max_text",
                help="So many characters of each text, as a body, are shown.",
                kind="whole",
                default=TEXT,
                least=0,
                most=_LONGEST,
            ),
            Argument(
                name="from_event",
                help="The number of the first event to show, from 0; 100 are shown at most.",
                kind="whole",
                default=0,
                least=0,
            ),
        ),
        said={
            "events_from": {"type": "integer", "description": "the number of the first event"},
            "events_in_all": {"type": "integer", "description": "how many events there are"},
        },
        recorded={"exchange": _EXCHANGE, "problems": PROBLEMS},
        run=shown,
    )


def _wait(recordings: Recordings) -> Tool:
    async def waited(given: dict[str, Any], progress: Progress) -> Answer:
        seconds = given["timeout_s"]
        return await next_exchange(
            recordings,
            given["filter"],
            seconds=seconds,
            after=given["after"],
            progress=lambda done: progress(done, seconds, "waiting for an exchange"),
        )

    return Tool(
        name="wait_for_exchange",
        title="Wait for the next exchange",
        description="Wait until an exchange that matches is over, and list it. Nothing is missed "
        "between two calls if you give `after`: the newest id that you know, or what the last "
        "call returned as `after`. If there are no recordings yet, it waits for them. If "
        f"`found` is false, the time was over: call it again. {UNTRUSTED}",
        arguments=(
            Argument(name="filter", help=SAME_FILTER, default=""),
            Argument(
                name="timeout_s",
                help="Seconds to wait at most.",
                kind="number",
                default=25,
                least=0,
                most=600,
            ),
            Argument(
                name="after",
                help="An id: what began after it counts, though it may be over. Without it, only "
                "what is over from now on.",
                kind="id",
            ),
        ),
        said={
            "found": {"type": "boolean", "description": "whether one came in time"},
            "waited_s": {"type": "number", "description": "seconds"},
            "others": {"type": "integer", "description": "how many came that do not match"},
            "after": {"type": "string", "description": "for `after` of the next call"},
        },
        recorded={"exchange": _SUMMARY, "problems": PROBLEMS},
        run=waited,
    )
