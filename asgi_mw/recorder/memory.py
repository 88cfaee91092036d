"""Keep exchanges in memory, the newest ones, within a budget in bytes."""

from __future__ import annotations

from collections import deque
from itertools import islice
from threading import RLock
from typing import TYPE_CHECKING

from asgi_mw.errors import Problems, StoreError
from asgi_mw.recorder.results import Found, Reading, Removed, Snags
from asgi_mw.recorder.store import DEFAULT_MEMORY, Cursor, Stats, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.tape import Tape

_EVICTED = "evicted for newer ones"
# The part of the budget that is made free at once: to lock and to count takes its time
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
        self._lock = RLock()
        self.budget.relieve = self._evict

    def exchanges(self, query: Query | None = None) -> Reading:
        """The exchanges that match, the newest first."""
        with self._lock:
            newest_first = list(reversed(self._kept))
        snags = Snags()
        read = (self._seen(kept, snags) for kept in newest_first)
        return Reading((one for one in read if one and (not query or query.matches(one))), snags)

    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one.

        Raises:
            StoreError: There is one, and it could not be read.
        """
        with self._lock:
            tapes = [*self._kept, *self._running.values()]
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
        """What was kept since *cursor*, the oldest first, and how far that was."""
        with self._lock:
            taken = self._gone + len(self._kept)
            now = Cursor({"": taken})
            if cursor is None:
                return Found(), now
            new = taken - cursor.places.get("", 0)
            fresh = list(islice(self._kept, max(len(self._kept) - new, 0), None))
        return self._found(fresh), now

    def in_flight(self) -> Found:
        """Connections that are being served now, the oldest first, without any body bytes."""
        return self._found(list(self._running.values()))

    def purge(self, query: Query | None = None, *, keep_bytes: int | None = None) -> Removed:
        """Remove what matches, then the oldest until *keep_bytes* are left; how many went."""
        snags = Snags()
        with self._lock:
            before = len(self._kept)
            if query is not None:
                self._forget(lambda kept: self._matches(kept, query, snags))
            elif keep_bytes is None:
                self._forget(lambda _: True)
            if keep_bytes is not None:
                while self._kept and self._bytes() > keep_bytes:
                    self._forget_oldest()
            return Removed(before - len(self._kept), snags.lines())

    def stats(self) -> Stats:
        """How the store is doing; its bytes are accounted memory, those in flight included."""
        with self._lock:
            return Stats(
                exchanges=len(self._kept),
                bytes=self.budget.total - self.budget.left,
                dropped=dict(self.dropped),
                faults=dict(self.faults.counts),
                in_flight=len(self._running),
            )

    def _keep(self, tape: Tape) -> None:
        self._kept.append(tape)
        if self.budget.left < 0:
            self._evict(0)

    def _found(self, tapes: list[Tape]) -> Found:
        snags = Snags()
        read = [self._seen(tape, snags) for tape in tapes]
        return Found((one for one in read if one), snags.lines())

    def _matches(self, tape: Tape, query: Query, snags: Snags) -> bool:
        exchange = self._seen(tape, snags)
        return exchange is not None and query.matches(exchange)

    def _bytes(self) -> int:
        return sum(kept.cost for kept in [*self._kept])  # others may add to it meanwhile

    def _forget(self, unwanted: Callable[[Tape], bool]) -> None:
        for kept in filter(unwanted, [*self._kept]):  # others may add to it meanwhile
            self._kept.remove(kept)
            self._gone += 1
            kept.let_go()

    def _forget_oldest(self) -> None:
        self._gone += 1
        self._kept.popleft().let_go()

    def _evict(self, need: int) -> None:
        budget, kept = self.budget, self._kept
        need += budget.total // _PORTIONS
        with self._lock:
            before = len(kept)
            while budget.left < need and kept:
                kept.popleft().let_go()
            if gone := before - len(kept):
                self._gone += gone
                self.dropped.add(_EVICTED, gone)
