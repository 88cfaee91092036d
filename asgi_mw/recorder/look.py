"""Read the segments of a folder once, and note what cannot be read, and why."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder import questions, schema
from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.conditions import Source
from asgi_mw.recorder.folder import is_kept, kept_of, segments
from asgi_mw.recorder.restoring import is_half_way, restore
from asgi_mw.recorder.results import Snags
from asgi_mw.recorder.rows import row_from, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.rows import Row

# How long to wait for a writer that holds the whole file, in seconds
_BUSY_SECONDS = 1.0
# SQLite's errors where the file may be readable in a moment
_PASSING = (
    *("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL", "SQLITE_NOMEM", "SQLITE_INTERRUPT"),
    "SQLITE_READONLY_ROLLBACK",  # its purge was killed: the next to open it restores it
)
_DISK = ("SQLITE_FULL", "SQLITE_IOERR")
_DENIED = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")


class Look:
    """Reads the segments in *folder* for one call, and notes in ``snags`` what it cannot read.

    Files that vanish are no fault: they were removed for their size or age, or purged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.snags = Snags()

    def each(
        self,
        ask: Callable[[sqlite3.Connection], Any],
        wanted: Callable[[Path], bool] = lambda _: True,
    ) -> Iterator[tuple[Path, Any]]:
        """What each readable segment answers to *ask*."""
        for files in segments(self.folder):
            connection = self.connect(files.path) if wanted(files.path) else None
            if connection is not None:
                with closing(connection):
                    answer = self.attempt(files.path, lambda: ask(connection))  # noqa: B023  # called now
                if answer is not None:
                    yield files.path, answer

    def connect(self, path: Path) -> sqlite3.Connection | None:
        """A connection that only reads, if *path* is there, readable and not empty.

        If a killed writer left the file half-way, it is restored first, if possible.
        """
        connection: sqlite3.Connection | None = None

        def open_it() -> bool:
            nonlocal connection
            connection = schema.connect(path, "ro", _BUSY_SECONDS)
            return schema.verify(connection, path.name)

        def connect() -> bool:
            try:
                return open_it()
            except sqlite3.Error as error:
                if connection is None or not is_half_way(error):
                    raise
                connection.close()
            restore(path)
            return open_it()

        readable = self.attempt(path, connect)
        if not readable and connection is not None:
            connection.close()
            connection = None
        return connection

    def attempt(self, path: Path, ask: Callable[[], Any]) -> Any:
        """What *ask* returns; a fault of the file becomes a snag, unless it is gone."""
        try:
            return ask()
        except StoreError as error:
            problem = str(error) if path.name in str(error) else f"{path.name}: {error}"
        except (sqlite3.Error, OSError, ValueError, TypeError, MemoryError, OverflowError) as error:
            problem = f"{path.name} cannot be read ({error}); {_mend(error)}"
        if os.path.lexists(path):
            self.snags.add(path.name, problem)
        return None

    @cached_property
    def kept(self) -> set[str]:
        """The ids of what was marked to be kept."""
        path = kept_of(self.folder)
        connection = self.connect(path) if os.path.lexists(path) else None
        if connection is None:
            return set()
        with closing(connection):
            return self.attempt(path, lambda: questions.ids(connection)) or set()

    def marked(self, exchange: Exchange) -> Exchange:
        """*exchange* with its mark, if it has one."""
        return replace(exchange, kept=True) if exchange.id in self.kept else exchange

    def source(self, path: Path, connection: sqlite3.Connection) -> Source:
        """What the SQL of a filter has to know about the file."""
        return Source(schema.version_of(connection), is_kept(path))

    def read(self, path: Path, connection: sqlite3.Connection, seq: int) -> Exchange | None:
        """The exchange of one row, if it is there and can be read."""

        def read() -> Exchange | None:
            sql = "SELECT facts, bodies FROM exchange WHERE seq = ?"
            rows = connection.execute(sql, (seq,)).fetchall()
            if not rows:
                return None
            return self.marked(decode(*rows[0]))

        exchange: Exchange | None = self.attempt(path, read)
        return exchange

    def row(self, path: Path, connection: sqlite3.Connection, seq: int, version: int) -> Row | None:
        """The row of one exchange, likewise; before *version* 3 the whole exchange is read."""
        if version < 3:
            exchange = self.read(path, connection, seq)
            return None if exchange is None else row_of(exchange)

        def read() -> Row | None:
            found = questions.columns(connection, seq)
            return None if found is None else row_from(found, kept=found[0] in self.kept)

        row: Row | None = self.attempt(path, read)
        return row


def _mend(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, MemoryError) or name.startswith(_PASSING):
        return "try again"
    if name.startswith(_DISK):
        return "look at the disk that it is on"
    if isinstance(error, OSError) or name.startswith(_DENIED):
        return "look as the user who records"
    return "move it out of the folder"
