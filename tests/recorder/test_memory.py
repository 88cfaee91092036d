"""The store in memory: newest first, within its budget, every loss counted."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asgi_mw import ConfigError, open_store, record
from asgi_mw.recorder import Query
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.recorder.rows import row_of
from asgi_mw.recorder.search import parse
from asgi_mw.testing import request, run, websocket
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import App, Receive, Scope, Send

MIB = 1024 * 1024


def _answering(size: int) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * size})

    return app


def _drive(app: App, path: str = "/", *, lots: int = 1) -> None:
    """Make requests by hand, for there are many."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: object) -> None:
        """Take it."""

    for number in range(lots):
        scope = {"type": "http", "path": path.format(number), "headers": []}
        call: Any = app(scope, receive, send)
        with pytest.raises(StopIteration):
            call.send(None)


@pytest.mark.parametrize("size", [0, 3000, 60_000, 400_000])
def test_the_budget_holds_and_every_eviction_is_counted(size: int) -> None:
    """Accounted bytes exceed it by no more than one exchange; the newest stay."""
    store = MemoryStore(MIB)
    app = record(_answering(size), store=store, body_limit=500_000, connection_limit=MIB)
    for number in range(600):
        _drive(app, f"/{number}")
        assert 0 <= store.stats().bytes <= MIB + size + 16_384
    stats = store.stats()
    assert 600 == stats.exchanges + stats.dropped["evicted for newer ones"]
    assert stats.exchanges >= 2
    paths = [exchange.path for exchange in store.exchanges()]
    assert [f"/{number}" for number in range(599, 599 - stats.exchanges, -1)] == paths


def test_what_was_purged_is_back_in_the_budget() -> None:
    """To the byte, read or not, whatever the limits cut."""
    store = MemoryStore()
    for body, whole in ((65_536, 1_048_576), (5, 1_048_576), (65_536, 4096)):
        app = record(_answering(20_000), store=store, body_limit=body, connection_limit=whole)
        _drive(app, lots=5)
    list(store.exchanges(Query(path="/")))
    assert 15 == store.purge()
    assert (store.budget.total, 0) == (store.budget.left, store.stats().bytes)


def test_messages_after_the_end_do_not_upset_the_budget() -> None:
    """An app may go on sending from a task of its own."""
    store = MemoryStore()
    late: list[Send] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        late.append(send)

    async def server(_: object) -> None:
        """Take it."""

    call: Any = record(app, store=store)({"type": "http", "headers": []}, server, server)  # type: ignore[arg-type]  # never received from
    with pytest.raises(StopIteration):
        call.send(None)
    for _ in range(100):
        sending: Any = late[0]({"type": "http.response.body", "body": b"x" * 1000})
        with pytest.raises(StopIteration):
            sending.send(None)
    assert 0 <= store.stats().bytes
    store.purge()
    assert store.budget.total == store.budget.left


def test_a_body_larger_than_the_whole_budget_is_cut_and_counted() -> None:
    """The exchange is kept, with what there is room for."""
    store = MemoryStore(MIB)
    limits: Any = {"body_limit": 8 * MIB, "connection_limit": 32 * MIB}
    _drive(record(_answering(4 * MIB), store=store, **limits))
    [exchange] = store.exchanges()
    event = exchange.events[-1]
    assert (4 * MIB, True) == (event.size, event.truncated)
    assert 4 * MIB == len(event.message["body"]) + sum(exchange.dropped.values())


