from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.errors import StoreError
from asgi_mw.recorder.look import Look

if TYPE_CHECKING:
    from pathlib import Path


def sqlite_error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (sqlite_error("SQLITE_BUSY"), "try again"),
        (sqlite_error("SQLITE_PROTOCOL"), "try again"),
        (sqlite_error("SQLITE_READONLY_ROLLBACK"), "try again"),
        (MemoryError("no memory"), "try again"),
        (sqlite_error("SQLITE_FULL"), "look at the disk that it is on"),
        (sqlite_error("SQLITE_IOERR_READ"), "look at the disk that it is on"),
        (sqlite_error("SQLITE_CANTOPEN"), "look as the user who records"),
        (sqlite_error("SQLITE_READONLY_RECOVERY"), "look as the user who records"),
        (PermissionError("denied"), "look as the user who records"),
        (sqlite_error("SQLITE_CORRUPT"), "move it out of the folder"),
        (sqlite_error("SQLITE_NOTADB"), "move it out of the folder"),
        (OverflowError("too large"), "move it out of the folder"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_to_do_is_said_by_what_went_wrong(tmp_path: Path, error: Exception, mend: str) -> None:
    """A file that was busy is not thrown away."""
    path = tmp_path / "a.db"
    path.touch()
    look = Look(tmp_path)

    def fail() -> Any:
        raise error

    assert look.attempt(path, fail) is None
    [problem] = look.snags.lines()
    assert problem.startswith("a.db cannot be read (")
    assert problem.endswith(f"; {mend}")


def test_a_file_that_is_gone_is_no_problem(tmp_path: Path) -> None:
    """It was removed for its age or size, or purged."""
    look = Look(tmp_path)

    def fail() -> Any:
        raise StoreError("a.db is bad")

    assert look.attempt(tmp_path / "a.db", fail) is None
    assert look.snags.lines() == ()
