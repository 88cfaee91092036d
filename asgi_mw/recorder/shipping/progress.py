"""Note in a spool folder how far it is shipped: so what is removed before that is counted."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.plain import create, open_plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

UNSHIPPED = "removed before they were shipped"
_LONGEST = 1_000_000


class Progress:
    """The note on one target, ``ship-….json``.

    Args:
        folder: The spool folder.
        target: What it is shipped to, without a password.

    Attributes:
        lock: The path whose lock is held by the process that ships there.
    """

    def __init__(self, folder: Path, target: str) -> None:
        name = hashlib.sha256(target.encode("utf-8", "replace")).hexdigest()[:8]
        hidden = ".#" if folder.name.startswith(".") else ""
        self.lock = folder / f"{hidden}ship-{name}.db"
        self._path = self.lock.with_suffix(".json")
        self._target = target

    def begin(self) -> None:
        """Note that the folder is shipped there from now on, unless that is noted already.

        Raises:
            OSError: It cannot be written.
        """
        if not self._path.exists():
            self.note({})

    def note(self, places: Mapping[str, int]) -> None:
        """Note how far each file is shipped.

        Raises:
            OSError: It cannot be written.
        """
        text = json.dumps({"to": self._target, "places": places}, indent=1)
        fresh = self._path.with_suffix(f".{os.getpid()}.new")
        with suppress(FileNotFoundError):
            fresh.unlink()
        create(fresh, text.encode())
        fresh.replace(self._path)


def unshipped(segment: Path) -> int:
    """How many exchanges of *segment* are missing where its folder is shipped to.

    Zero if the folder is shipped nowhere.
    """
    most = 0
    for note in segment.parent.glob("*ship-*.json"):
        shipped = _shipped(note, segment.name)
        if shipped is None:
            continue
        with (
            suppress(sqlite3.Error, StoreError),
            closing(schema.connect(segment, "ro", 0.0)) as connection,
        ):
            if schema.verify(connection, segment.name):
                sql = "SELECT count(*) FROM exchange WHERE seq > ?"
                [[count]] = connection.execute(sql, (shipped,)).fetchall()
                most = max(most, count)
    return most


def _shipped(note: Path, name: str) -> int | None:
    """The last row of a file that a note says is shipped; ``None`` if it says nothing."""
    try:
        descriptor = open_plain(note, os.O_RDONLY)
        try:
            said = json.loads(os.read(descriptor, _LONGEST))
        finally:
            os.close(descriptor)
        return int(said["places"].get(name, 0))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
