"""Report the same thing once a minute, with how often it happened meanwhile."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MINUTE = 60_000_000_000
_MOST = 256


class Again:
    """What happened again since it was reported.

    Attributes:
        since: When it was reported, in ns.
        count: How often it happened since.
        longest: The longest of these times, in ns.
        say: Reports it.
    """

    __slots__ = ("count", "longest", "say", "since")

    def __init__(self, since: int, say: Callable[[Again], object]) -> None:
        self.since = since
        self.count = 0
        self.longest = 0
        self.say = say


class Seldom:
    """Knows what was reported in the last minute; beyond 256 things it forgets the oldest.

    >>> seldom = Seldom()
    >>> [seldom.is_news("a", now, print) for now in (0, 5, 7)]
    [True, False, False]
    >>> [again.count for again in seldom.due(MINUTE)]
    [2]
    >>> seldom.is_news("a", MINUTE, print)
    True
    """

    def __init__(self) -> None:
        self._known: OrderedDict[object, Again] = OrderedDict()
        self._over: list[Again] = []

    def is_news(self, key: object, now: int, say: Callable[[Again], object]) -> bool:
        """Whether to report *key* now; if not, it is counted, and *say* reports the count later."""
        again = self._known.get(key)
        if again is None:
            while len(self._known) >= _MOST:
                _, oldest = self._known.popitem(last=False)
                if oldest.count:
                    self._over.append(oldest)
            self._known[key] = Again(now, say)
            return True
        again.count += 1
        return False

    def lasted(self, key: object, took: int) -> None:
        """Note that it lasted *took* ns, if it was only counted."""
        again = self._known.get(key)
        if again is not None:
            again.longest = max(again.longest, took)

    def due(self, now: int, *, over: bool = False) -> Iterator[Again]:
        """What happened again, once its minute or all is *over*; it is forgotten then."""
        while self._over:
            yield self._over.pop()
        for key, again in list(self._known.items()):
            if over or now - again.since >= MINUTE:
                del self._known[key]
                if again.count:
                    yield again
