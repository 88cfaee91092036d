"""What the four example apps have in common: some users, a feed to wait on, a chat room.

Nothing here knows a web framework, so that each app shows only how *its* framework
speaks HTTP and WebSocket.  Everything lives in memory, for the life of one process.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypedDict

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

POLL_SECONDS = 0.3
"""How long a long poll waits for news before it answers 204."""


class Feed:
    """Lines that are only ever added; a reader asks for those after the ones it has seen.

    >>> feed = Feed()
    >>> feed.add("started")
    >>> anyio.run(feed.after, 0)
    ['started']
    >>> anyio.run(feed.after, 1)
    []
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._grown = anyio.Event()

    def add(self, line: str) -> None:
        """Append *line* and wake all who wait; never blocks, so it may stand in a ``finally``."""
        self._lines.append(line)
        self._grown.set()
        self._grown = anyio.Event()

    async def after(self, seen: int) -> list[str]:
        """Return the lines after the first *seen*, waiting up to `POLL_SECONDS` for one."""
        with anyio.move_on_after(POLL_SECONDS):
            while len(self._lines) <= seen:
                await self._grown.wait()
        return self._lines[seen:]


class Room:
    """WebSocket clients; each hears what any of them says."""

    def __init__(self) -> None:
        self._entrances: set[MemoryObjectSendStream[str]] = set()

    def say(self, text: str) -> None:
        """Put *text* into every inbox; a member whose inbox is full misses it."""
        for entrance in self._entrances:
            # Waiting for one slow member would make all the others wait too.
            with suppress(anyio.WouldBlock):
                entrance.send_nowait(text)

    @contextmanager
    def join(self) -> Iterator[MemoryObjectReceiveStream[str]]:
        """Be a member within the ``with`` block; everybody hears how many there are."""
        entrance, inbox = anyio.create_memory_object_stream[str](max_buffer_size=100)
        with entrance, inbox:
            self._entrances.add(entrance)
            try:
                self.say(f"{len(self._entrances)} here")
                yield inbox
            finally:
                self._entrances.remove(entrance)

    async def talk(
        self,
        hear: AsyncIterator[str],
        tell: Callable[[str], Awaitable[None]],
        *,
        gone: type[Exception],
    ) -> None:
        """Connect one client to the room until *hear* ends.

        Args:
            hear: What the client says; ends when it leaves.
            tell: Sends one text to the client.
            gone: What *tell* raises if the client left meanwhile.
        """
        with self.join() as inbox:

            async def forward() -> None:
                with suppress(gone):
                    async for text in inbox:
                        await tell(text)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(forward)
                async for text in hear:
                    self.say(text)
                tasks.cancel_scope.cancel()


class State(TypedDict):
    """What an app's lifespan makes at start-up and its handlers use."""

    users: dict[int, str]
    feed: Feed
    room: Room


def new_state() -> State:
    """Return the state of an app that has just started."""
    return {"users": {1: "Ada", 2: "Grace"}, "feed": Feed(), "room": Room()}


def add_user(users: dict[int, str], feed: Feed, name: str) -> dict[str, object]:
    """Add a user called *name*, note that in *feed*, and return the user as JSON has it."""
    user_id = max(users) + 1
    users[user_id] = name
    feed.add(f"created {name}")
    return {"id": user_id, "name": name}


def name_in(body: bytes) -> str:
    """Return the ``name`` in a JSON object.

    >>> name_in(b'{"name": "Lin"}')
    'Lin'

    Raises:
        ValueError: *body* is no JSON object with a ``name`` that is text.
    """
    match json.loads(body):
        case {"name": str(name)}:
            return name
        case _:
            raise ValueError("expected a JSON object with a name")


async def welcome(feed: Feed, name: str) -> None:
    """Stand for work that nobody should wait for, such as sending a mail."""
    await anyio.sleep(0.02)
    feed.add(f"welcomed {name}")


async def ticks(feed: Feed) -> AsyncGenerator[str, None]:
    """Tick every 20 ms for two seconds, and note in *feed* whether the client stayed."""
    ending = "client left"
    try:
        for number in range(100):
            yield f"tick {number}\n"
            await anyio.sleep(0.02)
        ending = "finished"
    finally:
        feed.add(f"ticks: {ending}")
