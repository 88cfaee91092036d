from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.recorder import purge as room
from asgi_mw.recorder import schema
from asgi_mw.recorder.folder import lock
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.spool import SpoolStore
from tests.recorder.conftest import tiny_disk

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.recorder.store import Store
    from tests.recorder.conftest import Serve


def paths(store: Store) -> list[str]:
    return [exchange.path for exchange in store.exchanges()][::-1]


def test_all_goes_without_a_query(spool: SpoolStore, serve: Serve) -> None:
    """The files as well; and the store goes on."""
    for number in range(5):
        serve(spool, f"/{number}")
    removed = spool.purge()
    assert (removed, removed.problems) == (5, ())
    assert paths(spool) == []
    assert list(spool.folder.glob("*.db*")) == []
    serve(spool, "/new")
    assert paths(spool) == ["/new"]


def test_what_matches_goes(spool: SpoolStore, serve: Serve) -> None:
    """From the file being written and from closed ones."""
    for _ in range(2):
        for status in (200, 500):
            serve(spool, f"/{status}", status=status)
        spool.close()
    serve(spool, "/live", status=503)
    assert spool.purge(Query(status="5xx")) == 3
    assert paths(spool) == ["/200", "/200"]


def test_what_went_is_not_in_the_file(spool: SpoolStore, serve: Serve) -> None:
    """Somebody purges what ought not to have been recorded."""
    serve(spool, "/keep")
    serve(spool, "/canary-4711")
    assert spool.purge(Query(path="/canary*")) == 1
    [file] = spool.folder.glob("*.db*")
    assert b"canary-4711" not in file.read_bytes()


