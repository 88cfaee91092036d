"""Keep exchanges in a folder of SQLite files, one per worker process and segment."""

from __future__ import annotations

import os
import sqlite3
import weakref
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder.keeping import mark, unmark
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.policy import policy
from asgi_mw.recorder.processes import also_without_atexit, opened
from asgi_mw.recorder.purge import Purge
from asgi_mw.recorder.query import search_of
from asgi_mw.recorder.reader import Reader
from asgi_mw.recorder.results import Found, Removed, Snags
from asgi_mw.recorder.scanning import page_of
from asgi_mw.recorder.store import DEFAULT_MEMORY, Stats, Store, found_to_keep
from asgi_mw.recorder.writer import Writer

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.query import Query
    from asgi_mw.recorder.results import News, Page, Reading
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Cursor
    from asgi_mw.tape import Tape

DEFAULT_BYTES = 1024**3
# How long the end of the process waits for what was recorded last, and how long a reader
_EXIT_SECONDS, _READ_SECONDS = 2.0, 1.0
_FULL = "the queue was full"
_LATE = "the process was ending"
_BEHIND = "what was recorded last is not written yet: is the disk full, or a file locked?"


class SpoolStore(Store):
    """Exchanges in *folder*, shared by all processes that are given the same one.

    Making one touches nothing: the folder, the file and the thread that writes it are made when
    the first connection is recorded, in the process that serves it, and again after a fork.  The
    files are described in ``docs/store-format.md``.

    Args:
        folder: The folder; it is made if need be.
        memory: Accounted bytes that connections in flight, or waiting to be written, may take.
        max_bytes: Size on disk, for all workers together, at which the oldest segments are removed.
        max_age: Seconds after which a segment is removed; ``None`` keeps it.
        segment_bytes: Size at which a new segment begins; ``None`` is 1/16 of *max_bytes*.
        flush_interval: An exchange is written at most this many seconds after its end.
        flush_count: Exchanges are written earlier when this many wait.
        queue_limit: How many may wait; further ones are dropped and counted.

    Raises:
        ConfigError: An option cannot be right.
        StoreError: *folder* is a file.

    >>> import tempfile
    >>> store = SpoolStore(tempfile.mkdtemp(), max_age=86_400)
    >>> list(store.exchanges())
    []
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        memory: int = DEFAULT_MEMORY,
        max_bytes: int = DEFAULT_BYTES,
        max_age: float | None = None,
        segment_bytes: int | None = None,
        flush_interval: float = 0.05,
        flush_count: int = 100,
        queue_limit: int = 10_000,
    ) -> None:
        self._policy = policy(
            memory=memory,
            max_bytes=max_bytes,
            max_age=max_age,
            segment_bytes=segment_bytes,
            flush_interval=flush_interval,
            flush_count=flush_count,
            queue_limit=queue_limit,
        )
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100  # resolve() would follow links
        if self.folder.exists() and not self.folder.is_dir():
            message = f"{self.folder} is a file; name a folder, which may be new"
            raise StoreError(message)
        super().__init__(self._policy.memory)
        self._lock = Lock()
        self._writer: Writer | None = None
        self._over = False
        self._reader = Reader(self.folder)
        self.budget.relieve = self._take_back
        opened(self)

    # For the record layer -----------------------------------------------------------------

    def begin(self, tape: Tape) -> None:
        """A connection begins: from now on it is in flight."""
        writer = self._writer or self._start()
        super().begin(tape)
        if writer.freed:
            self._take_back()
        if writer.dormant:
            writer.wake()

    def _keep(self, tape: Tape) -> None:
        self._take_back()
        if self._over:
            tape.let_go()
            self.dropped.add(_LATE)
            return
        writer = self._writer or self._start()
        if self.budget.left < 0 or not writer.put(tape):
            tape.let_go()
            self.dropped.add(_FULL)

    def leaving(self) -> None:
        """The app shuts down: show what still runs with the next write, write at once what ends.

        Some servers exit now, by a signal that no code outlives.
        """
        if self._writer is not None:
            self._writer.show()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait at most *timeout* seconds until all tapes are on disk; return whether they are."""
        writer = self._writer
        return writer is None or writer.flush(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Write what is left for at most *timeout* seconds, and let go of file and thread.

        The store may be used again afterwards.
        """
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.stop(timeout)
            _take_back(self, writer)

    def end_with_process(self) -> None:
        """Stop recording, end what still runs as lost, write that, and close."""
        self.recording = False
        for tape in list(self._running.values()):
            try:
                tape.lost = tape.finished is None
                tape.end(None, early=True)
                self.end(tape)
            except Exception as error:  # noqa: BLE001  # the others are written
                self.faults.note("end", error)
        self.close(_EXIT_SECONDS)
        self._over = True

    # For readers --------------------------------------------------------------------------

    def exchanges(self, query: Query | Search | None = None) -> Reading:
        """The exchanges of all processes that match, the newest first, read as asked for."""
        return self._reader.exchanges(query, self._behind())

    def rows(
        self,
        query: Query | Search | None = None,
        *,
        before: str | None = None,
        limit: int = 100,
        seconds: float = 0.3,
    ) -> Page:
        """The rows of those that match, the newest first; see :meth:`Store.rows`."""
        look = Look(self.folder)
        look.snags.take(self._behind() if before is None else ())
        tops, search = self._reader.tops, search_of(query)
        return page_of(look, tops, search, before=before, limit=limit, seconds=seconds)

    def count(self) -> int:
        """How many exchanges all processes have stored, or lost."""
        return self._reader.count()

    def get(self, id: str) -> Exchange | None:  # noqa: A002  # the exchange's own word
        """The exchange whose id begins or ends with *id*, if there is exactly one.

        Raises:
            StoreError: It was not found, and something could not be read.
        """
        behind = self._behind()
        # These first: one that ends meanwhile is then found in both places, and not in none
        flying = self.in_flight()
        running = [one for one in flying if one.id.startswith(id) or one.id.endswith(id)]
        found, several, problems = self._reader.get(id)
        if found is not None:
            return None if any(one.id != found.id for one in running) else found
        if len(running) == 1 and not several:
            return running[0]
        if problems := tuple(dict.fromkeys([*behind, *flying.problems, *problems])):
            message = f"no exchange, or more than one, is called {id!r} in what can be read"
            raise StoreError(message, problems)
        return None

    def follow(self, cursor: Cursor | None = None) -> tuple[Found, Cursor]:
        """The exchanges written since *cursor*, the oldest first, and the cursor after them."""
        return self._reader.follow(cursor)

    def follow_rows(self, cursor: Cursor | None = None) -> tuple[News, Cursor]:
        """Like :meth:`follow`, but read only the rows."""
        return self._reader.follow_rows(cursor)

    def keep(self, id: str, kept: bool = True) -> str:  # noqa: A002, FBT001, FBT002  # the exchange's own word; a mark
        """Copy an exchange to where nothing removes it but a purge; see :meth:`Store.keep`."""
        exchange = found_to_keep(self.get(id), id)
        try:
            if kept:
                mark(self.folder, exchange)
            else:
                unmark(self.folder, exchange.id)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the mark cannot be written: {error}") from error
        return exchange.id

    def in_flight(self) -> Found:
        """What is being served now, the oldest first, without any body bytes.

        Of other processes: what they have served for over a second, as it was a second ago at most.
        """
        writer = self._writer
        others = self._reader.in_flight({writer.path} if writer else ())
        snags = Snags()
        snags.take(others.problems)
        own = [self._seen(tape, snags) for tape in list(self._running.values())]
        running = [one for one in own if one is not None and one.outcome is None]
        return Found(sorted([*running, *others], key=lambda one: one.id), snags.lines())

    def purge(
        self, query: Query | Search | None = None, *, keep_bytes: int | None = None
    ) -> Removed:
        """Remove what matches, then the oldest until *keep_bytes* are left; return how many.

        Without either: everything.  Waits for live workers to let go of their segments, at most
        five seconds for each; what could not be purged is in ``problems`` of the result.
        """
        purge = Purge(self.folder, self._wake)
        purge.snags.take(self._behind())
        count = 0
        if query is not None or keep_bytes is None:
            count += purge.matching(query)
        if keep_bytes is not None:
            count += purge.down_to(keep_bytes)
        return Removed(count, purge.snags.lines())

    def stats(self) -> Stats:
        """How the store is doing: what all processes have on disk, and all of this process."""
        lost = self._reader.lost()
        exchanges, size, tallies, problems = self._reader.counts()
        writer = self._writer
        if writer is not None:
            for kind, counts in tallies.items():
                for reason, count in writer.tallies.missing(kind).items():
                    counts[reason] = counts.get(reason, 0) + count
        running = self.in_flight()
        return Stats(
            exchanges=exchanges + len(lost),
            bytes=size,
            dropped=tallies["dropped"],
            faults=tallies["fault"],
            in_flight=len(running),
            lost=sum(one.outcome == "lost" for one in lost),
            problems=tuple(dict.fromkeys([*problems, *lost.problems, *running.problems])),
        )

    def _behind(self) -> tuple[str, ...]:
        """A problem, if what was recorded last cannot be written now."""
        return () if self.flush(_READ_SECONDS) else (_BEHIND,)

    def _start(self) -> Writer:
        with self._lock:
            if self._writer is None:
                also_without_atexit()
                self._writer = Writer(self.folder, self._policy, self, self._running)
                # If nobody closes the store, what was taken is still written
                weakref.finalize(self, self._writer.stop, _EXIT_SECONDS, join=False).atexit = False
            return self._writer

    def _take_back(self, need: int = 0) -> None:  # noqa: ARG002  # it gives what there is
        writer = self._writer
        if writer is not None:
            _take_back(self, writer)

    def _wake(self) -> None:
        writer = self._writer
        if writer is not None:
            writer.wake()

    def forked(self) -> None:
        """In a child: the parent's thread, file and connections are not here."""
        self._lock = Lock()
        self._writer = None
        self._running.clear()
        self.budget.left = self.budget.total
        self.dropped.clear()
        self.faults.reset()


def _take_back(store: SpoolStore, writer: Writer) -> None:
    # Only threads that record change the budget: two at once could undo each other's change
    while writer.freed:
        store.budget.left += writer.freed.popleft()
