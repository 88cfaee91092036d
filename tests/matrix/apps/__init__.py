"""One small app of each framework, which answers the same paths; imported only by a server."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

# The parts of a stream that is never over before its client leaves; the matrix plays it often
_PARTS = 20 if "MATRIX_WITNESS" in os.environ else 60
_PAUSE = 0.05  # seconds
_SIZE = 20_000
# The parts of a stream that is never over before the server is stopped
_HOLDS = 600
_WAITS = 2.0
_LATER = 0.05
_published: dict[str, str] = {}
_tasks: set[asyncio.Task[None]] = set()


def witness(what: str) -> None:
    """Write down that the app did *what*, if the run asks for that."""
    if file := os.environ.get("MATRIX_WITNESS"):
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(what + "\n")


def with_hooks() -> bool:
    """Whether our layers are there, so that a framework should publish its routes by our hook."""
    return os.environ.get("MATRIX_ATTACHED", "bare") != "bare"


def publish(text: str) -> None:
    """Publish *text*, an object of JSON, to those who wait for it in :func:`heard`."""
    _published.update(json.loads(text))


async def heard(by: str = "poll") -> str:
    """Wait for what another request publishes for *by*; ``"nothing"`` if none does in time."""
    end = monotonic() + _WAITS
    while by not in _published and monotonic() < end:  # noqa: ASYNC110  # an event belongs to one loop
        await anyio.sleep(0.01)
    return _published.pop(by, "nothing")


def heard_in_thread(by: str = "poll") -> str:
    """The same, for WSGI."""
    end = monotonic() + _WAITS
    while by not in _published and monotonic() < end:
        sleep(0.01)
    return _published.pop(by, "nothing")


async def later() -> None:
    """Do the work that goes on after the response."""
    await anyio.sleep(_LATER)
    witness("background")


def later_in_thread() -> None:
    """The same, for WSGI."""
    sleep(_LATER)
    witness("background")


def begin_later() -> None:
    """Begin the work that goes on after the response, for frameworks that have no way for it."""
    task = asyncio.create_task(later())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def parts() -> AsyncIterator[bytes]:
    """The body of a short stream."""
    for number in range(3):
        yield b"part %d\n" % number


def parts_in_thread() -> Iterator[bytes]:
    """The same, for WSGI."""
    for number in range(3):
        yield b"part %d\n" % number


async def events() -> AsyncIterator[bytes]:
    """Server-sent events: the second comes once it is published."""
    yield b"data: ready\n\n"
    yield b"data: " + (await heard("events")).encode() + b"\n\n"


def events_in_thread() -> Iterator[bytes]:
    """The same, for WSGI."""
    yield b"data: ready\n\n"
    yield b"data: " + heard_in_thread("events").encode() + b"\n\n"


async def long() -> AsyncIterator[bytes]:
    """The body of a stream whose client leaves in the middle."""
    for _ in range(_PARTS):
        yield b"." * _SIZE
        await anyio.sleep(_PAUSE)


def long_in_thread() -> Iterator[bytes]:
    """The same, for WSGI."""
    for _ in range(_PARTS):
        yield b"." * _SIZE
        sleep(_PAUSE)


async def hold() -> AsyncIterator[bytes]:
    """The body of a stream that is open when the server is stopped."""
    for number in range(_HOLDS):
        yield b"part %d\n" % number
        await anyio.sleep(_PAUSE)


def hold_in_thread() -> Iterator[bytes]:
    """The same, for WSGI."""
    for number in range(_HOLDS):
        yield b"part %d\n" % number
        sleep(_PAUSE)


async def half() -> AsyncIterator[bytes]:
    """The body of a stream in which something goes wrong."""
    yield b"part 0\n"
    raise RuntimeError("on purpose")


async def watching(is_disconnected: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
    """The body of a stream that asks whether its client has left, and then ends."""
    async for part in long():
        if await is_disconnected():
            return
        yield part
