"""No exchange is lost and none is there twice, whoever is killed in the middle of traffic."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store
from tests.recorder.postgres.shipped import ship
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgi_mw.recorder.postgres import PostgresStore
    from tests.recorder.postgres.server import Server

pytestmark = pytest.mark.slow
_KILLS, _CRASHES = 20, 3
_random = random.Random(7)


@contextmanager
def process(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, which is killed in the end."""
    line = [sys.executable, "-m", f"tests.recorder.shipping.{module}", *arguments]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.kill()


def until(there: Callable[[], bool]) -> None:
    """Wait for that."""
    end = monotonic() + PATIENCE
    while not there():
        assert monotonic() < end
        sleep(0.05)


def numbers(store: PostgresStore) -> dict[str, int]:
    """How often each path is there."""
    found = store.connections.ask(
        lambda one: one.execute("SELECT path, count(*) FROM asgi_mw.exchange GROUP BY path")
    ).fetchall()
    return dict(found)


def ids(folder: Path) -> list[str]:
    """All that is in a spool."""
    reading = open_store(folder).exchanges()
    found = sorted(one.id for one in reading)
    assert reading.problems == ()
    return found


def settled(folder: Path, history: PostgresStore) -> list[str]:
    """Ship what is left, and hold it against the spool; the ids."""
    ship(folder, history)
    spool = ids(folder)
    assert sorted(one.id for one in history.exchanges()) == spool
    assert set(numbers(history).values()) == {1}
    return spool


def test_a_shipper_that_is_killed_loses_nothing(tmp_path: Path, history: PostgresStore) -> None:
    """Twenty times, while the app goes on; a batch is there as a whole or not at all."""
    folder = tmp_path / "spool"
    counts = []
    with process("recording_app", str(folder), "web-1"):
        until(lambda: len([*folder.glob("*.db")]) > 0)
        for _ in range(_KILLS):
            before = history.count()
            with process("shipping_app", str(folder), history.address) as shipping:
                until(lambda: history.count() > before)  # noqa: B023  # called now
                sleep(_random.uniform(0, 0.2))
                shipping.send_signal(signal.SIGKILL)
                shipping.wait()
            counts.append(history.count())
    left = settled(folder, history)
    print(f"killed {_KILLS} times at {counts}: {len(left):,} exchanges, none lost, none twice")
    assert counts == sorted(counts)


def test_a_database_that_is_killed_loses_nothing(
    tmp_path: Path, history: PostgresStore, server: Server
) -> None:
    """What it had acknowledged is there, as it syncs at each commit; the rest comes again."""
    folder = tmp_path / "spool"
    counts = []
    with process("recording_app", str(folder), "web-1", history.address) as recording:
        for _ in range(_CRASHES):
            before = history.count() if history.is_there() else 0
            until(lambda: history.is_there() and history.count() > before)  # noqa: B023  # called now
            server.crash()
            sleep(_random.uniform(0, 0.5))
            assert recording.poll() is None
            server.start()
            history.close()
            counts.append(history.count())
        before = history.count()
        until(lambda: history.count() > before)  # it goes on by itself
    left = settled(folder, history)
    print(f"crashed {_CRASHES} times at {counts}: {len(left):,} exchanges, none lost, none twice")


def test_several_hosts_have_one_history(tmp_path: Path, history: PostgresStore) -> None:
    """Each with workers that record into one folder, of which one ships for all."""
    folders = {host: tmp_path / host for host in ("web-1", "web-2")}
    line = [(host, str(folder)) for host, folder in folders.items() for _ in range(2)]
    workers = []
    for host, folder in line:
        worker = process("recording_app", folder, host, history.address)
        worker.__enter__()
        workers.append(worker)
    try:
        until(lambda: history.is_there() and len({row.pid for row in history.rows(limit=500)}) == 4)
    finally:
        for worker in workers:
            worker.__exit__(None, None, None)
    for each in folders.values():
        ship(each, history)
    seen = [(row.host, row.id) for row in history.rows(limit=100_000)]
    assert sorted(seen) == [(host, one) for host, each in folders.items() for one in ids(each)]


def test_two_that_ship_one_folder_at_once(tmp_path: Path, history: PostgresStore) -> None:
    """One waits for the other; without the lock, the database sorts out what comes twice."""
    folder = tmp_path / "spool"
    with process("recording_app", str(folder), "web-1"):
        until(lambda: len([*folder.glob("*.db")]) > 0)
        with process("shipping_app", str(folder), history.address):
            until(lambda: history.is_there() and history.count() > 0)
            # By another name the database is another target, with a lock of its own
            other = history.address.replace("127.0.0.1", "localhost")
            with process("shipping_app", str(folder), other):
                before = history.count()
                until(lambda: history.count() > before + 500)
    settled(folder, history)
