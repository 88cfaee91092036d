"""What is in flight: plain tuples, which requests make and the thread reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from traceback import FrameSummary

    from asgi_mw.connection import Connection
    from asgi_mw.progress import Progress
    from asgi_mw.watch.policy import Policy

# The dict that holds it, the connection, its progress, when it began (ns), and the policy for it
Flight: TypeAlias = "tuple[dict[Progress, Any], Connection, Progress, int, Policy]"


class Departure(NamedTuple):
    """A connection whose app returned while something else still awaited its ``send``."""

    policy: Policy
    connection: Connection
    left: Mapping[int, str | None]


class Late(NamedTuple):
    """A message that was sent after the app had returned, and by what."""

    policy: Policy
    connection: Connection | None
    kind: str | None
    by: str
    stack: list[FrameSummary]


def awaited(flight: Flight) -> list[tuple[int, str, str]]:
    """What the app awaits: since when, its kind if it can have a limit, and in words.

    A WebSocket that waits for its next message is at rest.  An app that receives after the whole
    request waits for the client to leave, which is of no kind.
    """
    progress = flight[2]
    found = []
    for at, message in list(progress.waits.items()):
        if message != "receive":
            found.append((at, "send", f"send {message}"))
        elif progress.expects:
            found.append((at, "body", "receive"))
        elif progress.type == "websocket":
            found.append((at, "message", "receive"))
        else:
            found.append((at, "", "receive"))
    return found


def has_left(flight: Flight) -> bool:
    """Whether the client was seen to have left, or a WebSocket was closed."""
    progress = flight[2]
    return progress.gone or (progress.complete and progress.type == "websocket")