def test_the_oldest_go_until_the_rest_fits(spool: SpoolStore, serve: Serve) -> None:
    """Whole segments, and of the last as much as need be."""
    for start in range(0, 60, 20):
        for number in range(start, start + 20):
            serve(spool, f"/{number}", size=20_000)
        spool.close()
    before = spool.stats().bytes
    gone = spool.purge(keep_bytes=before // 2)
    assert 28 <= gone <= 34
    assert paths(spool) == [f"/{number}" for number in range(gone, 60)]
    assert spool.stats().bytes <= before // 2 + 50_000
    assert spool.purge(keep_bytes=before) == 0


def test_another_process_is_asked_for_its_file(tmp_path: Path, serve: Serve) -> None:
    """Two stores stand for two processes: locks do not know the difference."""
    writing = SpoolStore(tmp_path / "spool", flush_interval=0.005)
    purging = SpoolStore(tmp_path / "spool")
    serve(writing, "/a")
    assert writing.flush(60)
    removed = purging.purge()
    assert (removed, removed.problems) == (1, ())
    serve(writing, "/b")
    assert paths(writing) == ["/b"]
    writing.close()


def test_a_writer_that_does_not_answer_is_told(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file never has two writing connections."""
    monkeypatch.setattr(room, "_PATIENCE", 0.05)
    monkeypatch.setattr("asgi_mw.recorder.segment.Segment.is_asked_for", lambda _: False)
    writing = SpoolStore(tmp_path / "spool", flush_interval=0.005)
    purging = SpoolStore(tmp_path / "spool")
    serve(writing, "/a")
    assert writing.flush(60)
    removed = purging.purge()
    purging.stats()  # does not take it back
    [problem] = removed.problems
    assert removed == 0
    assert "is being written" in problem
    assert list(writing.folder.glob("*.release")) == []
    writing.close()
    assert paths(writing) == ["/a"]


def test_a_foreign_file_stays(spool: SpoolStore, serve: Serve) -> None:
    """And is told."""
    serve(spool, "/a")
    assert spool.flush(60)
    foreign = spool.folder / "orders.db"
    foreign.write_bytes(b"x" * 5000)
    removed = spool.purge()
    assert removed == 1
    assert foreign.exists()
    assert [problem.split()[0] for problem in removed.problems] == ["orders.db"]


def test_what_a_held_lock_keeps_is_in_the_result(
    spool: SpoolStore, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what did go, and whatever is read afterwards."""
    monkeypatch.setattr(room, "_PATIENCE", 0.05)
    for path in ("/a", "/b"):
        serve(spool, path)
        spool.close()
    first, _ = sorted(spool.folder.glob("*.db"))
    held = lock(first)
    assert held is not None
    removed = spool.purge()
    held.release()
    assert paths(spool) == ["/a"]
    assert removed == 1
    assert removed.problems == (f"{first.name} is being written and was not let go; try again",)


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_link_in_place_of_a_lock_keeps_one_segment(spool: SpoolStore, serve: Serve) -> None:
    """And leads nowhere."""
    serve(spool, "/a")
    spool.close()
    [file] = spool.folder.glob("*.db")
    file.with_suffix(".lock").symlink_to(spool.folder.parent / "made")
    removed = spool.purge()
    assert removed == 0
    assert removed.problems[0].startswith(f"{file.name} was not purged: ")
    assert not (spool.folder.parent / "made").exists()


def test_the_lock_of_another_program_is_left_alone(spool: SpoolStore, serve: Serve) -> None:
    """Its database lies in the folder, and so does a file that is named like a lock of ours."""
    serve(spool, "/a")
    spool.close()
    with closing(sqlite3.connect(spool.folder / "orders.db")) as connection:
        connection.execute("CREATE TABLE orders (id)")
    (spool.folder / "orders.lock").write_text("4711")
    assert spool.purge().problems == (
        "orders.db is a database of another program; move it out of the folder",
    )
    assert (spool.folder / "orders.lock").read_text() == "4711"


def test_a_row_that_cannot_be_read_stays_and_is_told(spool: SpoolStore, serve: Serve) -> None:
    """Nobody knows whether it matches; the others go, and all of them without a filter."""
    for path in ("/a", "/b", "/c"):
        serve(spool, path)
    spool.close()
    [file] = spool.folder.glob("*.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE exchange SET facts = '[' WHERE path = '/b'")
    removed = spool.purge(Query(method="GET"))
    assert removed == 2
    [problem] = removed.problems
    assert problem.startswith(f"{file.name}: no readable exchange: ")
    removed = spool.purge()
    assert (removed, removed.problems) == (1, ())
    assert list(spool.folder.glob("*.db")) == []


@pytest.mark.parametrize("last", [sqlite3.OperationalError("locked"), None])
def test_rows_that_went_are_counted_though_their_space_is_not_given_back(
    spool: SpoolStore,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    last: sqlite3.Error | None,
) -> None:
    """SQLite needs the room of a second file to make one smaller."""
    for path in ("/a", "/b"):
        serve(spool, path)
    spool.close()
    connect = schema.connect

    class Full(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql == "VACUUM":
                error = last or sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorname = "SQLITE_BUSY" if last else "SQLITE_FULL"
                raise error
            return super().execute(sql, *values)

    def full(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
        if mode == "ro":
            return connect(path, mode, timeout)
        return sqlite3.connect(path, isolation_level=None, factory=Full)

    monkeypatch.setattr(schema, "connect", full)
    removed = spool.purge(Query(path="/a"))
    assert removed == 1
    [problem] = removed.problems
    assert "still takes the space of what was removed" in problem
    assert problem.endswith("--keep-bytes 100MB") == (last is None)
    assert paths(spool) == ["/b"]


@pytest.mark.parametrize("segment_bytes", [256 * 1024, None])
def test_a_full_disk_is_no_hindrance(
    tmp_path: Path, serve: Serve, segment_bytes: int | None
) -> None:
    """Old segments go as files, and so does the last if nothing smaller works."""
    disk = tmp_path / "disk"
    if not tiny_disk(disk, "2m"):
        pytest.skip("mounting a small disk takes root")
    try:
        store = SpoolStore(disk / "spool", max_bytes=16 * 2**20, segment_bytes=segment_bytes)
        for number in range(50):
            serve(store, f"/{number}", size=20_000)
            assert store.flush(60)
        store.close()
        (disk / "ballast").write_bytes(bytes(free(disk)))
        assert free(disk) == 0
        removed = store.purge(keep_bytes=600_000)
        assert removed >= 20
        assert removed.problems == ()
        assert store.stats().bytes <= 600_000
        assert paths(store) == [f"/{number}" for number in range(removed, 50)]
    finally:
        os.system(f"umount -l '{disk}'")


def free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


@pytest.fixture
def cut_off(spool: SpoolStore, serve: Serve) -> Path:
    """Twenty exchanges, and a purge of half of them that ended before its end."""
    for number in range(20):
        serve(spool, f"/{number}", size=5000)
    spool.close()
    [file] = spool.folder.glob("*.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 2")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM exchange WHERE seq % 2")
        left = {path: path.read_bytes() for path in spool.folder.glob("*.db*")}
        connection.execute("ROLLBACK")
    for path, content in left.items():
        path.write_bytes(content)
    return file


def test_what_a_purge_left_half_done_is_undone_by_the_next(
    spool: SpoolStore, cut_off: Path
) -> None:
    """Whatever this one is to remove."""
    removed = spool.purge(Query(path="/7"))
    assert (removed, removed.problems) == (1, ())
    assert paths(spool) == [f"/{number}" for number in range(20) if number != 7]


def test_a_journal_that_names_another_file_is_not_followed(
    spool: SpoolStore, cut_off: Path
) -> None:
    """SQLite would take it for a part of the same transaction, and remove it."""
    other = spool.folder.parent / "precious"
    other.write_bytes(b"not a journal")
    name = str(other).encode()
    journal = cut_off.with_name(cut_off.name + "-journal")
    numbers = (len(name), sum(name))
    end = b"".join(number.to_bytes(4, "big") for number in numbers)
    magic = bytes.fromhex("d9d505f920a163d7")
    journal.write_bytes(journal.read_bytes() + bytes(4) + name + end + magic)
    removed = spool.purge()
    assert removed == 0
    assert removed.problems == (
        f"{cut_off.name} was not purged: {journal.name} names another file; remove it",
    )
    assert other.read_bytes() == b"not a journal"


@pytest.mark.parametrize("spoil", [b"x" * 5000, b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_everything_is_also_what_cannot_be_read(
    spool: SpoolStore, serve: Serve, spoil: bytes
) -> None:
    """A full disk leaves such a segment, or a purge that was cut off; a filter leaves it alone."""
    for path in ("/a", "/b"):
        serve(spool, path)
        spool.close()
    first, _ = sorted(spool.folder.glob("*.db"))
    first.write_bytes(spoil)
    removed = spool.purge(Query(path="/a"))
    assert (removed, first.exists()) == (0, True)
    assert [problem.split()[0] for problem in removed.problems] == [first.name] * bool(spoil)
    removed = spool.purge()
    assert (removed, removed.problems) == (1, ())
    assert list(spool.folder.glob("*.db*")) == []


def test_the_oldest_goes_although_it_cannot_be_read(spool: SpoolStore, serve: Serve) -> None:
    """Else what is newer had to go in its place."""
    for path in ("/a", "/b"):
        serve(spool, path)
        spool.close()
    first, second = sorted(spool.folder.glob("*.db"))
    first.write_bytes(b"x" * 50_000)
    removed = spool.purge(keep_bytes=second.stat().st_size)
    assert (removed, removed.problems) == (0, ())
    assert paths(spool) == ["/b"]
