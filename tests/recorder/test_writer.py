from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from threading import Event
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.recorder import assemble, codec, writer
from asgi_mw.recorder.reader import Reader
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.spool import SpoolStore
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from asgi_mw.recorder.codec import Columns
    from tests.recorder.conftest import Serve


def paths(store: SpoolStore) -> list[str]:
    """What is on disk, the oldest first."""
    return [exchange.path for exchange in store.exchanges()][::-1]


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that another thread does."""
    deadline = monotonic() + seconds
    while not true():
        assert monotonic() < deadline, "it did not happen"
        sleep(0.005)


def test_an_exchange_is_written_without_being_asked_for(spool: SpoolStore, serve: Serve) -> None:
    """A reader in another process need only wait for the interval."""
    serve(spool, "/a")
    until(lambda: [exchange.path for exchange in spool._reader.exchanges()] == ["/a"])


class Faulty:
    """Segments whose first writes fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.segments: set[Path] = set()
        real = Segment.write

        def write(segment: Segment, rows: Sequence[Columns], *rest: Any) -> None:
            self.segments.add(segment.path)
            if self.errors:
                raise self.errors.pop(0)
            real(segment, rows, *rest)

        monkeypatch.setattr(Segment, "write", write)


def error(kind: type[sqlite3.Error], name: str) -> sqlite3.Error:
    fault = kind(f"made up: {name}")
    fault.sqlite_errorname = name
    return fault


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param((error(sqlite3.OperationalError, "SQLITE_BUSY"), 1), id="locked"),
        pytest.param((error(sqlite3.OperationalError, "SQLITE_FULL"), 1), id="disk full"),
        pytest.param((sqlite3.OperationalError("without a name"), 1), id="of no kind"),
        pytest.param((MemoryError(), 1), id="no memory"),
        pytest.param(
            (error(sqlite3.OperationalError, "SQLITE_IOERR_WRITE"), 2), id="input, output"
        ),
        pytest.param((error(sqlite3.DatabaseError, "SQLITE_CORRUPT"), 2), id="corrupt"),
        pytest.param((error(sqlite3.DatabaseError, "SQLITE_NOTADB"), 2), id="overwritten"),
        pytest.param((error(sqlite3.OperationalError, "SQLITE_READONLY_DBMOVED"), 2), id="moved"),
        pytest.param((OSError(28, "No space left on device"), 2), id="no space"),
        pytest.param((RuntimeError("anything else"), 2), id="anything else"),
    ],
)
def test_no_fault_loses_what_was_taken(
    spool: SpoolStore,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: tuple[Exception, int],
) -> None:
    """It is tried again, in the same file or in a new one, and said once."""
    fault, files = kind
    faulty = Faulty(monkeypatch, fault, fault)
    for number in range(3):
        serve(spool, f"/{number}")
    assert spool.flush(60)
    assert paths(spool) == ["/0", "/1", "/2"]
    assert spool.dropped == {}
    assert spool.faults.counts == {f"write: {type(fault).__name__}": 2}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert len(faulty.segments) >= files


