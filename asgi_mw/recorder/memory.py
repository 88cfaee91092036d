"""Keep exchanges in memory, the newest ones, within a budget in bytes."""

from __future__ import annotations

from collections import deque
from itertools import islice
from threading import RLock
from typing import TYPE_CHECKING

from asgi_mw.errors import Problems
from asgi_mw.recorder.assemble import exchange_of
from asgi_mw.recorder.store import DEFAULT_MEMORY, Cursor, Stats, Store
from asgi_mw.tap import Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query

# What is kept beside the packed facts: the object, its id, its place in the queue
_KEPT_COST = 256
_EVICTED = "evicted for newer ones"


class MemoryStore(Store):
    """The exchanges of this process; the oldest go when the budget is used up.

    Tapes stay raw, and packed, until somebody reads: then they are masked and the raw bytes let
    go.

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
        self._kept: deque[_Kept] = deque()
        self._taken = 0  # how many were ever kept: the number of the next one
        self._lock = RLock()
        self.budget.relieve = self._evict

    def exchanges(self, query: Query | None = None) -> Iterator[Exchange]:
        """The exchanges that match, the newest first."""
        with self._lock:
            newest_first = list(reversed(self._kept))
        for kept in newest_first:
            exchange = kept.read()
            if query is None or query.matches(exchange):
                yield exchange

    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one."""
        with self._lock:
            found = [k for k in self._kept if k.id.startswith(id) or k.id.endswith(id)]
            running = [
                t for t in self._running.values() if t.id.startswith(id) or t.id.endswith(id)
            ]
        if len(found) + len(running) != 1:
            return None
        return found[0].read() if found else exchange_of(running[0])

    def follow(self, cursor: Cursor | None = None) -> tuple[list[Exchange], Cursor]:
        """What was kept since *cursor*, the oldest first, and how far that was."""
        with self._lock:
            now = Cursor({"": self._taken})
            if cursor is None:
                return [], now
            new = self._taken - cursor.places.get("", 0)
            fresh = list(islice(self._kept, max(len(self._kept) - new, 0), None))
        return [kept.read() for kept in fresh], now

    def in_flight(self) -> list[Exchange]:
        """Connections that are being served now, the oldest first, without any body bytes."""
        return [exchange_of(tape) for tape in list(self._running.values())]

    def purge(self, query: Query | None = None, *, keep_bytes: int | None = None) -> int:
        """Remove what matches, then the oldest until *keep_bytes* are left; how many went."""
        with self._lock:
            before = len(self._kept)
            if query is not None:
                matching = {kept.id for kept in self._kept if query.matches(kept.read())}
                self._forget(lambda kept: kept.id in matching)
            elif keep_bytes is None:
                self._forget(lambda _: True)
            if keep_bytes is not None:
                while self._kept and self._bytes() > keep_bytes:
                    self.budget.left += self._kept.popleft().cost
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
        with self._lock:
            self._kept.append(kept := _Kept(tape))
            self._taken += 1
            self.budget.left += tape.cost - kept.cost
            if self.budget.left < 0:
                self._evict()

    def _bytes(self) -> int:
        return sum(kept.cost for kept in self._kept)

    def _forget(self, unwanted: Callable[[_Kept], bool]) -> None:
        for kept in [kept for kept in self._kept if unwanted(kept)]:
            self._kept.remove(kept)
            self.budget.left += kept.cost

    def _evict(self) -> None:
        with self._lock:
            while self.budget.left < 0 and self._kept:
                self.budget.left += self._kept.popleft().cost
                self.dropped[_EVICTED] = self.dropped.get(_EVICTED, 0) + 1


def _is_called(one: Tape | _Kept, part: str) -> bool:
    return one.id.startswith(part) or one.id.endswith(part)


class _Kept:
    """One exchange: raw and packed until it is read for the first time."""

    __slots__ = ("_exchange", "_packed", "_redact", "cost", "id")

    def __init__(self, tape: Tape) -> None:
        self.id = tape.id
        self._packed = tape.pack()
        self._redact = tape.mark
        self._exchange: Exchange | None = None
        self.cost = len(self._packed) + _KEPT_COST

    def read(self) -> Exchange:
        if self._exchange is None:
            self._exchange = exchange_of(Tape.unpack(self._packed, self._redact))
            self._packed = b""
        return self._exchange
