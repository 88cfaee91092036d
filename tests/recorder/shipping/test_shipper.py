"""What is in a folder comes to be in the database: all of it, once, whatever is wrong with some."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import open_store
from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import encode, encode_view
from asgi_mw.recorder.folder import lock
from asgi_mw.recorder.postgres import PostgresStore
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.shipping import shipper as shipping
from asgi_mw.recorder.shipping.gathering import Gatherer
from asgi_mw.recorder.shipping.progress import unshipped
from asgi_mw.recorder.shipping.sending import Target
from tests.recorder.made import made
from tests.recorder.postgres.shipped import ship, shipper, write
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.recorder.shipping.shipper import Shipper
    from tests.recorder.postgres.server import Server


def until(there: Callable[[], bool]) -> None:
    """Wait for that."""
    end = monotonic() + PATIENCE
    while not there():
        assert monotonic() < end
        sleep(0.02)


def ids(store: Any) -> list[str]:
    """All that are there, the newest first."""
    reading = store.exchanges()
    found = [one.id for one in reading]
    assert reading.problems == ()
    return found


def begun(one: Shipper) -> threading.Thread:
    """A thread in which it ships."""
    thread = threading.Thread(target=one.run)
    thread.start()
    return thread


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "spool"


def test_what_is_shipped_is_what_was_recorded(folder: Path, history: PostgresStore) -> None:
    """To the last octet, from closed files and from one that is being written."""
    write(folder, [made(number) for number in (1, 3)])
    live = Segment(folder)
    live.write([encode(made(2, request=b"\0\xff", path="/é", sent=[(b"a", b"\xff")]))])
    assert ship(folder, history) == 3
    spool = open_store(folder)
    assert [*history.exchanges()] == [*spool.exchanges()]
    assert [*history.rows()] == [*spool.rows()]
    live.write([encode(made(4))])
    assert [ship(folder, history), ship(folder, history)] == [1, 0]
    live.close()
    assert ship(folder, history) == 0
    assert ids(history) == ids(spool)


def test_a_mark_goes_along(folder: Path, history: PostgresStore) -> None:
    """What was kept in the folder by then is kept there."""
    write(folder, [made(1), made(2)])
    open_store(folder).keep(made(2).id)
    assert ship(folder, history) == 2
    assert [one.id for one in history.exchanges(Query()) if one.kept] == [made(2).id]


def test_what_a_process_left_behind_is_lost(folder: Path, history: PostgresStore) -> None:
    """Once it is dead, and then once."""
    segment = Segment(folder)
    view = replace(made(2), outcome=None, ended=None, returned=None, events=made(2).events[:1])
    segment.write([encode(made(1))], shown=[(view.id, encode_view(view))])
    assert ship(folder, history) == 1
    segment._connection.close()
    segment._lock.release()
    assert [ship(folder, history), ship(folder, history)] == [1, 0]
    assert [(one.id, one.outcome) for one in history.exchanges()] == [
        (made(2).id, "lost"),
        (made(1).id, "complete"),
    ]
    assert history.stats().lost == 1


def test_files_of_earlier_formats_are_shipped(folder: Path, history: PostgresStore) -> None:
    """Read as whole exchanges."""
    path = write(folder, [])
    path = folder / "20260101T000000.000000Z-a-1-00000000.db"
    sql = (Path(__file__).parents[1] / "format_1.sql").read_text()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)
    assert ship(folder, history) > 0
    assert [*history.exchanges()] == [*open_store(folder).exchanges()]


def test_spoilt_rows_are_counted_and_the_others_shipped(
    folder: Path, history: PostgresStore
) -> None:
    """What no reader takes, and what PostgreSQL refuses."""
    path = write(folder, [made(number) for number in range(1, 21)])
    spoil = (
        "facts = x'37'",
        "id = 'no id'",
        "facts = 'no JSON'",
        "path = CAST(x'610062' AS TEXT)",
        "began = 'soon'",
        "bodies = 'text'",
        "facts = CAST(x'ff' AS TEXT)",
    )
    with closing(sqlite3.connect(path)) as connection:
        for number, change in enumerate(spoil, 2):
            connection.execute(f"UPDATE exchange SET {change} WHERE seq = ?", (number,))
        connection.commit()
    said: list[str] = []
    one = shipper(folder, history)
    one.say = said.append
    assert one.once() == 20 - len(spoil)
    assert one._dropped == {
        "refused by PostgreSQL": 2,
        "unreadable where it was to be shipped": len(spoil) - 2,
    }
    assert len(said) == 3
    good = [1, *range(2 + len(spoil), 21)]
    assert ids(history) == [made(number).id for number in reversed(good)]
    assert ship(folder, history) == 0


def test_all_of_a_batch_or_nothing(
    folder: Path, history: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in batches that are smaller than a file, and with several files."""
    monkeypatch.setattr("asgi_mw.recorder.shipping.gathering._ROWS", 7)
    for start in (1, 31, 61):
        write(folder, [made(number) for number in range(start, start + 30)])
    assert ship(folder, history) == 90
    assert ids(history) == [made(number).id for number in range(90, 0, -1)]