def test_a_long_websocket_stays_within_its_limit() -> None:
    """A hundred thousand messages take no more than a few."""
    store = MemoryStore(2 * MIB)

    async def pouring(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for number in range(20_000):
            await send({"type": "websocket.send", "text": f"{number:050}"})
            if number % 1000 == 0:
                assert store.stats().bytes < 300_000

    run(websocket(record(pouring, store=store, connection_limit=200_000), close=None, timeout=60))
    [exchange] = store.exchanges()
    assert exchange.gap is not None
    assert 20_002 == len(exchange.events) + exchange.dropped["events over connection_limit"]
    assert f"{19_999:050}" == exchange.events[-1].message["text"]
    assert 20_000 * 50 == exchange.bytes("send") == row_of(exchange).bytes_out
    missing, before = exchange.missing, exchange.events[exchange.gap - 1]
    assert before.returned is not None
    assert before.returned <= missing.since < missing.until <= exchange.events[exchange.gap].called
    assert 0 < missing.send <= missing.until - missing.since


def test_a_follower_gets_what_is_new_the_oldest_first() -> None:
    """Each exchange once, and none of those before the first call."""
    store = MemoryStore()
    app = record(_answering(1), store=store)
    _drive(app, "/before")
    fresh, cursor = store.follow()
    assert [] == fresh
    _drive(app, "/{}", lots=3)
    fresh, cursor = store.follow(cursor)
    assert ["/0", "/1", "/2"] == [exchange.path for exchange in fresh]
    _drive(app, "/after")
    assert ["/after"] == [exchange.path for exchange in store.follow(cursor)[0]]


@given(st.lists(st.sampled_from(["/a", "/b", "/a", "/b", "purge /a", "purge /b", "follow"])))
@example(["/a", "follow", "/b", "purge /b"])
@example(["/a", "/b", "follow", "/b", "purge /a", "follow", "purge", "/a"])
def test_a_follower_gets_each_once_whatever_is_purged(steps: list[str]) -> None:
    """Old ones or new ones, from the middle or the end."""
    store = MemoryStore()
    app = record(_answering(1), store=store)
    _, cursor = store.follow()
    fresh: list[str] = []
    for number, step in enumerate(steps):
        word, _, path = step.partition(" ")
        if word == "follow":
            found, cursor = store.follow(cursor)
            assert fresh == [exchange.path for exchange in found]
            fresh = []
        elif word == "purge":
            store.purge(parse(f"path:{path}") if path else None)
            fresh = [one for one in fresh if not one.startswith(path)]
        else:
            _drive(app, f"{step}/{number}")
            fresh.append(f"{step}/{number}")
    assert fresh == [exchange.path for exchange in store.follow(cursor)[0]]


def test_an_exchange_is_found_by_either_end_of_its_id() -> None:
    """If there is exactly one; of a shared prefix there is none."""
    store = MemoryStore()
    _drive(record(_answering(1), store=store), "/{}", lots=2)
    newest, oldest = store.exchanges()
    assert newest == store.get(newest.id) == store.get(newest.id[-12:])
    assert oldest == store.get(oldest.id)
    assert (None, None) == (store.get(newest.id[:4]), store.get("f" * 32))


def test_purge_takes_what_matches_and_keeps_what_fits() -> None:
    """By query, and by bytes, the oldest first."""
    store = MemoryStore()
    _drive(record(_answering(5000), store=store), "/{}", lots=10)
    assert 1 == store.purge(Query(path="/3"))
    size = store.stats().bytes // 9
    assert 5 == store.purge(keep_bytes=size * 4 + size // 2)
    assert ["/9", "/8", "/7", "/6"] == [exchange.path for exchange in store.exchanges()]
    assert (4, 0) == (store.purge(), store.stats().bytes)


def test_ids_sort_as_the_exchanges_began() -> None:
    """And are unique."""
    store = MemoryStore()
    _drive(record(_answering(1), store=store), "/{}", lots=500)
    ids = [exchange.id for exchange in store.exchanges()]
    assert 500 == len(set(ids))
    assert sorted(ids, key=lambda one: one[:12], reverse=True) == ids
    begans = [exchange.began for exchange in store.exchanges()]
    assert sorted(begans, reverse=True) == begans


_FORKING = """
import os
from asgi_mw import record
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.testing import request, run

async def app(scope, receive, send): ...

store = MemoryStore()
layered = record(app, store=store)
run(request(layered))
for child in range(4):
    if os.fork() == 0:
        run(request(layered))
        os.write(1, next(store.exchanges()).id.encode() + b"\\n")
        os._exit(0)
for child in range(4):
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_forks_of_a_process_make_ids_of_their_own() -> None:
    """Servers fork their workers after the app was imported."""
    done = subprocess.run(
        [sys.executable, "-c", _FORKING],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    ids = done.stdout.split()
    assert 4 == len(ids) == len({one[16:] for one in ids})


@pytest.fixture
def switching() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching")
def test_many_threads_may_read_while_connections_are_served() -> None:
    """Nobody raises, and nothing is lost."""
    store = MemoryStore()
    app = record(_answering(100), store=store)
    done = threading.Event()
    errors: list[BaseException] = []

    def read() -> None:
        try:
            while not done.is_set():
                list(store.exchanges())
                store.in_flight()
                store.stats()
                store.follow()
        except BaseException as error:  # noqa: BLE001  # told to the test
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    _drive(app, "/{}", lots=300)
    done.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert ([], 300) == (errors, store.stats().exchanges)


def test_reading_twice_gives_the_same_facts() -> None:
    """However often somebody looks."""
    store = MemoryStore()
    run(request(record(_answering(3), store=store), "GET", "/?token=abc"))
    [first], [second] = store.exchanges(), store.exchanges()
    assert first == second
    assert b"token=[redacted]" == first.scope["query_string"]


@pytest.mark.parametrize("memory", [0, -1, MIB - 1, "64MiB", None])
def test_a_budget_that_is_too_little_is_refused(memory: Any) -> None:
    """A store must hold at least a few exchanges."""
    with pytest.raises(ConfigError, match="memory="):
        open_store("memory:", memory=memory)
