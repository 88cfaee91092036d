"""What blocks the event loop is seen, named, and noted for whatever is in flight."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from threading import Event, Thread
from threading import enumerate as threads
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from asgi_mw import ConfigError, open_store, record
from asgi_mw.recorder.lag import THRESHOLD, Sample, heartbeat_of
from asgi_mw.testing import play, request
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw import App, Exchange, Receive, Scope, Send
    from asgi_mw.notes import Note
    from asgi_mw.recorder.store import Store

pytestmark = pytest.mark.anyio


def totals() -> None:
    """Block, for far longer than anybody may."""
    time.sleep(20 * THRESHOLD)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Block on the way to an answer."""
    totals()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def blocks(exchange: Exchange) -> list[Note]:
    """What was noted of blocks in which something of this file ran."""
    return [
        one for one in exchange.notes if one.kind == "blocked" and "test_lag.py" in repr(one.detail)
    ]


async def until(holds: Callable[[], bool]) -> None:
    """Let others run until it does."""
    with anyio.fail_after(PATIENCE):
        while not holds():  # noqa: ASYNC110  # it is a thread that changes it
            await anyio.sleep(0.01)


async def test_who_blocks_is_named() -> None:
    """Though the app returns before the loop beats again."""
    store = open_store("memory:")
    await request(record(app, store=store, lag=True))
    [exchange] = store.exchanges()
    note = blocks(exchange)[0]
    assert note.title.startswith("totals (test_lag.py:")
    assert [" totals", " app"] == [one[one.index(" ") :] for one in note.detail["stack"][:2]]
    assert note.until is not None
    assert "warning" == note.level


async def test_all_that_is_in_flight_was_blocked() -> None:
    """Not only who blocked."""
    store = open_store("memory:")
    waits, blocked = anyio.Event(), anyio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/waits":
            waits.set()
            await blocked.wait()
        await app(scope, receive, send)
        blocked.set()

    layered = record(slow, store=store, lag=True)
    async with anyio.create_task_group() as group:
        group.start_soon(request, layered, "GET", "/waits")
        await waits.wait()
        await request(layered, "GET", "/blocks")
    waited = next(one for one in store.exchanges() if one.path == "/waits")
    assert blocks(waited)


async def test_a_lifespan_that_waits_for_the_shutdown_is_not_blocked() -> None:
    """It would fill with what it has nothing to do with."""
    store = open_store("memory:")

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        assert await receive()
        await send({"type": "lifespan.startup.complete"})
        await request(layered)
        assert await receive()
        await send({"type": "lifespan.shutdown.complete"})

    layered = record(whole, store=store, lag=True)
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    await play(layered, scope, [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    kinds = {one.type: bool(blocks(one)) for one in store.exchanges()}
    assert kinds["http"]


async def test_the_latest_beats_are_there() -> None:
    """While somebody looks, and no longer."""
    heart = heartbeat_of(open_store("memory:"))
    with heart.beating(), heart.beating():
        await until(lambda: len(heart.samples) > 2)
    sample = heart.samples[-1]
    assert abs(sample.at / 1e3 - time.time()) < PATIENCE
    assert sample.lag >= 0
    await until(lambda: not beats(heart))


def test_what_came_since_is_asked_while_another_thread_beats() -> None:
    """The newest first, as often as one asks."""
    heart = heartbeat_of(open_store("memory:"))
    heart.samples += [Sample(float(at), 0.0) for at in range(5)]
    assert [4.0, 3.0] == [one.at for one in heart.since(2.0)]
    over = Event()

    def beat() -> None:
        while not over.is_set():
            heart.samples.append(Sample(9.0, 0.0))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = Thread(target=beat)
    thread.start()
    try:
        asked = [heart.since(2.0) for _ in range(300)]
    finally:
        sys.setswitchinterval(interval)
        over.set()
        thread.join()
    assert all(asked)


async def test_it_beats_on_while_it_is_recorded_for() -> None:
    """Whoever looked and went."""
    store = open_store("memory:")
    heart = heartbeat_of(store)
    heart.start()
    with heart.beating():
        pass
    before = len(heart.samples)
    await until(lambda: len(heart.samples) > before + 2)
    heart.stop()
    await until(lambda: not beats(heart))


def beats(heart: Any) -> bool:
    """Whether any loop of it has a thread."""
    return any(one.goes_on for one in heart._beats.values())


async def test_there_is_one_for_a_store() -> None:
    """And none without one."""
    store = open_store("memory:")
    assert heartbeat_of(store) is heartbeat_of(store)
    gone = weakref.ref(heartbeat_of(store))
    del store
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_end_of_the_loop_is_its_end(backend: str, store: Store) -> None:
    """It keeps no loop running, and no thread behind."""
    heart = heartbeat_of(store)

    async def main() -> None:
        heart.start()
        await anyio.lowlevel.checkpoint()

    anyio.run(main, backend=backend)
    end = time.monotonic() + PATIENCE
    while beats(heart) and time.monotonic() < end:
        time.sleep(0.01)
    assert not beats(heart)


@pytest.fixture
def store() -> Store:
    """Somewhere."""
    return open_store("memory:")


def test_without_a_loop_there_is_none(store: Store) -> None:
    """And nothing to watch."""
    heart = heartbeat_of(store)
    heart.start()
    heart.stop()
    with heart.beating():
        pass
    assert not beats(heart)


async def test_off_there_is_no_thread_and_no_note() -> None:
    """Nobody asked for it."""
    before = {one.name for one in threads()}
    store = open_store("memory:")
    await request(record(app, store=store))
    [exchange] = store.exchanges()
    assert () == exchange.notes
    assert "asgi-mw heartbeat" not in {one.name for one in threads()} - before


def test_the_option_is_a_truth_value() -> None:
    """A number would be taken for a threshold."""
    never: App = app
    with pytest.raises(ConfigError, match="lag=20: is neither True nor False; write lag=True"):
        record(never, lag=20)  # type: ignore[arg-type]  # wrong on purpose
