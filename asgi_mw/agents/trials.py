"""The tools that judge: against the specification, one exchange by another, and by a replay."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import from_thread, to_thread

from asgi_mw.agents.arguments import Argument
from asgi_mw.agents.texts import CALLED, SAME_FILTER, UNTRUSTED
from asgi_mw.agents.tool import PROBLEMS, Tool

if TYPE_CHECKING:
    from asgi_mw.agents.looking import Recordings
    from asgi_mw.agents.replaying import Replays
    from asgi_mw.agents.tool import Progress
    from asgi_mw.agents.untrusted import Answer


def judging_tools(recordings: Recordings) -> list[Tool]:
    """The tool that checks, and the one that compares."""

    async def judged(given: dict[str, Any], _: Progress) -> Answer:
        read = partial(
            recordings.judged,
            limit=given["limit"],
            profile=given["profile"],
            step=from_thread.check_cancelled,
        )
        return await to_thread.run_sync(read, given["filter"], abandon_on_cancel=True)

    async def compared(given: dict[str, Any], _: Progress) -> Answer:
        return await to_thread.run_sync(
            recordings.compared,
            given["left"],
            given["right"],
            given["ignore"],
            abandon_on_cancel=True,
        )

    return [
        Tool(
            name="check_exchanges",
            title="Check against the ASGI specification",
            description="Say which rules of the ASGI specification the recorded connections "
            "break: the sentence and where it stands, whose fault it is, why it matters, and the "
            f"ids of exchanges that show it. {UNTRUSTED}",
            arguments=(
                Argument(name="filter", help=SAME_FILTER, default=""),
                Argument(
                    name="limit",
                    help="Judge so many, the newest.",
                    kind="whole",
                    default=1000,
                    least=1,
                    most=1_000_000,
                ),
                Argument(
                    name="profile",
                    help="What ASGI says; what HTTP and WebSocket say, too; good practice as well.",
                    default="spec",
                    choices=("spec", "http", "advice"),
                ),
            ),
            said={
                "judged": {"type": "integer", "description": "how many connections"},
                "fails": {"type": "boolean", "description": "whether the text forbids something"},
            },
            recorded={
                "report": {"type": "object", "description": "as asgi-mw check --json prints it"},
                "problems": PROBLEMS,
            },
            run=judged,
        ),
        Tool(
            name="compare_exchanges",
            title="Compare two exchanges",
            description="Say how two exchanges differ: request, status, headers, JSON bodies by "
            f"path, messages, outcome, error. {UNTRUSTED}",
            arguments=(
                Argument(name="left", help=CALLED, required=True),
                Argument(name="right", help=CALLED, required=True),
                Argument(
                    name="ignore",
                    help="Names of differences to leave out, as `header etag`, "
                    "`body $.items[*].id` or `request *`.",
                    kind="texts",
                    default=[],
                    least=0,
                    most=50,
                ),
            ),
            said={"alike": {"type": "boolean", "description": "whether nothing differs"}},
            recorded={
                "report": {"type": "object", "description": "as asgi-mw diff --json prints it"},
                "problems": PROBLEMS,
            },
            run=compared,
        ),
    ]


def replay_tool(recordings: Recordings, replays: Replays) -> Tool:
    """The tool that replays."""

    async def replayed(given: dict[str, Any], progress: Progress) -> Answer:
        return await replays.replay(
            recordings,
            given["ids"],
            given["filter"],
            limit=given["limit"],
            progress=lambda done: progress(done, None, "replaying"),
        )

    unsafe = (
        "Requests that change something are replayed, too"
        if replays.unsafe
        else "Only GET, HEAD, OPTIONS and TRACE are replayed"
    )
    return Tool(
        name="replay_exchanges",
        title="Replay exchanges against the app",
        description="Give the app, as its code is now, what it was given as that was recorded, "
        "and say what differs from what was recorded. Use it to see whether a change fixes a "
        f"failure, and alters nothing else. {unsafe}. {UNTRUSTED}",
        arguments=(
            Argument(
                name="ids",
                help="Which: " + CALLED,
                kind="texts",
                default=[],
                least=0,
                most=100,
            ),
            Argument(name="filter", help="Without ids: which. " + SAME_FILTER, default=""),
            Argument(
                name="limit",
                help="Without ids: so many, the newest.",
                kind="whole",
                default=10,
                least=1,
                most=100,
            ),
        ),
        said={
            "replayed": {"type": "integer", "description": "how many were"},
            "left_out": {"type": "integer", "description": "how many could not be"},
            "fails": {"type": "boolean", "description": "whether something differs or failed"},
        },
        recorded={
            "report": {"type": "object", "description": "as asgi-mw replay --json prints it"},
            "said": {"type": "string", "description": "the last that the app printed"},
        },
        run=replayed,
        reads=False,
        destroys=replays.unsafe,
    )
