"""Ship a spool folder to PostgreSQL for as long as it is wanted, whatever happens to either."""

from __future__ import annotations

import random
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

import psycopg

from asgi_mw.errors import StoreError
from asgi_mw.recorder.breath import hold
from asgi_mw.recorder.folder import lock
from asgi_mw.recorder.shipping.gathering import Gatherer
from asgi_mw.recorder.shipping.progress import Progress
from asgi_mw.recorder.shipping.sending import Target
from asgi_mw.recorder.starting import starts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgi_mw.faults import Drops, Faults
    from asgi_mw.recorder.folder import Lock
    from asgi_mw.recorder.postgres.store import PostgresStore

_POLL_SECONDS = 0.5
# How often to look whether the other process that ships has let go of the folder
_TURN_SECONDS = 2.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_UNREADABLE = "unreadable where it was to be shipped"
_REFUSED = "refused by PostgreSQL"


class Shipper:
    """Copies what *folder* holds to *store*: sent at least once, stored only once.

    Of several that are given the same folder and the same store, one ships, and the next goes on
    when it ends.  Nothing ends it but :meth:`stop`: what cannot be sent now is sent later.

    Args:
        folder: The spool folder, which may not be there yet.
        store: Where it goes.
        faults: Where its faults are counted.
        dropped: Where what can never be sent is counted.
        breath: Called between two exchanges, so that other threads get the interpreter.

    Attributes:
        say: Called with each problem when it is new; the log has those of *faults*.
        sent: How many exchanges it has sent.
    """

    def __init__(
        self,
        folder: Path,
        store: PostgresStore,
        faults: Faults,
        dropped: Drops,
        breath: Callable[[], None] = hold,
    ) -> None:
        self.sent = 0
        self._breath = breath
        self._folder = folder
        self._store = store
        self._faults = faults
        self._dropped = dropped
        self.say: Callable[[str], object] = str
        self._said: set[str] = set()
        self._gatherer = Gatherer(folder, breath)
        self._progress = Progress(folder, store.shown)
        self._target: Target | None = None
        self._stopping = Event()
        self._over = Event()
        self._deadline = float("inf")
        self._thread: Thread | None = None

    def start(self) -> None:
        """Ship from a thread of its own."""
        self._thread = Thread(target=self.run, name="asgi_mw.ship", daemon=True)
        if not starts(self._thread):
            self._thread = None

    def stop(self, timeout: float, *, join: bool = True) -> None:
        """Send what is left, for at most *timeout* seconds, and end; *join*: wait for that."""
        self._deadline = monotonic() + timeout
        self._stopping.set()
        if join and self._thread is not None:
            self._thread.join(timeout + 1.0)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the thread has shipped all that it will, for at most *timeout* seconds.

        Ctrl-C may interrupt it, and then it may be called again.  After an interrupted ``join``,
        Python 3.11 and 3.12 take a thread that runs for one that has ended.
        """
        if self._thread is not None:
            self._over.wait(timeout)

    def once(self) -> int:
        """Send all that is there now; return how many exchanges it sent.

        Raises:
            StoreError: It cannot be sent now, or another process ships it.
        """
        held = self._held()
        if held is None:
            raise StoreError(f"another process ships {self._folder} to {self._store.shown}")
        before = self.sent
        try:
            while self._turn():
                pass
        except psycopg.Error as error:
            raise self._store.connections.fault(error) from error
        finally:
            self._disconnect()
            held.release()
        return self.sent - before

    def run(self) -> None:
        """Send what is there, and what comes, until it is stopped."""
        held: Lock | None = None
        pause = 0.0
        try:
            while True:
                try:
                    held = held or self._held()
                    if held is None:
                        more, pause = False, _TURN_SECONDS
                    else:
                        more, pause = self._turn(), _POLL_SECONDS
                except Exception as error:  # noqa: BLE001  # logged and counted, and tried again
                    if self._stopping.is_set():
                        return
                    pause = self._trouble(error, pause)
                    more = False
                if self._stopping.is_set() and (not more or monotonic() > self._deadline):
                    return
                if not more:
                    self._stopping.wait(pause)
        finally:
            self._disconnect()
            if held is not None:
                held.release()
            self._over.set()

    def _held(self) -> Lock | None:
        """The right to ship: the lock, if no other process has it."""
        held = lock(self._progress.lock) if self._folder.is_dir() else None
        if held is not None:
            try:
                self._progress.begin()
            except BaseException:
                held.release()
                raise
        return held

    def _turn(self) -> bool:
        """Send one batch; return whether there may be more."""
        if self._target is None:
            self._target = Target(self._store, self._gatherer.spool, self._breath)
            self._gatherer.begin(self._target.places(self._gatherer.files()))
        try:
            self._target.keep_house()
        except psycopg.errors.LockNotAvailable as error:  # somebody reads; tried again in a minute
            self._faults.note("ship", error)
        batch, problems = self._gatherer.batch()
        for problem in problems:
            self._tell(problem)
        if not batch.is_any():
            return False
        refused = self._target.send(batch)
        self._gatherer.sent(batch)
        self._progress.note({file: place.seq for file, place in self._gatherer.places.items()})
        self.sent += len(batch.rows) - refused
        for reason, count in ((_REFUSED, refused), (_UNREADABLE, batch.unreadable)):
            if count:
                self._dropped.add(reason, count)
                self._tell(f"{count:,} exchanges were {reason}")
        return batch.more

    def _trouble(self, error: Exception, pause: float) -> float:
        """Count *error* and disconnect; return how many seconds to wait before the next attempt."""
        self._disconnect()
        if isinstance(error, psycopg.Error):
            error = self._store.connections.fault(error)
        self._faults.note("ship", error)
        self._tell(str(error))
        longer = min(max(pause * 2, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        return longer * random.uniform(0.8, 1.2)  # noqa: S311  # hosts must not come back all at once

    def _tell(self, problem: str) -> None:
        if problem not in self._said:
            self._said.add(problem)
            self.say(problem)

    def _disconnect(self) -> None:
        if self._target is not None:
            self._target.close()
            self._target = None
