"""The feed, the room and the helpers that the example apps share."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from examples import shared
from examples.shared import Feed, Room, name_in, ticks
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio


async def test_a_reader_that_waits_is_woken_by_the_next_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``after`` returns as soon as a line is added, however long it was ready to wait."""
    monkeypatch.setattr(shared, "POLL_SECONDS", 60)
    feed = Feed()
    heard: list[str] = []

    async def read() -> None:
        heard.extend(await feed.after(0))

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            feed.add("news")

    assert heard == ["news"]


async def test_a_member_that_never_reads_does_not_hold_up_the_room() -> None:
    """The full inbox keeps its first hundred lines; the other member hears every line."""
    room = Room()
    with room.join() as slow, room.join() as quick:
        heard = [await quick.receive()]
        for number in range(150):
            room.say(str(number))
            heard.append(await quick.receive())
        kept = slow.statistics().current_buffer_used

    assert ["2 here", *map(str, range(150))] == heard
    assert kept == 100


async def test_a_client_that_leaves_while_it_is_told_something_just_leaves() -> None:
    """``talk`` ends without an exception when the *tell* of a leaving client raises *gone*."""
    left = anyio.Event()

    async def hear() -> AsyncIterator[str]:
        yield "hello"
        await left.wait()

    async def tell(text: str) -> None:
        left.set()
        raise BrokenPipeError(text)

    with anyio.fail_after(PATIENCE):
        await Room().talk(hear(), tell, gone=OSError)


async def test_ticks_say_that_the_client_left() -> None:
    """Closing the stream early is told to the feed."""
    feed = Feed()
    async with aclosing(ticks(feed)) as stream:
        assert await anext(stream) == "tick 0\n"

    assert await feed.after(0) == ["ticks: client left"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"name": 1}', b"\xff"],
    ids=["empty", "cut off", "array", "null", "no name", "number", "not UTF-8"],
)
def test_what_is_no_user_is_a_value_error(body: bytes) -> None:
    """Whatever is wrong with the body, the handler has one exception to answer with 422."""
    with pytest.raises(ValueError, match=r".+"):
        name_in(body)
