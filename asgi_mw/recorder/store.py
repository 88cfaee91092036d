"""What every store can do: take tapes from the tap, and give exchanges to readers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from asgi_mw.errors import StoreError
from asgi_mw.faults import Drops, Faults
from asgi_mw.terms import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.results import Found, News, Page, Reading, Removed, Snags
    from asgi_mw.recorder.search import Search
    from asgi_mw.tape import Tape

_T = TypeVar("_T")
_LOST = "could not be kept"
DEFAULT_MEMORY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stats:
    """How a store is doing.

    Attributes:
        exchanges: How many it holds.
        bytes: What they take: accounted memory, or files on disk.
        dropped: Exchanges that were lost, by reason.
        faults: Our own faults, by place.
        in_flight: Connections that are being recorded now.
        lost: How many of the exchanges had not ended when their process did.
        problems: What could not be looked at, and what to do.
    """

    exchanges: int
    bytes: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, int] = field(default_factory=dict)
    in_flight: int = 0
    lost: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader that follows a store has come; opaque.

    Attributes:
        places: One place per file.
        dead: Files of dead processes whose lost exchanges the reader has already.
    """

    places: Mapping[str, int] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()


class Store(ABC):
    """Exchanges, and the budget in bytes for those in flight.

    A store takes tapes on the event loop's thread and never blocks it; reading may block.

    Attributes:
        recording: Set it to ``False`` to stop recording new connections, and back at any time.
        budget: The memory that recorded connections may take in this process.
        faults: Our own faults, counted.
        dropped: Exchanges that were lost, by reason.
        records: Whether it takes tapes; ``False`` for a store that is only read.
    """

    def __init__(self, memory: int = DEFAULT_MEMORY) -> None:
        self.recording = self.records = True
        self.budget = Budget(memory)
        self.faults = Faults("record")
        self.dropped = Drops("record")
        self._running: dict[int, Tape] = {}

    def __repr__(self) -> str:
        """Its kind, as :func:`~asgi_mw.explain` shows it."""
        return f"<{type(self).__name__}>"

    # For the record layer -----------------------------------------------------------------

    def begin(self, tape: Tape) -> None:
        """A connection begins: from now on it is in flight."""
        self._running[id(tape)] = tape

    def lose(self, tape: Tape) -> None:
        """A connection ended and could not be kept."""
        self._running.pop(id(tape), None)
        tape.let_go()
        self.dropped.add(_LOST)

    def end(self, tape: Tape) -> None:
        """A connection ended: keep it if its terms say so; a second call does nothing."""
        if self._running.pop(id(tape), None) is not None:
            keeps = tape.terms.keeps
            try:
                if keeps is None or keeps(tape):
                    self._keep(tape)
                else:
                    tape.let_go()
            except BaseException:
                tape.let_go()
                raise

    def leaving(self) -> None:  # noqa: B027  # memory ends with the process anyway
        """The app shuts down: the end of what still runs may never be seen."""

    @abstractmethod
    def _keep(self, tape: Tape) -> None:
        """Take one tape that has ended; letting it go gives its cost back to the budget."""

    def flush(self, timeout: float = 5.0) -> bool:  # noqa: ARG002  # for stores that write later
        """Wait at most *timeout* seconds until all tapes are stored; return whether they are."""
        return True

    def close(self) -> None:  # noqa: B027  # memory has nothing to let go of
        """Flush, and let go of files and threads; the store may be used again afterwards."""

    def _seen(self, tape: Tape, snags: Snags) -> Exchange | None:
        """The exchange on *tape*, if it can be read."""
        from asgi_mw.recorder.assemble import exchange_of  # noqa: PLC0415  # slow to import

        return self._read(exchange_of, tape, snags)

    def _read(self, read: Callable[[Tape], _T], tape: Tape, snags: Snags) -> _T | None:
        try:
            return read(tape)
        except Exception as error:  # noqa: BLE001  # the reader gets the others
            self.faults.note("read", error)
            snags.add("", f"an exchange cannot be read ({type(error).__name__}); see the log")
            return None

    # For readers; what fails is in the result of each call, as its ``problems`` --------------

    @abstractmethod
    def exchanges(self, query: Query | Search | None = None) -> Reading:
        """The exchanges that match, the newest first."""

    @abstractmethod
    def rows(
        self,
        query: Query | Search | None = None,
        *,
        before: str | None = None,
        limit: int = 100,
        seconds: float = 0.3,
    ) -> Page:
        """The rows of the exchanges that match, the newest first: all a list needs, and cheaper.

        Args:
            query: What is looked for.
            before: Only rows with a lower id than this, such as ``next`` of the previous page.
            limit: About how many at most.
            seconds: About how long to search; the rest begins at ``next``.  So a list gets its
                first matches at once, and a filter that finds little shows how far it is.
        """

    @abstractmethod
    def count(self) -> int:
        """How many exchanges it holds."""

    @abstractmethod
    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one.

        Raises:
            StoreError: It was not found, and something could not be read.
        """

    @abstractmethod
    def follow(self, cursor: Cursor | None = None) -> tuple[Found, Cursor]:
        """The exchanges stored since *cursor*, the oldest first, and the cursor after them.

        Without a cursor: nothing, and the cursor of this moment.
        """

    @abstractmethod
    def follow_rows(self, cursor: Cursor | None = None) -> tuple[News, Cursor]:
        """Like :meth:`follow`, but read only the rows: cheaper, and enough for a list."""

    @abstractmethod
    def keep(self, id: str, kept: bool = True) -> str:  # noqa: A002, FBT001, FBT002  # the exchange's own word; a mark
        """Mark an exchange so that neither size nor age removes it, or take the mark away.

        A purge removes it in spite of its mark.

        Args:
            id: The beginning or the end of its id.
            kept: ``False`` takes the mark away.  If the exchange is beyond the limits by now, it
                is removed at once.

        Returns:
            Its whole id.

        Raises:
            StoreError: No exchange, or more than one, has such an id; it is still being served;
                or the mark cannot be written.
        """

    @abstractmethod
    def in_flight(self) -> Found:
        """Connections that are being served now, the oldest first, without any body bytes."""

    @abstractmethod
    def purge(
        self, query: Query | Search | None = None, *, keep_bytes: int | None = None
    ) -> Removed:
        """Remove what matches, then the oldest until *keep_bytes* are left; return how many."""

    @abstractmethod
    def stats(self) -> Stats:
        """How the store is doing."""


def found_to_keep(exchange: Exchange | None, id: str) -> Exchange:  # noqa: A002  # the exchange's own word
    """*exchange*, which was found by *id* and can be kept.

    Raises:
        StoreError: It cannot be kept, or there is none.
    """
    if exchange is None:
        raise StoreError(f"no exchange, or more than one, is called {id!r}; see: asgi-mw ls")
    if exchange.outcome is None:
        raise StoreError(f"{exchange.id} is still being served; keep it when it is over")
    return exchange
