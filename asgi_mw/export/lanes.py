"""Put slices of time into lanes: in one lane, they are apart, or one is within the other."""

from __future__ import annotations

from heapq import heappop, heappush


class Lanes:
    """Lanes whose slices are apart; the lowest that is free is taken.

    >>> lanes = Lanes()
    >>> lanes.take(0, 10), lanes.take(5, 8), lanes.take(8, 9), lanes.take(10, 12)
    (0, 1, 1, 0)
    """

    def __init__(self) -> None:
        self._busy: list[tuple[int, int]] = []
        self._free: list[int] = []
        self._count = 0

    def take(self, begins: int, ends: int) -> int:
        """The lane of a slice; slices come in the order in which they begin."""
        while self._busy and self._busy[0][0] <= begins:
            heappush(self._free, heappop(self._busy)[1])
        if self._free:
            lane = heappop(self._free)
        else:
            lane, self._count = self._count, self._count + 1
        heappush(self._busy, (ends, lane))
        return lane


class Nests:
    """Lanes in which a slice may be within another.

    >>> nests = Nests()
    >>> nests.take(0, 10), nests.take(2, 5), nests.take(4, 6), nests.take(5, 6)
    (0, 0, 1, 0)
    """

    def __init__(self) -> None:
        self._lanes: list[list[int]] = []

    def take(self, begins: int, ends: int) -> int:
        """The lane of a slice; slices come in the order in which they begin."""
        for place, open_ in enumerate(self._lanes):
            while open_ and open_[-1] <= begins:
                open_.pop()
            if not open_ or ends <= open_[-1]:
                open_.append(ends)
                return place
        self._lanes.append([ends])
        return len(self._lanes) - 1
