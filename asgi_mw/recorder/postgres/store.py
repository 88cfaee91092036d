"""One history of several hosts, in PostgreSQL: read here, written by those who ship spools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.errors import Problems, StoreError
from asgi_mw.options import number
from asgi_mw.recorder.postgres import questions, removing, schema
from asgi_mw.recorder.postgres.connecting import Connections
from asgi_mw.recorder.postgres.reading import Reading
from asgi_mw.recorder.query import search_of
from asgi_mw.recorder.results import Found, News, Removed, Snags
from asgi_mw.recorder.results import Reading as Read
from asgi_mw.recorder.store import Stats, Store, found_to_keep

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.results import Page
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Cursor
    from asgi_mw.tape import Tape

_LEAST_BYTES = 64 * 1024 * 1024


class PostgresStore(Store):
    """The exchanges of all hosts that ship to one database.

    It records none itself: record to a folder, and ship that, so that no request waits for the
    network.  What other hosts serve now is not seen.  Making one connects to nothing.

    Args:
        address: As libpq takes it, ``postgresql://user@host:5432/database``.
        max_age: Seconds after which those who ship drop a day; ``None`` keeps it.
        max_bytes: Size on disk at which they drop the oldest days; ``None`` keeps them.

    Raises:
        ConfigError: The address or an option cannot be right.
        MissingExtraError: psycopg is not installed.

    Attributes:
        shown: Its address, without the password.
        connections: To the database.
    """

    def __init__(
        self, address: str, *, max_age: float | None = None, max_bytes: int | None = None
    ) -> None:
        super().__init__()
        self.records = False
        self.connections = Connections(address)
        self.address, self.shown = address, self.connections.shown
        problems = Problems("open_store")
        self.max_age = None if max_age is None else number(max_age, "max_age", problems, least=1)
        self.max_bytes = (
            None
            if max_bytes is None
            else int(number(max_bytes, "max_bytes", problems, least=_LEAST_BYTES))
        )
        problems.check()
        self._reading = Reading(self.connections)

    def __repr__(self) -> str:
        """Its address, without the password."""
        return f"<PostgresStore {self.shown}>"

    def _keep(self, tape: Tape) -> None:
        tape.let_go()
        raise StoreError(f"{self.shown} takes no tapes")

    def close(self) -> None:
        """Close the idle connections."""
        self.connections.close()

    def exchanges(self, query: Query | Search | None = None) -> Read:
        """The exchanges of all hosts that match, the newest first, read as asked for."""
        snags = Snags()
        return Read(self._reading.exchanges(search_of(query), snags), snags)

    def rows(
        self,
        query: Query | Search | None = None,
        *,
        before: str | None = None,
        limit: int = 100,
        seconds: float = 0.3,
    ) -> Page:
        """The rows of those that match, the newest first; see :meth:`Store.rows`."""
        search = search_of(query)
        return self._reading.page(search, before=before, limit=limit, seconds=seconds)

    def count(self) -> int:
        """How many exchanges it holds.

        Raises:
            StoreError: The database cannot be reached.
        """
        return self._reading.ask(questions.count) or 0

    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one.

        Raises:
            StoreError: It could not be read.
        """
        return self._reading.get(id)

    def follow(self, cursor: Cursor | None = None) -> tuple[Found, Cursor]:
        """The exchanges shipped since *cursor*, the oldest first, and the cursor after them."""
        snags = Snags()
        places, now = self._reading.follow(cursor, snags)
        try:
            found = list(self._reading.contents(places, snags))
            return Found(found, snags.lines()), now
        except StoreError as error:
            return Found((), (*snags.lines(), str(error))), cursor or now

    def follow_rows(self, cursor: Cursor | None = None) -> tuple[News, Cursor]:
        """Like :meth:`follow`, but read only the rows."""
        snags = Snags()
        places, now = self._reading.follow(cursor, snags)
        rows = self._reading.rows_of(places, snags)
        return News(rows, snags.lines()), (cursor or now) if snags.lines() else now

    def keep(self, id: str, kept: bool = True) -> str:  # noqa: A002, FBT001, FBT002  # the exchange's own word; a mark
        """Mark an exchange, so that it stays when its day is dropped; see :meth:`Store.keep`."""
        one = found_to_keep(self.get(id), id).id
        marked = self.connections.ask(
            lambda connection: removing.mark(connection, one, kept=kept), writes=True
        )
        if not marked:
            raise StoreError(f"{one} was removed meanwhile")
        return one

    def in_flight(self) -> Found:
        """Nothing: what is being served is only seen on its own host."""
        return Found()

    def purge(
        self, query: Query | Search | None = None, *, keep_bytes: int | None = None
    ) -> Removed:
        """Remove what matches, then the oldest until *keep_bytes* are left; return how many."""
        snags = Snags()
        removed = 0
        try:
            if query is not None:
                removed += removing.matching(self._reading, search_of(query), snags)
            elif keep_bytes is None:
                removed += self._reading.ask(removing.everything, writes=True) or 0
            if keep_bytes is not None:
                removed += (
                    self._reading.ask(lambda one: removing.down_to(one, keep_bytes), writes=True)
                    or 0
                )
        except StoreError as error:
            snags.add("", str(error))
        return Removed(removed, snags.lines())

    def stats(self) -> Stats:
        """How the history is doing: what was shipped, and what the hosts counted."""

        def ask(connection: Any) -> Stats:
            counted = questions.tallies(connection)
            return Stats(
                exchanges=questions.count(connection),
                bytes=questions.size(connection),
                dropped=counted["dropped"],
                faults=counted["fault"],
                lost=questions.lost(connection),
            )

        try:
            return self._reading.ask(ask) or Stats(0, 0)
        except StoreError as error:
            return Stats(0, 0, problems=(str(error),))

    def is_there(self) -> bool:
        """Whether a host has shipped to it.

        Raises:
            StoreError: It cannot be reached, or its tables are not known here.
        """
        return self.connections.ask(schema.verify)
