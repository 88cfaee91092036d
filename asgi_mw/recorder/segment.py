"""Write one segment: the one writing connection of a spool file, and its lock."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.folder import (
    is_asked_for,
    make_file,
    make_folder,
    parts,
    remove,
    settle_request,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from asgi_mw.recorder.codec import Columns

# How long one statement waits for a lock, in seconds; the writer tries again anyway
_BUSY_SECONDS = 0.2
# How many rows one statement takes: fewer than SQLITE_MAX_VARIABLE_NUMBER of any build (999)
_ROWS = 999 // len(schema.COLUMNS)


class Segment:
    """A new file in *folder*, open for writing; for one thread.

    Raises:
        OSError: It cannot be made.
        sqlite3.Error: The same; nothing is left behind.
    """

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self.path, self._lock = make_file(folder)
        self.began = monotonic()
        try:
            self._connection = schema.connect(self.path, "rw", _BUSY_SECONDS)
            try:
                schema.create(self._connection)
                there = [str(path) for path in parts(self.path) if path.exists()]
                self._files = {path: os.lstat(path) for path in there}
            except BaseException:
                self._connection.close()
                raise
        except BaseException:
            with suppress(OSError):
                remove(self.path)
            with suppress(OSError):
                self._lock.release()
            raise

    def write(
        self,
        rows: Sequence[Columns],
        shown: Iterable[tuple[str, str]] = (),
        gone: Collection[str] = (),
        tallies: Iterable[tuple[str, str, int]] = (),
    ) -> None:
        """Write all of it or nothing.

        Args:
            rows: Finished exchanges.
            shown: Ids and facts of exchanges in flight that are new or changed.
            gone: Ids of exchanges that are no longer in flight.
            tallies: How much was dropped and how many faults there were, by kind and reason.

        Raises:
            sqlite3.Error: Nothing was written.
            StoreError: It was written where nobody can read it.
        """
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            for start in range(0, len(rows), _ROWS):
                some = rows[start : start + _ROWS]
                connection.execute(schema.insert(len(some)), list(chain.from_iterable(some)))
            if gone:
                connection.executemany(
                    "DELETE FROM in_flight WHERE id = ?", [(one,) for one in gone]
                )
            connection.executemany("INSERT OR REPLACE INTO in_flight VALUES (?, ?)", shown)
            connection.executemany("INSERT OR REPLACE INTO tally VALUES (?, ?, ?)", tallies)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise
        if self.is_lost():
            message = f"{self.path.name} was removed, replaced or cut while it was written"
            raise StoreError(message)

    def size(self) -> int:
        """What it takes on disk, in bytes, its write-ahead log included."""
        size = 0
        for path in (self.path, self.path.with_name(self.path.name + "-wal")):
            with suppress(FileNotFoundError):
                size += path.stat().st_size
        return size

    def is_lost(self) -> bool:
        """Whether somebody removed, replaced or cut one of its files: then nobody sees new rows.

        They only grow, because nothing in them is vacuumed or truncated here.
        """
        lost = not self._lock.is_held()
        for path, known in self._files.items():
            try:
                found = os.lstat(path)
            except FileNotFoundError:
                lost = True
                continue
            if not os.path.samestat(known, found):
                lost = True
            elif found.st_size >= known.st_size:
                self._files[path] = found
            else:
                lost = True
                if path.endswith("-shm"):
                    # It is mapped into memory: to touch the missing part would end the process
                    os.truncate(path, known.st_size)
        return lost

    def is_asked_for(self) -> bool:
        """Whether somebody asks to let go of it, to remove rows or all of it."""
        return is_asked_for(self.path)

    def close(self) -> None:
        """Let go of it: one plain file is left if it holds an exchange or a tally, else none."""
        connection = self._connection
        try:
            lost = self.is_lost()
            empty = False
            with suppress(sqlite3.Error):
                connection.execute("DELETE FROM in_flight")
                empty = not connection.execute("SELECT 1 FROM exchange LIMIT 1").fetchall()
                empty = empty and not connection.execute("SELECT 1 FROM tally LIMIT 1").fetchall()
            with suppress(sqlite3.Error):
                if not empty and not lost:
                    schema.index(connection)
            with suppress(sqlite3.Error):
                # A finished file needs no -wal and -shm to be read.  A reader that has it open
                # keeps it as it is, which does no harm.
                connection.execute("PRAGMA journal_mode = DELETE")
            connection.close()
            if empty and not lost:
                remove(self.path)
            settle_request(self.path)
        finally:
            self._lock.release()