def test_large_exchanges_go_a_few_at_a_time(folder: Path, history: PostgresStore) -> None:
    """A batch has a limit in bytes."""
    write(folder, [made(number, response=b"x" * 3_000_000) for number in range(1, 8)])
    gatherer = Gatherer(folder)
    batch, _ = gatherer.batch()
    assert (len(batch.rows), batch.more) == (3, True)
    assert ship(folder, history) == 7


def test_what_the_hosts_counted_is_there(folder: Path, history: PostgresStore) -> None:
    """Of all files; those that go leave their counts to others."""
    first, second = Segment(folder), Segment(folder)
    first.write([encode(made(1))], tallies=[("dropped", "queue", 2), ("fault", "write: E", 1)])
    second.write([encode(made(2))], tallies=[("dropped", "queue", 3)])
    ship(folder, history)
    stats = history.stats()
    assert (dict(stats.dropped), dict(stats.faults)) == ({"queue": 5}, {"write: E": 1})
    second.write([], tallies=[("dropped", "queue", 5)])
    first.close()
    first.path.unlink()
    second.write([], tallies=[("fault", "write: E", 1)])
    ship(folder, history)
    assert (dict(history.stats().dropped), history.stats().faults) == (
        {"queue": 5},
        {"write: E": 1},
    )
    second.close()


def test_files_that_go_are_forgotten(folder: Path, history: PostgresStore) -> None:
    """But not what was in them, nor if the whole folder is gone: it may come back."""

    def known() -> list[str]:
        sql = "SELECT file FROM asgi_mw.shipped ORDER BY file"
        return [file for [file] in history.connections.ask(lambda one: one.execute(sql).fetchall())]

    paths = [write(folder, [made(number)]) for number in (1, 2)]
    assert ship(folder, history) == 2
    assert known() == [path.name for path in paths]
    paths[0].unlink()
    assert ship(folder, history) == 0
    assert known() == [paths[1].name]
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    assert ship(folder, history) == 0
    assert known() == [paths[1].name]
    shutil.rmtree(folder)
    folder.with_name("elsewhere").rename(folder)
    assert ship(folder, history) == 0
    assert history.count() == 2


