"""What is in flight, as text: each connection, what it awaits, and where its code is."""

from __future__ import annotations

from threading import enumerate as threads
from threading import get_ident
from time import perf_counter_ns
from typing import TYPE_CHECKING

from asgi_mw.amounts import duration, plural
from asgi_mw.awaits import frames_of
from asgi_mw.blockers import blocker_of, stack_of, written
from asgi_mw.connection import current
from asgi_mw.folding import library_of
from asgi_mw.loops import frames_of_threads
from asgi_mw.printable import printable, printable_lines
from asgi_mw.telemetry.trace_context import ids_of, span_of
from asgi_mw.watch.flights import awaited, has_left

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from traceback import FrameSummary

    from asgi_mw.connection import Connection
    from asgi_mw.loops import Task
    from asgi_mw.watch.beat import Beat
    from asgi_mw.watch.flights import Flight
    from asgi_mw.watch.policy import Policy

# Nobody reads more than these
_MOST_FLIGHTS, _MOST_THREADS, _MOST_TASKS = 50, 30, 5
_LONGEST_STACK, _LONG = 16_384, 8192
LONGEST = 131_072
_OURS = frozenset({"receive_driven", "send_driven"})


def in_flight() -> str:
    """All connections in flight, what each awaits and where its code is, and all threads, as text.

    The connections are those of this process that pass through :func:`~asgi_mw.watch.watch`.  Any
    thread can call it, as a hook of a server that is about to end a worker.

    >>> print(in_flight().splitlines()[0])
    0 connections in flight
    """
    from asgi_mw.watch.dog import DOG  # noqa: PLC0415  # it imports this module in turn

    return picture(DOG.beats.copy().values())


def picture(beats: Collection[Beat]) -> str:
    """What is in flight on the loops of *beats*, the oldest first, and what all threads do."""
    now = perf_counter_ns()
    frames = frames_of_threads()
    found = [(flight, beat) for beat in beats for flight in beat.flights.values()]
    found.sort(key=lambda one: one[0][3])
    tasks = {beat.thread: _tasks_of(beat) for _, beat in found}
    lines = [f"{plural(len(found), 'connection')} in flight"]
    for flight, beat in found[:_MOST_FLIGHTS]:
        policy, connection = flight[4], flight[1]
        lines.append(_head(flight, now))
        for task in tasks[beat.thread].get(connection, [])[:_MOST_TASKS]:
            stack = stack_of(frames.get(beat.thread)) if task.runs else frames_of(task.coroutine)
            doing = "runs" if task.runs else "awaits"
            lines.append(f"  task {printable(task.name, 128)} {doing}")
            lines.append(safe(policy, written(stack)))
    if len(found) > _MOST_FLIGHTS:
        lines.append(f"… and {len(found) - _MOST_FLIGHTS} more")
    own, loops = get_ident(), {beat.thread for beat in beats}
    for thread in [one for one in threads() if one.ident != own][:_MOST_THREADS]:
        frame = frames.get(thread.ident or 0)
        if frame is not None and not (thread.ident in loops and blocker_of(frame) is None):
            lines.append(f"thread {printable(thread.name, 128)}")
            lines.append(printable_lines(written(stack_of(frame)), indent="  "))
    return printable_lines("\n".join(lines), LONGEST)


def stack_of_tasks(policy: Policy, connection: Connection, beat: Beat) -> tuple[str, str]:
    """Where the tasks of *connection* wait, as text, and the innermost line of the app's code."""
    found = _tasks_of(beat).get(connection, [])[:_MOST_TASKS]
    stacks = [frames_of(task.coroutine) for task in found]
    own = [frame for stack in stacks for frame in _inside(stack)]
    by = ""
    if own:
        file = own[-1].filename.replace("\\", "/").rpartition("/")[2]
        by = printable(f"{own[-1].name} ({file}:{own[-1].lineno})")
    return "\n".join([safe(policy, written(stack)) for stack in stacks if stack]), by


def _inside(stack: list[FrameSummary]) -> Iterator[FrameSummary]:
    """The frames of the app: behind our own ``receive`` and ``send`` are those of the server."""
    for frame in stack:
        if frame.name in _OURS and library_of(frame.filename) == "asgi_mw":
            return
        if library_of(frame.filename) is None:
            yield frame


def about(policy: Policy, connection: Connection) -> dict[str, object]:
    """The fields that identify *connection*, as in the access log."""
    scope = connection.given
    path = str(scope.get("path") or "")
    shown = policy.redact.text(path[:_LONG], cut=len(path) > _LONG)
    found: dict[str, object] = {"type": printable(connection.type, 32)}
    if (method := scope.get("method")) is not None:
        found["method"] = printable(str(method), 32)
    found["path"] = printable(shown)
    if (route := connection.route) is not None:
        found["route"] = printable(route)
    if connection.request_id:
        found["request_id"] = printable(connection.request_id, 128)
    if (span := span_of(connection)) is not None:
        found["trace_id"], found["span_id"], _ = ids_of(span)
    return found


def safe(policy: Policy, text: str) -> str:
    """*text* of code, with its secrets masked and each line indented."""
    cut = text[-_LONGEST_STACK:]
    masked = policy.redact.text(cut, headless=len(cut) < len(text))
    return printable_lines(masked, indent="  ")


def _head(flight: Flight, now: int) -> str:
    _, connection, progress, began, policy = flight
    told = about(policy, connection)
    name = "WS" if connection.type == "websocket" else str(told.get("method", ""))
    more = [f"{key} {told[key]}" for key in ("route", "request_id") if key in told]
    waits = [f"awaits {what} for {duration(now - at)}" for at, _, what in awaited(flight)]
    if progress.status is not None:
        more.append(f"status {progress.status}")
    if has_left(flight):
        more.append("the client has left")
    behind = f" ({', '.join(more)})" if more else ""
    doing = printable(", ".join(waits), 512) or "awaits neither receive nor send"
    return f"{name} {told['path']}{behind} for {duration(now - began)}: {doing}"


def _tasks_of(beat: Beat) -> dict[Connection, list[Task]]:
    """The tasks of each connection: its own, and those that were started in its context."""
    found: dict[Connection, list[Task]] = {}
    for task in beat.loop.tasks():
        connection = None if task.context is None else task.context.get(current)
        if connection is not None:
            found.setdefault(connection, []).append(task)
    return found
