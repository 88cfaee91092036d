"""Keep exchanges in memory, the newest ones, within a budget in bytes."""

from __future__ import annotations

from collections import deque
from itertools import islice
from threading import RLock
from typing import TYPE_CHECKING

from asgi_mw.errors import Problems
from asgi_mw.recorder.assemble import exchange_of
from asgi_mw.recorder.store import DEFAULT_MEMORY, Cursor, Stats, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.tape import Tape

_EVICTED = "evicted for newer ones"


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

    def exchanges(self, query: Query | None = None) -> Iterator[Exchange]:
        """The exchanges that match, the newest first."""
        with self._lock:
            newest_first = list(reversed(self._kept))
        for kept in newest_first:
            exchange = self._read(kept)
            if exchange is not None and (query is None or query.matches(exchange)):
                yield exchange

    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one."""
        with self._lock:
            tapes = [*self._kept, *self._running.values()]
        found = [tape for tape in tapes if tape.id.startswith(id) or tape.id.endswith(id)]
        return self._read(found[0]) if len(found) == 1 else None

    def follow(self, cursor: Cursor | None = None) -> tuple[list[Exchange], Cursor]:
        """What was kept since *cursor*, the oldest first, and how far that was."""
        with self._lock:
            taken = self._gone + len(self._kept)
            now = Cursor({"": taken})
            if cursor is None:
                return [], now
            new = taken - cursor.places.get("", 0)
            fresh = list(islice(self._kept, max(len(self._kept) - new, 0), None))
        return [exchange for kept in fresh if (exchange := self._read(kept))], now

    def in_flight(self) -> list[Exchange]:
        """Connections that are being served now, the oldest first, without any body bytes."""
        running = list(self._running.values())
        return [exchange for tape in running if (exchange := self._read(tape))]

    def purge(self, query: Query | None = None, *, keep_bytes: int | None = None) -> int:
        """Remove what matches, then the oldest until *keep_bytes* are left; how many went."""
        with self._lock:
            before = len(self._kept)
            if query is not None:
                self._forget(lambda kept: self._matches(kept, query))
            elif keep_bytes is None:
                self._forget(lambda _: True)
            if keep_bytes is not None:
                while self._kept and self._bytes() > keep_bytes:
                    self._forget_oldest()
            return before - len(self._kept)

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

    def _read(self, tape: Tape) -> Exchange | None:
        try:
            return exchange_of(tape)
        except Exception as error:  # noqa: BLE001  # whoever reads gets the others
            self.faults.note("read", error)
            return None

    def _matches(self, tape: Tape, query: Query) -> bool:
        exchange = self._read(tape)
        return exchange is not None and query.matches(exchange)

    def _bytes(self) -> int:
        return sum(kept.cost for kept in self._kept)

    def _forget(self, unwanted: Callable[[Tape], bool]) -> None:
        for kept in [kept for kept in self._kept if unwanted(kept)]:
            self._kept.remove(kept)
            self._gone += 1
            kept.let_go()

    def _forget_oldest(self) -> None:
        self._gone += 1
        self._kept.popleft().let_go()

    def _evict(self, need: int) -> None:
        with self._lock:
            while self.budget.left < need and self._kept:
                self._forget_oldest()
                self.dropped.add(_EVICTED)
