from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asgi_mw.errors import StoreError
from asgi_mw.events import Exchange, Worker
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.folder import ask_for, is_live
from asgi_mw.recorder.segment import Segment
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.recorder.codec import Columns


def row(number: int) -> Columns:
    worker = Worker("web-1", 7)
    return encode(Exchange(id=f"{number:032x}", worker=worker, type="http", scope={}, began=number))


def ids(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [
            int(one, 16) for [one] in connection.execute("SELECT id FROM exchange ORDER BY seq")
        ]


def test_every_file_is_for_the_owner_only(tmp_path: Path) -> None:
    """The write-ahead log holds what the database will."""
    segment = Segment(tmp_path)
    segment.write([row(1)])
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    segment.close()
    assert modes == {".db": 0o600, ".db-wal": 0o600, ".db-shm": 0o600, ".lock": 0o600}


def test_a_batch_of_any_size_is_written_in_order(tmp_path: Path) -> None:
    """However many rows one statement may take."""
    segment = Segment(tmp_path)
    segment.write([row(number) for number in range(1, 501)])
    segment.close()
    assert ids(segment.path) == list(range(1, 501))


def test_a_batch_that_comes_again_is_there_once(tmp_path: Path) -> None:
    """A commit may have succeeded although it was said to have failed."""
    segment = Segment(tmp_path)
    segment.write([row(1)])
    segment.write([row(1), row(2)])
    segment.close()
    assert ids(segment.path) == [1, 2]


def test_a_batch_is_written_whole_or_not(tmp_path: Path) -> None:
    """One bad row takes the others back, and the connection goes on."""
    segment = Segment(tmp_path)
    with pytest.raises(sqlite3.IntegrityError):
        segment.write([row(1), (None,) * len(row(1))])
    segment.write([row(2)])
    segment.close()
    assert ids(segment.path) == [2]


def test_a_closed_segment_is_one_plain_file(tmp_path: Path) -> None:
    """It can be read from a medium that is read-only, or copied."""
    segment = Segment(tmp_path)
    segment.write([row(1)], shown=[("a", "{}")])
    segment.close()
    assert list(tmp_path.iterdir()) == [segment.path]
    with closing(sqlite3.connect(segment.path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
        assert connection.execute("SELECT * FROM in_flight").fetchall() == []


def test_a_segment_without_exchanges_goes(tmp_path: Path) -> None:
    """Nobody misses it."""
    segment = Segment(tmp_path)
    segment.write([], shown=[("a", "{}")])
    segment.close()
    assert list(tmp_path.iterdir()) == []


def test_a_segment_that_tells_of_losses_stays(tmp_path: Path) -> None:
    """Every dropped exchange is counted and shown."""
    segment = Segment(tmp_path)
    segment.write([], tallies=[("dropped", "full", 1)])
    segment.close()
    assert list(tmp_path.iterdir()) == [segment.path]


def test_a_reader_does_not_keep_a_segment_from_being_closed(tmp_path: Path) -> None:
    """It stays in WAL mode then, and is read as well."""
    segment = Segment(tmp_path)
    segment.write([row(1)])
    with closing(sqlite3.connect(segment.path)) as reader:
        assert reader.execute("SELECT count(*) FROM exchange").fetchall() == [(1,)]
        segment.close()
        assert not is_live(segment.path)
        assert ids(segment.path) == [1]


def test_a_removed_or_replaced_file_is_noticed(tmp_path: Path) -> None:
    """SQLite would go on writing where nobody can read."""
    segment = Segment(tmp_path)
    assert not segment.is_lost()
    segment.path.unlink()
    assert segment.is_lost()
    segment.path.touch()
    assert segment.is_lost()
    segment.close()
    assert segment.path.exists()  # it is somebody else's


def test_its_size_counts_the_log(tmp_path: Path) -> None:
    """What was written lies there first."""
    segment = Segment(tmp_path)
    before = segment.size()
    segment.write([row(number) for number in range(500)])
    assert segment.size() > before + 100_000
    segment.close()


def test_somebody_may_ask_for_it(tmp_path: Path) -> None:
    """The request goes when it was granted."""
    segment = Segment(tmp_path)
    assert not segment.is_asked_for()
    ask_for(segment.path)
    assert segment.is_asked_for()
    segment.write([row(1)])
    segment.close()
    assert list(tmp_path.iterdir()) == [segment.path]


def test_nothing_is_left_of_a_segment_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk."""

    def full(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("asgi_mw.recorder.schema.create", full)
    with pytest.raises(sqlite3.OperationalError):
        Segment(tmp_path)
    assert list(tmp_path.iterdir()) == []


def shrink(path: Path) -> None:
    os.truncate(path, 0)


def replace(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [shrink, replace, Path.unlink])
@pytest.mark.parametrize("end", [".db", ".db-wal", ".db-shm", ".lock"])
def test_whatever_is_done_to_a_file_of_it_is_noticed(
    tmp_path: Path, spoil: Callable[[Path], None], end: str
) -> None:
    """What is written from then on would not be seen."""
    segment = Segment(tmp_path)
    segment.write([row(1)])
    [path] = [path for path in tmp_path.iterdir() if path.name.endswith(end)]
    spoil(path)
    noticed = segment.is_lost()
    segment.close()
    assert noticed == ((spoil, end) != (shrink, ".lock"))  # which is empty


def test_a_file_that_goes_while_it_is_written_is_said(tmp_path: Path) -> None:
    """So that the rows are written anew, into another."""
    segment = Segment(tmp_path)
    segment.path.unlink()
    with pytest.raises(StoreError, match="was removed, replaced or cut"):
        segment.write([row(1)])
    segment.close()


def test_memory_that_is_cut_off_is_no_fatal_signal(tmp_path: Path) -> None:
    """The index of the log is mapped into the memory of a process that serves."""
    script = """
import os, sys
from pathlib import Path
from asgi_mw.recorder.segment import Segment
from tests.recorder.test_segment import row
segment = Segment(Path(sys.argv[1]))
segment.write([row(1)])
for path in Path(sys.argv[1]).iterdir():
    os.truncate(path, 0)
assert segment.is_lost()
segment.close()
print("served on")
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "served on\n", "")
