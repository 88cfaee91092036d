"""What the page reads from a store: the one place that knows how to ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.errors import StoreError
from asgi_mw.recorder.rows import object_of, row_of
from asgi_mw.recorder.search import parse, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.recorder.results import News
    from asgi_mw.recorder.rows import Row
    from asgi_mw.recorder.search import Search
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
        following: The id to give as *before* for the next rows; ``None`` if there are no more.
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
            ValueError: *search* is no filter; the message says why, and what to do.
        """
        page = self.store.rows(_search(search), before=before, limit=limit)
        return Listed(values(page), page.next, page.problems)

    def follow(self, cursor: Cursor | None) -> tuple[News, Cursor]:
        """What ended since *cursor*, the oldest first, and the cursor to go on from."""
        return self.store.follow_rows(cursor)

    def flying(self) -> list[Row]:
        """What is in flight, the oldest first; not a lifespan that only waits for its end."""
        rows = map(row_of, self.store.in_flight())
        return [one for one in rows if one.type != "lifespan" or one.awaiting != "receive"]

    def matcher(self, search: str) -> Callable[[Row], bool] | None:
        """What says whether a row matches; ``None`` if all do.

        Raises:
            ValueError: *search* is no filter; the message says why, and what to do.
        """
        found = _search(search)
        if found is None:
            return None
        return lambda row: found.matches_row(row, lambda: self.store.get(row.id))

    def total(self) -> int:
        """How many are stored; 0 if the store cannot say, which is among the problems."""
        try:
            return self.store.count()
        except StoreError:
            return 0

    def words(self) -> list[dict[str, Any]]:
        """The words of the filter language."""
        return words()

    def keep(self, id: str, *, kept: bool) -> str:  # noqa: A002  # the exchange's own word
        """Mark an exchange to be kept, or remove the mark; why that failed, empty if it did not."""
        try:
            self.store.keep(id, kept)
        except StoreError as error:
            return str(error)
        return ""


def values(rows: Iterable[Row]) -> list[list[Any]]:
    """The values of the columns of each."""
    return [[*object_of(row).values()] for row in rows]


def _search(search: str) -> Search | None:
    return parse(search) if search.strip() else None
