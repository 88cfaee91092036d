"""The newest id of each segment, remembered for segments that no longer change."""

from __future__ import annotations

from contextlib import closing
from time import time
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.recorder import questions
from asgi_mw.recorder.folder import parts, segments

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from asgi_mw.recorder.look import Look

# If a file was last written so many seconds ago, another write changes its time visibly
_SETTLED = 2.0


class Top(NamedTuple):
    """What is remembered of a segment.

    Attributes:
        newest: Its newest id, if it has any.
        shows: It shows something in flight, or lost.
        stored: How many exchanges it holds.
    """

    newest: str | None
    shows: bool
    stored: int


class Tops:
    """Asks the segments of a folder; a segment that is closed is asked only once."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, float, Top]] = {}

    def of(self, look: Look) -> dict[Path, Top]:
        """The :class:`Top` of each segment that *look* can read."""
        found: dict[Path, Top] = {}
        known: dict[Path, tuple[int, float, Top]] = {}
        for files in segments(look.folder):
            path, stamp = files.path, (files.bytes, files.touched)
            before = self._known.get(path)
            if before is not None and before[:2] == stamp:
                found[path], known[path] = before[2], before
                continue
            connection = look.connect(path)
            if connection is None:
                continue
            with closing(connection):
                top = look.attempt(path, lambda: _top(connection))  # noqa: B023  # called now
            if top is not None:
                found[path] = top
                if time() - files.touched > _SETTLED and not parts(path)[1].exists():
                    known[path] = (*stamp, top)
        self._known = known
        return found


def _top(connection: sqlite3.Connection) -> Top:
    return Top(*questions.newest(connection), questions.count(connection))
