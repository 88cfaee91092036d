"""Restore a file whose writer was killed half-way, before it is read, shipped, purged or changed.

Such a writer leaves a *hot journal*: what was there before it began.  Only a connection that may
write can put it back; one that only reads is refused (https://sqlite.org/lockingv3.html#hot_journals).
Nothing that was committed is lost: a purge, or a close, was half-way, and neither adds anything.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.folder import is_named_as_ours, lock

if TYPE_CHECKING:
    from pathlib import Path

_BUSY_SECONDS = 5.0
# How long another process may take to restore it, in seconds
_PATIENCE = 5.0
# A journal ends so after the name of another journal
_JOURNAL = bytes.fromhex("d9d505f920a163d7")


def is_half_way(error: sqlite3.Error) -> bool:
    """Whether SQLite refused to read because a journal has to be put back first."""
    return getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK"


def restore(path: Path) -> None:
    """Put back what the writer of *path* has left half-way, if it is dead.

    Of several processes that find it so, one restores it, and the others wait for that.

    Raises:
        StoreError: It cannot be restored here, and why.
        sqlite3.Error: The same.
    """
    if not is_named_as_ours(path):
        raise StoreError(
            f"{path.name} cannot be read: the program that wrote it was killed; "
            "open it with that, or move it out of the folder"
        )
    if not os.access(path.parent, os.W_OK):  # also on a disk that is mounted read-only
        raise _refused(path)
    deadline = monotonic() + _PATIENCE
    try:
        while (held := lock(path)) is None:
            if monotonic() > deadline:
                raise StoreError(f"{path.name} is being changed and was not let go; try again")
            sleep(0.02)
        try:
            _put_back(path)
        finally:
            held.release()
    except sqlite3.Error as error:
        if is_half_way(error):
            raise _refused(path) from error
        raise
    except OSError as error:
        raise _refused(path) from error


def roll_back(path: Path) -> None:
    """Like :func:`restore`, with the lock of *path* held; if it fails, the next reader says why.

    Raises:
        StoreError: The journal names another one, which SQLite would read and remove, wherever it
            is (https://sqlite.org/fileformat2.html#the_rollback_journal).  None of ours does.
        OSError: The journal cannot be read.
    """
    with suppress(sqlite3.Error):
        _put_back(path)


def _put_back(path: Path) -> None:
    journal = path.with_name(path.name + "-journal")
    if not journal.exists():
        return
    with closing(schema.connect(path, "rw", _BUSY_SECONDS)) as connection:
        with journal.open("rb") as file:
            file.seek(max(journal.stat().st_size - len(_JOURNAL), 0))
            if file.read() == _JOURNAL:
                message = f"{journal.name} names another file; remove it"
                raise StoreError(message)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()


def _refused(path: Path) -> StoreError:
    return StoreError(
        f"{path.name} cannot be read: the process that wrote it was killed, "
        f"and only who may write to {path.parent} can restore it"
    )
