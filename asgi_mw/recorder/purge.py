"""Remove exchanges from a spool folder.

Rows are only removed from segments whose lock is taken, so that a file never has two writing
connections: SQLite before 3.51.3 can corrupt a file that does (https://sqlite.org/wal.html, "The
WAL-reset bug").  A live worker is asked, by a file beside its segment, to begin a new one; it
looks for that once a second.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from time import monotonic, sleep
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.folder import lock, release_request, remove, segments
from asgi_mw.recorder.lost import lost
from asgi_mw.recorder.questions import left

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgi_mw.recorder.folder import Files, Lock
    from asgi_mw.recorder.query import Query

# How long a live worker may take to let go of its segment, in seconds
_PATIENCE = 5.0
_BUSY_SECONDS = 5.0


class Purge:
    """Removes exchanges from the segments in *folder*.

    Args:
        folder: The spool folder.
        wake: Called when a request lies in the folder, for the writer of this process.

    Attributes:
        problems: What could not be purged, and why.
    """

    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self._folder = folder
        self._wake = wake
        self.problems: list[str] = []

    def matching(self, query: Query | None) -> int:
        """Remove all that matches, everything without a query; how many went."""
        return sum(
            self._in(files, lambda connection: _delete(connection, query))
            for files in segments(self._folder)
        )

    def down_to(self, keep_bytes: int) -> int:
        """Remove the oldest until at most *keep_bytes* are left on disk; how many went."""
        count = 0
        for files in segments(self._folder):
            left = sum(each.bytes for each in segments(self._folder))
            if left <= keep_bytes:
                break
            over = left - keep_bytes
            if over >= files.bytes:
                count += self._in(files, lambda connection: _delete(connection, None))
            else:
                count += self._in(files, lambda connection: _delete_oldest(connection, over))  # noqa: B023  # called now
        return count

    def _in(self, files: Files, delete: Callable[[sqlite3.Connection], int]) -> int:
        path = files.path
        try:
            held = self._locked(path)
            if held is None:
                self.problems.append(f"{path.name} is being written and was not let go; try again")
                return 0
            try:
                return _emptied(path, delete) if path.exists() else 0
            finally:
                held.release()
        except (OSError, sqlite3.Error, StoreError) as error:
            self.problems.append(f"{path.name} was not purged: {error}")
            return 0

    def _locked(self, path: Path) -> Lock | None:
        held = lock(path)
        if held is not None:
            return held
        release_request(path).touch(mode=0o600)
        self._wake()
        deadline = monotonic() + _PATIENCE
        while held is None and monotonic() < deadline:
            sleep(0.02)
            held = lock(path)
        release_request(path).unlink(missing_ok=True)
        return held


def _emptied(path: Path, delete: Callable[[sqlite3.Connection], int]) -> int:
    with closing(schema.connect(path, "rw", _BUSY_SECONDS)) as connection:
        if not schema.verify(connection, path.name):
            return 0
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA journal_mode = DELETE")  # stays as it is under a reader
        count = delete(connection)
        [[stays]] = connection.execute(
            "SELECT (SELECT count(*) FROM exchange) + (SELECT count(*) FROM in_flight)"
        ).fetchall()
        if stays and count:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if not stays:
        remove(path)
    return count


def _delete(connection: sqlite3.Connection, query: Query | None) -> int:
    if query is None:
        stored = connection.execute("DELETE FROM exchange").rowcount
        return stored + connection.execute("DELETE FROM in_flight").rowcount
    # Whoever held the lock before has died, if anything is left in flight
    gone = [(one,) for one, facts in left(connection) if query.matches(lost(decode(facts)))]
    where, values = schema.condition(query)
    sql = f"SELECT seq, facts, bodies FROM exchange WHERE {where}"  # noqa: S608  # values are bound
    matching = [
        (seq,) for seq, *row in connection.execute(sql, values) if query.matches(decode(*row))
    ]
    return _delete_rows(connection, matching, gone)


def _delete_oldest(connection: sqlite3.Connection, size: int) -> int:
    """Remove rows until *size* bytes of them are gone."""
    sql = "SELECT seq, length(facts) + coalesce(length(bodies), 0) FROM exchange ORDER BY seq"
    oldest = []
    for seq, length in connection.execute(sql):
        if size <= 0:
            break
        oldest.append((seq,))
        size -= length
    return _delete_rows(connection, oldest)


def _delete_rows(
    connection: sqlite3.Connection, rows: list[tuple[int]], gone: list[tuple[str]] | None = None
) -> int:
    gone = gone or []
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("DELETE FROM exchange WHERE seq = ?", rows)
    connection.executemany("DELETE FROM in_flight WHERE id = ?", gone)
    connection.execute("COMMIT")
    return len(rows) + len(gone)
