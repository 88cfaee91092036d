"""Count on disk what was dropped and what failed, so that every process can report it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.restoring import roll_back

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from asgi_mw.recorder.segment import Segment

Totals: TypeAlias = "dict[tuple[str, str], int]"


class Tallies:
    """The counts of a process, and how much of them the segments hold.

    >>> dropped = {"queue full": 2}
    >>> tallies = Tallies(dropped, {})
    >>> tallies.written(tallies.unsaved())
    >>> tallies.begin()
    >>> dropped["queue full"] = 5
    >>> tallies.rows(tallies.unsaved())
    [('dropped', 'queue full', 3)]

    The process that removes a segment inherits its counts, so that none is forgotten.
    """

    def __init__(self, dropped: Mapping[str, int], faults: Mapping[str, int]) -> None:
        self._sources = (("dropped", dropped), ("fault", faults))
        self._saved: Totals = {}
        self._before: Totals = {}
        self._inherited: Totals = {}

    def inherit(self, segment: Path) -> None:
        """*segment* is about to be removed: its counts are ours from now on.

        The caller holds its lock.
        """
        with suppress(OSError, sqlite3.Error, StoreError):
            roll_back(segment)
        with (
            suppress(sqlite3.Error, StoreError),
            closing(schema.connect(segment, "ro", 0.0)) as connection,
        ):
            if schema.verify(connection, segment.name):
                for kind, reason, count in schema.tallies(connection):
                    name = (kind, reason)
                    self._inherited[name] = self._inherited.get(name, 0) + count

    def begin(self) -> None:
        """A new segment begins: it counts from here."""
        self._before = dict(self._saved)

    def unsaved(self) -> Totals:
        """The totals that changed since they were written."""
        totals = dict(self._inherited)
        for kind, counts in self._sources:
            for reason, count in list(counts.items()):
                totals[kind, reason] = totals.get((kind, reason), 0) + count
        saved = self._saved
        return {name: total for name, total in totals.items() if saved.get(name) != total}

    def rows(self, totals: Totals) -> list[tuple[str, str, int]]:
        """What to write into this segment."""
        return [
            (kind, reason, total - self._before.get((kind, reason), 0))
            for (kind, reason), total in totals.items()
        ]

    def written(self, totals: Totals) -> None:
        """The totals are on disk."""
        self._saved.update(totals)

    def bequeath(self, segment: Segment) -> None:
        """Write into *segment*, which is about to be closed, what was inherited and not written."""
        totals = {name: total for name, total in self.unsaved().items() if name in self._inherited}
        if totals and not segment.is_lost():
            segment.write((), (), (), self.rows(totals))
            self.written(totals)

    def missing(self, kind: str) -> dict[str, int]:
        """The counts of one kind that are not on disk yet."""
        return {
            reason: total - self._saved.get((of, reason), 0)
            for (of, reason), total in self.unsaved().items()
            if of == kind
        }
