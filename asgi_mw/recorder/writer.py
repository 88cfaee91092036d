"""The thread that masks, encodes and writes what the event loop has recorded."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder.assemble import draft_of
from asgi_mw.recorder.breath import Breath
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.folder import retain
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.shipping.progress import UNSHIPPED, unshipped
from asgi_mw.recorder.sqlite_faults import REFUSED, passes
from asgi_mw.recorder.starting import starts
from asgi_mw.recorder.tallies import Tallies
from asgi_mw.recorder.views import INTERVAL, Views

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.recorder.codec import Columns
    from asgi_mw.recorder.policy import Policy
    from asgi_mw.recorder.store import Store
    from asgi_mw.recorder.tallies import Totals
    from asgi_mw.tape import Tape

# The most that one transaction takes when the writer is behind
_BATCH = 1000
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_RETENTION_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Work:
    """What goes into one transaction."""

    rows: list[Columns]
    fresh: dict[str, tuple[str, object]]
    gone: list[str]
    totals: Totals

    def is_any(self) -> bool:
        return bool(self.rows or self.fresh or self.gone or self.totals)


class Writer:
    """Takes tapes and writes them into segments in *folder*, from a thread of its own.

    If no thread may begin any more, :meth:`stop` does its work.

    No fault ends it: what cannot be written now is tried again, what cannot be taken meanwhile
    is dropped, and both are counted.  The segment is a local variable of the thread, so that a
    forked child, which has no such thread, can never touch or close the parent's connection
    (https://sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_).

    Attributes:
        dormant: It sleeps until it is woken.
        freed: Accounted bytes of tapes that were let go, for the loop's thread to take back.
        path: The segment it is writing.
    """

    def __init__(
        self, folder: Path, policy: Policy, store: Store, running: dict[int, Tape]
    ) -> None:
        self.dormant = False
        self.freed: deque[int] = deque()
        self.path: Path | None = None
        self.tallies = Tallies(store.dropped, store.faults.counts)
        self._folder = folder
        self._policy = policy
        self._faults = store.faults
        self._dropped = store.dropped
        self._running = running
        self._queue: deque[Tape | Event] = deque()
        self._wake, self._stopping = Event(), Event()
        self._deadline = float("inf")
        self._waiting = self._hurried = False
        self._markers: list[Event] = []
        self._views = Views(running, store.faults)
        self._retained = 0.0
        self._thread = Thread(target=self._run, name="asgi_mw.spool", daemon=True)
        self._threaded = starts(self._thread)

    def put(self, tape: Tape) -> bool:
        """Take *tape*; ``False`` if too many are waiting.  Never blocks."""
        if len(self._queue) >= self._policy.queue_limit:
            return False
        self._queue.append(tape)
        if self._waiting or len(self._queue) >= self._policy.flush_count:
            self.wake()
        return True

    def wake(self) -> None:
        """Make the thread look for work now."""
        if not self._wake.is_set():
            self._wake.set()

    def show(self) -> None:
        """Show all that runs with the next write; from now on do not wait for full batches."""
        self._hurried = True
        self._views.hurry()

    def flush(self, timeout: float) -> bool:
        """Wait until all that was taken so far is on disk or given up; return whether it is."""
        if not self._threaded:
            return False
        marker = Event()
        self._queue.append(marker)
        self.wake()
        return marker.wait(timeout)

    def stop(self, timeout: float, *, join: bool = True) -> None:
        """Write what is left, for at most *timeout* seconds, and end; *join*: wait for that."""
        self._deadline = monotonic() + timeout
        self._stopping.set()
        self.wake()
        if join and self._threaded:
            self._thread.join(timeout + 1.0)
        elif join:
            self._run()

    def _run(self) -> None:
        segment: Segment | None = None
        rows: list[Columns] = []
        costs = portion = 0
        pause = 0.0
        while True:
            if pause or not rows:
                self._wait(pause, idle=segment is None and not self._running)
            try:
                if not rows:
                    costs += self._encode(rows)
                    portion = len(rows)
                if segment is not None and (segment.is_lost() or self._is_over(segment)):
                    self._leave(segment)
                    segment = None
                work = self._work(rows[:portion])
                if segment is None and work.is_any():
                    segment = self._begin()
                if segment is not None and work.is_any():
                    self._write(segment, work)
                del rows[:portion]
                portion, pause = portion * 2, 0.0
                if not rows:
                    self._settle(costs)
                    costs = 0
            except Exception as error:  # noqa: BLE001  # logged and counted, and tried again
                self._faults.note("write", error)
                pause = min(max(pause * 2, _SHORTEST_PAUSE), _LONGEST_PAUSE)
                portion = max(portion // 2, 1)  # part of it may fit into what is left of the disk
                if segment is not None and isinstance(error, REFUSED):
                    rows = self._acceptable(segment, rows)
                elif segment is not None and not passes(error):
                    self._leave(segment)
                    segment = None
            if self._stopping.is_set():
                if monotonic() > self._deadline:
                    self._give_up(rows, costs)
                    rows, costs = [], 0
                if not (rows or self._queue):
                    break
        if segment is not None:
            self._leave(segment)

    def _wait(self, pause: float, *, idle: bool) -> None:
        """Sleep until there is a batch, or something in flight to show; *pause* after a fault."""
        wake, queue = self._wake, self._queue
        if pause:
            if self._stopping.is_set():
                sleep(_SHORTEST_PAUSE)
            self._stopping.wait(pause)
            return
        wake.clear()
        self._waiting = True
        self.dormant = idle
        if not queue and not self._stopping.is_set():
            wake.wait(None if idle and not self._running else INTERVAL)
            wake.clear()
        self.dormant = self._waiting = False
        if 0 < len(queue) < self._policy.flush_count and not self._is_urgent():
            wake.wait(self._policy.flush_interval)

    def _is_urgent(self) -> bool:
        return self._hurried or self._stopping.is_set() or isinstance(self._queue[-1], Event)

    def _encode(self, rows: list[Columns]) -> int:
        """Move a batch from the queue to *rows*; return what its tapes cost."""
        queue = self._queue
        behind = len(queue) > 2 * self._policy.flush_count
        costs = 0
        most = self._policy.segment_bytes // 4
        breath = Breath()
        for _ in range(min(len(queue), _BATCH if behind else self._policy.flush_count)):
            if costs > most:  # one transaction would outgrow its segment
                break
            tape = queue.popleft()
            if isinstance(tape, Event):
                self._markers.append(tape)
                continue
            costs += tape.cost
            try:
                rows.append(encode(draft_of(tape)))
            except Exception as error:  # noqa: BLE001  # one exchange less
                self._faults.note("encode", error)
                self._drop("could not be encoded", 1)
            if not behind:
                breath()
        return costs

    def _work(self, rows: list[Columns]) -> _Work:
        """What is to be written now."""
        fresh, gone = self._views.changes()
        gone += self._views.gone({str(row[0]) for row in rows})
        return _Work(rows, fresh, gone, self.tallies.unsaved())

    def _write(self, segment: Segment, work: _Work) -> None:
        shown = [(one, facts) for one, (facts, _) in work.fresh.items()]
        segment.write(work.rows, shown, work.gone, self.tallies.rows(work.totals))
        self._views.written(work.fresh, work.gone)
        self.tallies.written(work.totals)

    def _begin(self) -> Segment:
        segment = Segment(self._folder)
        self.path = segment.path
        self.tallies.begin()
        return segment

    def _is_over(self, segment: Segment) -> bool:
        policy = self._policy
        now = monotonic()
        if now - self._retained > _RETENTION_SECONDS:
            self._retain()
        # Segments are removed as a whole: with four per max_age, little that is older stays
        age = now - segment.began
        return (
            segment.size() >= policy.segment_bytes
            or segment.is_asked_for()
            or (policy.max_age is not None and age > policy.max_age / 4)
        )

    def _leave(self, segment: Segment) -> None:
        """Make room for the next segment; close this one, with the counts of those removed."""
        self.path = None
        self._views.forget()
        self._retain()
        for step in (partial(self.tallies.bequeath, segment), segment.close):
            try:
                step()
            except Exception as error:  # noqa: BLE001  # nothing more can be done for it
                self._faults.note("close", error)

    def _retain(self) -> None:
        policy = self._policy
        self._retained = monotonic()
        try:
            most = policy.max_bytes - policy.segment_bytes
            retain(self._folder, most, policy.max_age, self._removing)
        except Exception as error:  # noqa: BLE001  # tried again later
            self._faults.note("retain", error)

    def _removing(self, segment: Path) -> None:
        """*segment* is removed: take over its counts, and count what was not shipped as dropped."""
        self.tallies.inherit(segment)
        if count := unshipped(segment):
            self._drop(UNSHIPPED, count)
            self._faults.note("ship", StoreError(f"{count:,} exchanges were {UNSHIPPED}"))

    def _settle(self, costs: int) -> None:
        """What was taken is on disk or given up: free its cost, and wake those who wait."""
        if costs:
            self.freed.append(costs)
        for marker in self._markers:
            marker.set()
        self._markers.clear()

    def _acceptable(self, segment: Segment, rows: list[Columns]) -> list[Columns]:
        """Write *rows* one by one, as SQLite refuses one of them; return those left to write."""
        for place, row in enumerate(rows):
            try:
                segment.write([row])
            except REFUSED:
                self._drop("refused by SQLite", 1)
            except Exception:  # noqa: BLE001  # it comes again with the rest
                return rows[place:]
        return []

    def _give_up(self, rows: list[Columns], costs: int) -> None:
        lost = len(rows)
        while self._queue:
            tape = self._queue.popleft()
            if isinstance(tape, Event):
                self._markers.append(tape)
            else:
                lost += 1
                costs += tape.cost
        if lost:
            self._drop("not written before the end", lost)
        self._settle(costs)

    def _drop(self, reason: str, count: int) -> None:
        self._dropped.add(reason, count)
