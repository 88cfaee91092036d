"""Marks that survive: what is to be kept of a spool folder is copied into a file of its own.

Neither size nor age removes that file.  Any process may write it, one at a time: the one that
holds its lock.  So it needs no write-ahead log, and between two writes the file is complete.
"""

from __future__ import annotations

from contextlib import closing
from time import monotonic, sleep
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.folder import kept_of, lock, remove
from asgi_mw.recorder.plain import create, overwrite
from asgi_mw.recorder.purge import delete_rows
from asgi_mw.recorder.restoring import roll_back

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.folder import Lock

# How long another process may take to write it, in seconds
_PATIENCE = 5.0


def mark(folder: Path, exchange: Exchange) -> None:
    """Keep *exchange*; nothing changes if it is kept already.

    Raises:
        StoreError: The file is none of ours, or is being written and was not let go.
        OSError: It cannot be made.
        sqlite3.Error: It cannot be written.
    """
    path = kept_of(folder)
    held = _locked(path)
    try:
        if not path.exists():
            create(path)
        roll_back(path)
        with closing(schema.connect(path, "rw", _PATIENCE)) as connection:
            if not schema.verify(connection, path.name):
                schema.create(connection)
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute(schema.insert(1), encode(exchange))
    finally:
        held.release()


def unmark(folder: Path, id: str) -> None:  # noqa: A002  # the exchange's own word
    """Take the mark away: the exchange goes at once if retention removed its segment already.

    Raises:
        StoreError, OSError, sqlite3.Error: As :func:`mark` does.
    """
    path = kept_of(folder)
    if not path.exists():
        return
    held = _locked(path)
    try:
        roll_back(path)
        with closing(schema.connect(path, "ro", _PATIENCE)) as connection:
            if not schema.verify(connection, path.name):
                return
            sql = "SELECT seq, id FROM exchange"
            rows = {one: seq for seq, one in connection.execute(sql)}
        if rows.keys() == {id}:
            overwrite(path)
            remove(path)
        elif id in rows:
            _, fault = delete_rows(path, [("exchange", rows[id])])
            if fault is not None:
                raise fault
    finally:
        held.release()


def _locked(path: Path) -> Lock:
    deadline = monotonic() + _PATIENCE
    while (held := lock(path)) is None:
        if monotonic() > deadline:
            raise StoreError(f"{path.name} is being written and was not let go; try again")
        sleep(0.02)
    return held
