"""Distinguish faults of SQLite: those that pass, and values that it refuses."""

from __future__ import annotations

import sqlite3

# Faults that pass, or that a new file would have as well
_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_NOMEM", "SQLITE_INTERRUPT")
# sqlite3 refuses the value, not the database
REFUSED = (
    *(sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError),
    *(OverflowError, TypeError, ValueError),
)


def passes(error: Exception) -> bool:
    """Whether the same file may well take the rows later."""
    if isinstance(error, MemoryError):
        return True
    name = getattr(error, "sqlite_errorname", "SQLITE_BUSY")
    return isinstance(error, sqlite3.Error) and name.startswith(_PASSING)