def test_a_row_that_sqlite_refuses_is_left_out(
    spool: SpoolStore, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others of its batch are written, and it is counted."""
    real = codec.encode

    def encode(exchange: Any) -> Columns:
        row = real(exchange)
        return (2**70, *row[1:]) if exchange.path == "/bad" else row

    monkeypatch.setattr(writer, "encode", encode)
    for path in ("/a", "/bad", "/b"):
        serve(spool, path)
    assert spool.flush(60)
    assert paths(spool) == ["/a", "/b"]
    assert spool.dropped == {"refused by SQLite": 1}


@pytest.mark.parametrize("fault", [ValueError("x"), MemoryError(), RecursionError()], ids=repr)
def test_an_exchange_that_cannot_be_encoded_is_left_out(
    spool: SpoolStore, serve: Serve, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """The others of its batch are written, and it is counted."""
    real = assemble.draft_of

    def draft_of(tape: Any) -> Any:
        exchange = real(tape)
        if exchange.path == "/bad":
            raise fault
        return exchange

    monkeypatch.setattr(writer, "draft_of", draft_of)
    for path in ("/a", "/bad", "/b"):
        serve(spool, path)
    assert paths(spool) == ["/a", "/b"]
    assert spool.dropped == {"could not be encoded": 1}
    assert spool.faults.counts == {f"encode: {type(fault).__name__}": 1}


def test_a_lock_that_is_held_only_delays(spool: SpoolStore, serve: Serve) -> None:
    """The app is served meanwhile, and nothing is lost."""
    serve(spool, "/0")
    assert spool.flush(60)
    [file] = spool.folder.glob("*.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(1, 50):
            serve(spool, f"/{number}")
        assert not spool.flush(0.5)
        other.execute("ROLLBACK")
    assert spool.flush(60)
    assert paths(spool) == [f"/{number}" for number in range(50)]
    assert spool.dropped == {}
    assert spool.faults.counts["write: OperationalError"] >= 1


def test_what_waits_for_too_long_is_dropped_and_counted(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is bounded; the budget is given back."""
    store = SpoolStore(tmp_path / "spool", queue_limit=5, flush_interval=0.005)
    held = Event()
    real = Segment.write
    writing = Event()

    def write(segment: Segment, *args: Any) -> None:
        writing.set()
        held.wait(PATIENCE)
        real(segment, *args)

    monkeypatch.setattr(Segment, "write", write)
    serve(store, "/first")
    assert writing.wait(PATIENCE)
    for number in range(8):
        serve(store, f"/{number}")
    held.set()
    assert store.flush(60)
    assert paths(store) == ["/first", "/0", "/1", "/2", "/3", "/4"]
    assert store.dropped == {"the queue was full": 3}
    assert store.stats().dropped == {"the queue was full": 3}
    store.close()
    assert store.budget.left == store.budget.total
    # and who looks later is told as well
    assert SpoolStore(tmp_path / "spool").stats().dropped == {"the queue was full": 3}


def test_a_memory_budget_that_is_used_up_drops(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes count, not exchanges."""
    store = SpoolStore(tmp_path / "spool", memory=2**20, flush_interval=0.005)
    held = Event()
    real = Segment.write

    def write(segment: Segment, *args: Any) -> None:
        held.wait(PATIENCE)
        real(segment, *args)

    monkeypatch.setattr(Segment, "write", write)
    for number in range(40):
        serve(store, f"/{number}", size=60_000)
    assert -100_000 < store.budget.left < 200_000
    held.set()
    store.close()
    assert store.budget.left == store.budget.total
    assert store.stats().exchanges + store.dropped.get("the queue was full", 0) == 40


def test_a_removed_folder_is_made_again(spool: SpoolStore, serve: Serve) -> None:
    """Somebody cleaned up while the app was running."""
    serve(spool, "/gone")
    assert spool.flush(60)
    for path in [*spool.folder.glob("*"), spool.folder / ".gitignore"]:
        path.unlink(missing_ok=True)
    spool.folder.rmdir()
    serve(spool, "/a")
    assert paths(spool) == ["/a"]


def test_closing_ends_although_nothing_can_be_written(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the time that is given, and what is lost is counted."""
    store = SpoolStore(tmp_path / "spool", flush_interval=0.005)
    Faulty(monkeypatch, *[OSError(28, "No space left on device")] * 1000)
    for number in range(3):
        serve(store, f"/{number}")
    store.close(0.2)
    assert store.dropped == {"not written before the end": 3}
    assert store.budget.left == store.budget.total


def test_what_ends_while_the_app_stops_waits_for_no_batch(tmp_path: Path, serve: Serve) -> None:
    """A server may end the process as soon as all are done, by a signal that no code outlives."""
    store = SpoolStore(tmp_path / "spool", flush_interval=60.0)
    serve(store, "/before")
    store.leaving()
    assert store.flush(60)
    serve(store, "/cancelled")

    reader = Reader(store.folder)
    end = monotonic() + PATIENCE
    while len(found := [one.path for one in reader.exchanges()]) < 2 and monotonic() < end:
        sleep(0.01)
    assert found == ["/cancelled", "/before"]
    store.close()
