"""Keep exchanges in memory, the newest ones, within a budget in bytes."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import count, islice
from operator import itemgetter
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING

from asgi_mw.errors import Problems, StoreError
from asgi_mw.recorder.query import search_of
from asgi_mw.recorder.results import Found, News, Page, Reading, Removed, Snags
from asgi_mw.recorder.store import DEFAULT_MEMORY, Cursor, Stats, Store, found_to_keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.rows import Row
    from asgi_mw.recorder.search import Search
    from asgi_mw.tape import Tape

_EVICTED = "evicted for newer ones"
# An eviction frees at least one of so many parts of the budget: locking and counting take time
_PORTIONS = 1024


class MemoryStore(Store):
    """The exchanges of this process; the oldest go when the budget is used up.

    Tapes stay raw until somebody reads, and are masked before they are seen.

    Args:
        memory: Accounted bytes that all recorded connections may take.

    Raises:
        ConfigError: *memory* is less than 1 MiB.
    """

    def __init__(self, memory: int = DEFAULT_MEMORY) -> None:
        if not isinstance(memory, int) or memory < 1024 * 1024:
            problems = Problems("open_store")
            problems.add("memory", memory, "is too little", "give 1048576 bytes or more")
            problems.check()
        super().__init__(memory)
        self._kept: deque[Tape] = deque()
        self._gone = 0  # how many were kept and are not any more
        # The places, among all that were ever kept, of those that went before older ones
        self._holes: set[int] = set()
        self._marked: dict[str, Tape] = {}
        self._spared: list[Tape] = []  # marked ones that would have been evicted
        self._lock = RLock()
        self.budget.relieve = self._evict

    def exchanges(self, query: Query | Search | None = None) -> Reading:
        """The exchanges that match, the newest first."""
        search = search_of(query)
        snags = Snags()
        read = (self._seen(kept, snags) for kept in reversed(self._all()))
        return Reading((one for one in read if one and search.matches(one)), snags)

    def rows(
        self,
        query: Query | Search | None = None,
        *,
        before: str | None = None,
        limit: int = 100,
        seconds: float = 0.3,
    ) -> Page:
        """The rows of those that match, the newest first; see :meth:`Store.rows`."""
        deadline = monotonic() + seconds
        search, snags = search_of(query), Snags()
        tapes = sorted(((tape.id, tape) for tape in self._all()), key=itemgetter(0), reverse=True)
        rows: list[Row] = []
        for one, tape in tapes:
            if before is not None and one >= before:
                continue
            row = self._row(tape, snags)
            if row and search.matches_row(row, lambda: self._seen(tape, snags)):  # noqa: B023  # called now
                rows.append(row)
            if len(rows) >= limit or monotonic() > deadline:
                return Page(rows, one, snags.lines())
        return Page(rows, None, snags.lines())

    def count(self) -> int:
        """How many exchanges it holds."""
        return len(self._kept) + len(self._spared)

    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one.

        Raises:
            StoreError: There is one, and it could not be read.
        """
        with self._lock:
            tapes = [*self._spared, *self._kept, *self._running.values()]
        found = [tape for tape in tapes if tape.id.startswith(id) or tape.id.endswith(id)]
        if len(found) != 1:
            return None
        snags = Snags()
        exchange = self._seen(found[0], snags)
        if exchange is None:
            [message] = snags.lines()
            raise StoreError(message)
        return exchange

    def follow(self, cursor: Cursor | None = None) -> tuple[Found, Cursor]:
        """The exchanges kept since *cursor*, the oldest first, and the cursor after them."""
        fresh, now = self._since(cursor)
        return self._found(fresh), now

    def follow_rows(self, cursor: Cursor | None = None) -> tuple[News, Cursor]:
        """Like :meth:`follow`, but read only the rows."""
        fresh, now = self._since(cursor)
        snags = Snags()
        rows = [self._row(tape, snags) for tape in fresh]
        return News(filter(None, rows), snags.lines()), now

    def _since(self, cursor: Cursor | None) -> tuple[list[Tape], Cursor]:
        with self._lock:
            taken = self._gone + len(self._kept)
            now = Cursor({"": taken})
            if cursor is None:
                return [], now
            seen = cursor.places.get("", 0)
            new = taken - seen - sum(place >= seen for place in self._holes)
            return list(islice(self._kept, max(len(self._kept) - new, 0), None)), now

    def keep(self, id: str, kept: bool = True) -> str:  # noqa: A002, FBT001, FBT002  # the exchange's own word; a mark
        """Mark an exchange, so that no newer one takes its place; see :meth:`Store.keep`."""
        one = found_to_keep(self.get(id), id).id
        with self._lock:
            tape = next((tape for tape in self._all() if tape.id == one), None)
            if tape is None:
                raise StoreError(f"{one} was evicted for newer ones")
            if not kept:
                self._marked.pop(one, None)
                if tape in self._spared:
                    self._spared.remove(tape)
                    tape.let_go()
            elif one not in self._marked:
                if (
                    sum(each.cost for each in self._marked.values()) + tape.cost
                    > self.budget.total // 2
                ):
                    raise StoreError(
                        "what is kept takes half of the memory; "
                        "give the store more: open_store('memory:', memory=...)"
                    )
                self._marked[one] = tape
        return one

    def in_flight(self) -> Found:
        """Connections that are being served now, the oldest first, without any body bytes."""
        return self._found(list(self._running.values()))

    def purge(
        self, query: Query | Search | None = None, *, keep_bytes: int | None = None
    ) -> Removed:
        """Remove what matches, then the oldest until *keep_bytes* are left; return how many."""
        snags = Snags()
        search = search_of(query)
        with self._lock:
            before = self.count()
            if query is not None:
                self._forget(lambda kept: self._matches(kept, search, snags))
            elif keep_bytes is None:
                self._forget(lambda _: True)
            if keep_bytes is not None:
                while self._all() and self._bytes() > keep_bytes:
                    self._forget_oldest()
            return Removed(before - self.count(), snags.lines())

    def stats(self) -> Stats:
        """How the store is doing; its bytes are accounted memory, those in flight included."""
        with self._lock:
            return Stats(
                exchanges=self.count(),
                bytes=self.budget.total - self.budget.left,
                dropped=dict(self.dropped),
                faults=dict(self.faults.counts),
                in_flight=len(self._running),
            )

    def _keep(self, tape: Tape) -> None:
        self._kept.append(tape)
        if self.budget.left < 0:
            self._evict(0)

    def _all(self) -> list[Tape]:
        """All that it holds, the oldest first."""
        with self._lock:
            return [*self._spared, *self._kept]

    def _seen(self, tape: Tape, snags: Snags) -> Exchange | None:
        exchange = super()._seen(tape, snags)
        if exchange is None or exchange.id not in self._marked:
            return exchange
        return replace(exchange, kept=True)

    def _row(self, tape: Tape, snags: Snags) -> Row | None:
        """The row of *tape*, if it can be read: without its payloads, which take the most time."""
        from asgi_mw.recorder.assemble import line_of  # noqa: PLC0415  # slow to import

        row = self._read(line_of, tape, snags)
        return row if row is None or row.id not in self._marked else row._replace(kept=True)

    def _found(self, tapes: list[Tape]) -> Found:
        snags = Snags()
        read = [self._seen(tape, snags) for tape in tapes]
        return Found((one for one in read if one), snags.lines())

    def _matches(self, tape: Tape, search: Search, snags: Snags) -> bool:
        exchange = self._seen(tape, snags)
        return exchange is not None and search.matches(exchange)

    def _bytes(self) -> int:
        return sum(kept.cost for kept in self._all())  # others may add to it meanwhile

    def _forget(self, unwanted: Callable[[Tape], bool]) -> None:
        places = self._places()
        # Others may add to it meanwhile, which stays
        for kept in filter(unwanted, [*self._spared, *places]):
            if kept in self._spared:
                self._spared.remove(kept)
            else:
                self._kept.remove(kept)
                self._gone += 1
                self._holes.add(places.pop(kept))
            self._marked.pop(kept.id, None)
            kept.let_go()
        oldest = min(places.values(), default=self._gone)
        self._holes = {place for place in self._holes if place > oldest}

    def _places(self) -> dict[Tape, int]:
        """The place of each exchange among all that were ever kept."""
        kept = list(self._kept)
        taken = count(self._gone + len(kept) - 1, -1)
        free = (place for place in taken if place not in self._holes)
        return dict(zip(reversed(kept), free, strict=False))

    def _forget_oldest(self) -> None:
        """Remove the oldest; what is marked comes last."""
        if self._kept:
            self._spare_or_let_go(self._kept.popleft())
            self._gone += 1
        else:
            oldest = self._spared.pop(0)
            self._marked.pop(oldest.id, None)
            oldest.let_go()

    def _spare_or_let_go(self, tape: Tape) -> bool:
        """Put *tape* aside if it is marked, else let it go; return whether it was let go."""
        if self._marked and tape.id in self._marked:
            self._spared.append(tape)
            return False
        tape.let_go()
        return True

    def _evict(self, need: int) -> None:
        budget, kept = self.budget, self._kept
        need += budget.total // _PORTIONS
        with self._lock:
            before, gone = len(kept), 0
            while budget.left < need and kept:
                gone += self._spare_or_let_go(kept.popleft())
            self._gone += before - len(kept)
            if gone:
                self.dropped.add(_EVICTED, gone)
