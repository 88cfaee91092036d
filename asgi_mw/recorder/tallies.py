"""Keep count on disk of what was dropped and what failed, so that every process can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """

    def __init__(self, dropped: Mapping[str, int], faults: Mapping[str, int]) -> None:
        self._sources = (("dropped", dropped), ("fault", faults))
        self._saved: Totals = {}
        self._before: Totals = {}

    def begin(self) -> None:
        """A new segment begins: it counts from here."""
        self._before = dict(self._saved)

    def unsaved(self) -> Totals:
        """The totals that changed since they were written."""
        return {
            (kind, reason): total
            for kind, counts in self._sources
            for reason, total in list(counts.items())
            if self._saved.get((kind, reason)) != total
        }

    def rows(self, totals: Totals) -> list[tuple[str, str, int]]:
        """What to write into this segment."""
        return [
            (kind, reason, total - self._before.get((kind, reason), 0))
            for (kind, reason), total in totals.items()
        ]

    def written(self, totals: Totals) -> None:
        """The totals are on disk."""
        self._saved.update(totals)

    def missing(self, kind: str) -> dict[str, int]:
        """What of the counts of one kind is not on disk yet."""
        return {
            reason: total - self._saved.get((of, reason), 0)
            for (of, reason), total in self.unsaved().items()
            if of == kind
        }