def test_one_ships_at_a_time(folder: Path, history: PostgresStore) -> None:
    """The other waits, and says so if it is not to."""
    write(folder, [made(1)])
    one = shipper(folder, history)
    held = lock(one._progress.lock)
    assert held is not None
    with pytest.raises(StoreError, match="another process ships"):
        one.once()
    thread = begun(one)
    sleep(0.1)
    assert not history.is_there()
    held.release()
    until(lambda: history.is_there() and history.count() == 1)
    one.stop(PATIENCE)
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_it_waits_for_a_database_that_is_down(
    folder: Path, history: PostgresStore, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so once, counts each attempt, and goes on by itself."""
    monkeypatch.setattr(shipping, "_LONGEST_PAUSE", 0.05)
    write(folder, [made(1)])
    said: list[str] = []
    one = shipper(folder, history)
    one.say = said.append
    server.crash()
    thread = begun(one)
    try:
        until(lambda: one._faults.counts["ship: StoreError"] >= 3)
    finally:
        server.start()
    until(lambda: one.sent == 1)
    write(folder, [made(2)])
    until(lambda: one.sent == 2)
    one.stop(PATIENCE)
    thread.join(PATIENCE)
    assert ids(history) == [made(2).id, made(1).id]
    assert len({one.partition(":")[0] for one in said}) == 1


def test_what_is_stopped_sends_the_rest(folder: Path, history: PostgresStore) -> None:
    """As far as its time goes."""
    one = shipper(folder, history)
    thread = begun(one)
    write(folder, [made(number) for number in range(1, 3000)])
    one.stop(PATIENCE)
    thread.join(PATIENCE)
    assert history.count() == 2999


def test_a_batch_on_its_way_is_counted(
    folder: Path, history: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though Ctrl-C comes meanwhile: who waited waits again."""
    write(folder, [made(1)])
    one = shipper(folder, history)
    go_on, send = threading.Event(), Target.send

    def slow(target: Target, batch: Any) -> int:
        refused = send(target, batch)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        assert go_on.wait(PATIENCE)
        return refused

    monkeypatch.setattr(Target, "send", slow)
    one.start()
    with pytest.raises(KeyboardInterrupt):
        one.wait(PATIENCE)
    one.stop(0.0, join=False)
    one.wait(0.1)
    assert (0, [made(1).id]) == (one.sent, ids(history))
    go_on.set()
    one.wait(PATIENCE)
    assert 1 == one.sent


def test_what_is_stopped_while_the_database_is_down_ends(folder: Path) -> None:
    """It waits for nothing; what retention removes meanwhile would be counted."""
    segment = write(folder, [made(1)])
    assert unshipped(segment) == 0
    one = shipper(folder, PostgresStore("postgresql://127.0.0.1:1/nowhere"))
    thread = begun(one)
    until(lambda: one._faults.total > 0)
    one.stop(PATIENCE)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert unshipped(segment) == 1
    with pytest.raises(StoreError, match="cannot be reached"):
        shipper(folder, PostgresStore("postgresql://127.0.0.1:1/nowhere")).once()


def test_a_database_that_was_lost_is_filled_again(
    folder: Path, history: PostgresStore, server: Server
) -> None:
    """How far it was is asked of the database, not of the note in the folder."""
    write(folder, [made(1), made(2)])
    assert ship(folder, history) == 2
    name = history.address.rpartition("/")[2]
    server.drop(name)
    server.create(name)
    history.close()
    fresh = PostgresStore(history.address)
    assert ship(folder, fresh) == 2
    assert ids(fresh) == [made(2).id, made(1).id]
    fresh.close()


def test_a_folder_that_is_not_there_is_waited_for(folder: Path, history: PostgresStore) -> None:
    """And not made."""
    one = shipper(folder, history)
    thread = begun(one)
    sleep(0.05)
    assert not folder.exists()
    write(folder, [made(1)])
    until(lambda: one.sent == 1)
    one.stop(PATIENCE)
    thread.join(PATIENCE)


def test_what_its_process_left_half_closed_is_restored(
    folder: Path, history: PostgresStore
) -> None:
    """A hot journal, with which nobody could read the file who may not write it."""
    path = write(folder, [made(1)])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE exchange SET bodies = zeroblob(1000000)")
        journal = path.with_name(f"{path.name}-journal").read_bytes()
        spilt = path.read_bytes()
        connection.execute("ROLLBACK")
    path.write_bytes(spilt)
    path.with_name(f"{path.name}-journal").write_bytes(journal)
    assert ship(folder, history) == 1
    assert [*history.exchanges()] == [*open_store(folder).exchanges()]
    assert schema.VERSION == 3
