"""Read exchanges of a store in groups: to look for each alone takes long."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.recorder.query import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store

# How many are held: before the one that is asked for, and from it on
_BEFORE, _FROM = 8, 24


class Place(NamedTuple):
    """Where an exchange is: its id, and when it began."""

    id: str
    began: int


class Windows:
    """Reads the exchanges that a search found, in about the order in which they began.

    Args:
        store: The store.
        query: What found them; ``None`` reads each alone: slower in all, but each read is so
            short that an event loop may wait for it.
        places: All of them, the oldest first.
    """

    def __init__(self, store: Store, query: Search | None, places: Sequence[Place]) -> None:
        self._store, self._query, self._places = store, query, places
        self._held: dict[str, Exchange] = {}
        self._seen = range(0)

    def get(self, number: int) -> Exchange | None:
        """The one at *number* of the places; ``None`` if it was removed meanwhile."""
        place = self._places[number]
        if self._query is None:
            return self._store.get(place.id)
        if number not in self._seen:
            self._seen = range(max(number - _BEFORE, 0), min(number + _FROM, len(self._places)))
            near = [self._places[one] for one in self._seen]
            times = [one.began for one in near]
            span = Query(since=min(times), until=max(times) + 1).search
            wanted = {one.id for one in near}
            reading = self._store.exchanges(self._query & span)
            self._held = {one.id: one for one in reading if one.id in wanted}
        return self._held.get(place.id)
