"""An agent waits for the next exchange, and misses none between two calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread

from asgi_mw.agents import waiting
from asgi_mw.agents.looking import Recordings
from asgi_mw.agents.waiting import next_exchange
from asgi_mw.errors import ConfigError
from asgi_mw.recorder.existing import NothingRecordedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.agents.untrusted import Answer

    Ask = Callable[..., str]

pytestmark = pytest.mark.anyio
FIRST = "0" * 32


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once, and say so each time."""
    monkeypatch.setattr(waiting, "_POLL_SECONDS", 0)
    monkeypatch.setattr(waiting, "_PROGRESS_SECONDS", 0)


async def nothing(_: float) -> None:
    """Ask for no progress."""


def asking(ask: Ask, *paths: str) -> Callable[[float], Awaitable[None]]:
    """Record a request for one path each time that nothing came so far."""
    left = iter(paths)

    async def progress(_: float) -> None:
        path = next(left, None)
        if path is not None:
            await to_thread.run_sync(ask, path)

    return progress


async def waited(recordings: Recordings, words: str = "", **options: Any) -> Answer:
    """Wait; for ever if nobody says how long."""
    given: dict[str, Any] = {"seconds": 600, "after": None, "progress": nothing, **options}
    return await next_exchange(recordings, words, **given)


async def test_the_next_that_matches(recordings: Recordings, ask: Ask) -> None:
    """What was there before is none, and what does not match is counted."""
    await to_thread.run_sync(ask, "/missing")
    progress = asking(ask, "/a", "/b", "/missing", "/c")
    found = await waited(recordings, "status:404", progress=progress)
    exchange = found.recorded["exchange"]
    assert ("/missing", True, 2) == (exchange["path"], found.said["found"], found.said["others"])
    assert exchange["id"] == found.said["after"]


async def test_nothing_in_time_is_no_error(recordings: Recordings, ask: Ask) -> None:
    """The newest that was there is what the next call goes on behind."""
    newest = await to_thread.run_sync(ask, "/a")
    found = await waited(recordings, seconds=0)
    assert {"found": False, "waited_s": 0.0, "others": 0, "after": newest} == {
        **found.said,
        "waited_s": 0.0,
    }
    assert found.recorded["exchange"] is None


async def test_nothing_is_missed_between_two_calls(recordings: Recordings, ask: Ask) -> None:
    """The oldest that matches comes first, then the next."""
    after = await to_thread.run_sync(ask, "/a")
    ids = [await to_thread.run_sync(ask, path) for path in ("/missing", "/b", "/missing")]
    found = []
    for _ in range(2):
        answer = await waited(recordings, "status:404", after=after)
        after = answer.said["after"]
        found.append(after)
    assert [ids[0], ids[2]] == found
    assert not (await waited(recordings, "status:404", after=after, seconds=0)).said["found"]


async def test_many_pages_may_be_behind_an_id(
    recordings: Recordings, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are all looked through."""
    monkeypatch.setattr(waiting, "_ROWS", 2)
    ids = [await to_thread.run_sync(ask, f"/{number}") for number in range(6)]
    assert ids[1] == (await waited(recordings, after=ids[0])).said["after"]


async def test_a_store_that_is_not_there_is_waited_for(recordings: Recordings, ask: Ask) -> None:
    """All that is in it then is new."""
    found = await waited(recordings, progress=asking(ask, "/a"))
    assert "/a" == found.recorded["exchange"]["path"]


async def test_a_store_may_not_come_in_time(recordings: Recordings) -> None:
    """Whatever comes later is behind this id."""
    found = await waited(recordings, seconds=0)
    assert (False, FIRST) == (found.said["found"], found.said["after"])


async def test_a_store_that_is_empty_has_no_newest(recordings: Recordings, ask: Ask) -> None:
    """The same."""
    await to_thread.run_sync(ask, "/a")
    await to_thread.run_sync(lambda: recordings.store().purge())
    assert FIRST == (await waited(recordings, seconds=0)).said["after"]


async def test_a_store_in_memory_never_comes() -> None:
    """No other process will ever fill it."""
    with pytest.raises(NothingRecordedError, match="record to a folder"):
        await waited(Recordings("memory:"))


async def test_a_word_that_is_none_is_said_at_once(recordings: Recordings) -> None:
    """Though there is no store yet."""
    with pytest.raises(ConfigError, match=r"is it status\?"):
        await waited(recordings, "stauts:5xx")


async def test_it_ends_as_nobody_waits(recordings: Recordings, ask: Ask) -> None:
    """Whoever asked may cancel."""
    await to_thread.run_sync(ask, "/a")
    with anyio.CancelScope() as scope:

        async def progress(_: float) -> None:
            scope.cancel()

        await waited(recordings, progress=progress)
    assert scope.cancelled_caught


async def test_what_was_removed_meanwhile_is_none(
    recordings: Recordings, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next is."""
    await to_thread.run_sync(ask, "/a")
    store = await to_thread.run_sync(recordings.store)
    get, gone = store.get, iter([True])
    monkeypatch.setattr(store, "get", lambda id_: None if next(gone, False) else get(id_))
    found = await waited(recordings, progress=asking(ask, "/b", "/c"))
    assert ("/c", 1) == (found.recorded["exchange"]["path"], found.said["others"])
