"""What the page reads of a store: the one place that knows how it is asked."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.recorder.objects import row
from asgi_mw.recorder.query import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.store import Cursor, Store

COLUMNS = (
    *("id", "type", "method", "path", "query", "route", "status", "status_by", "outcome", "state"),
    *("close_code", "close_by", "began", "duration_ms", "returned_ms", "first_byte_ms"),
    *("bytes_in", "bytes_out", "event_count", "layers_ms", "host", "pid", "request_id"),
    *("trace_id", "error", "swallowed", "awaiting", "awaiting_since_ms", "kept"),
)


class Listed(NamedTuple):
    """Some rows, the newest first.

    Attributes:
        rows: Each with the values of the columns.
        following: The id before which it goes on; ``None`` where there is nothing more.
        problems: What could not be read, and what to do.
    """

    rows: list[list[Any]]
    following: str | None
    problems: tuple[str, ...]


class Source:
    """A store, as the page reads it; every method may block."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def listed(self, search: str, before: str | None, limit: int) -> Listed:
        """The newest *limit* that match, before the id *before*.

        Raises:
            ValueError: *search* is no filter; why, and what to do.
        """
        reading = self.store.exchanges(_query(search))
        older = (one for one in reading if before is None or one.id < before)
        found = list(islice(older, limit))
        reading.close()
        following = found[-1].id if len(found) == limit else None
        return Listed(rows(found), following, reading.problems)

    def follow(self, cursor: Cursor | None) -> tuple[list[Exchange], Cursor, tuple[str, ...]]:
        """What ended since *cursor*, the oldest first, how far that was, and problems."""
        found, cursor = self.store.follow(cursor)
        return found, cursor, found.problems

    def flying(self) -> list[Exchange]:
        """What is in flight, the oldest first."""
        return self.store.in_flight()

    def matcher(self, search: str) -> Callable[[Exchange], bool] | None:
        """What says whether an exchange matches; ``None`` where all do.

        Raises:
            ValueError: *search* is no filter; why, and what to do.
        """
        query = _query(search)
        return None if query is None else query.matches

    def total(self) -> int:
        """How many are stored."""
        return self.store.stats().exchanges

    def words(self) -> list[dict[str, Any]]:
        """The words of the filter language."""
        return []

    def keep(self, id: str, *, kept: bool) -> bool:  # noqa: A002, ARG002  # the exchange's own word
        """Mark an exchange so that it stays, or no more; whether this store can do that."""
        return False


def rows(exchanges: Iterable[Exchange]) -> list[list[Any]]:
    """The values of the columns of each."""
    return [[found[name] for name in COLUMNS] for found in map(row, exchanges)]


def _query(search: str) -> Query | None:
    return Query(text=search) if search.strip() else None
