"""The thread of the watchdog, one for the process: it asks each loop for a sign of life."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock
from collections import deque
from threading import Lock, Thread, get_ident
from time import perf_counter_ns, process_time_ns, thread_time_ns
from typing import TYPE_CHECKING

from asgi_mw.blockers import blocker_of, stack_of
from asgi_mw.faults import Faults
from asgi_mw.loops import running_loop
from asgi_mw.watch import signals
from asgi_mw.watch.beat import Beat
from asgi_mw.watch.flights import Late
from asgi_mw.watch.reports import Reports

if TYPE_CHECKING:
    from asgi_mw.connection import Connection
    from asgi_mw.watch.flights import Departure
    from asgi_mw.watch.policy import Policy

NAME = "asgi-mw watch"
"""The name of the thread."""
# If the thread wakes so much later than it asked for, something held it up
_LATE = 50_000_000
# A send that went on when the app returned may be cancelled, and about to end
_GRACE = 250_000_000
_MOST_NEWS = 1000


class Dog:
    """All that is watched in this process, and the thread that does it.

    Attributes:
        beats: The loops that are watched, by the number of the thread that they run in.
    """

    def __init__(self) -> None:
        self.beats: dict[int, Beat] = {}
        self._faults = Faults("watch")
        self.renew()

    def renew(self) -> None:
        """Forget everything: a forked child has no thread, and another loop."""
        self.beats.clear()  # the same dict: the layers hold it
        self._lock = Lock()
        self._wake = allocate_lock()
        self._thread: Thread | None = None
        self._asked = False
        self._last = self._cpu = self._used = 0
        self._departed: deque[tuple[int, Departure]] = deque(maxlen=_MOST_NEWS)
        self._late: deque[Late] = deque(maxlen=_MOST_NEWS)
        self._faults.reset()

    # What is called on an event loop

    def join(self, policy: Policy) -> Beat | None:
        """Watch the loop that runs here, by *policy* too; ``None`` if no known loop runs here."""
        number = get_ident()
        beat = self.beats.get(number)
        if beat is None or not beat.here():
            loop = running_loop()
            if loop is None:
                return None
            beat = Beat(loop, number)
            if policy.signum is not None:  # a server may have set its own handler meanwhile
                signals.install(policy.signum, self.ask)
            beat.adopt(policy)
            with self._lock:
                self.beats[number] = beat
                if self._thread is None:
                    self._asked = False
                    self._thread = Thread(target=self._run, name=NAME, daemon=True)
                    self._thread.start()
        else:
            beat.adopt(policy)
        return beat

    def leave(self) -> None:
        """Watch the loop that runs here no longer, if nothing is in flight on it."""
        beat = self.beats.get(get_ident())
        if beat is not None and not beat.flying:
            beat.left = True
            self._rouse()

    def depart(self, departure: Departure) -> None:
        """Check a little later whether that connection still sends something."""
        self._departed.append((perf_counter_ns() + _GRACE, departure))

    def late(self, policy: Policy, connection: Connection | None, kind: str | None) -> None:
        """Report a message that is sent after the app returned, with the code that sends it."""
        frame = sys._getframe(2)  # noqa: SLF001  # documented; this one and the layer are left out
        blocker = blocker_of(frame)
        by = "nobody of the app" if blocker is None else blocker.title
        self._late.append(Late(policy, connection, kind, by, stack_of(frame)))

    def ask(self) -> None:
        """Report what is in flight: called by the handler of a signal, so it waits for nothing."""
        self._asked = True
        self._rouse()

    def _rouse(self) -> None:
        try:
            self._wake.release()
        except RuntimeError:  # it is awake
            return

    # What the thread does

    def _run(self) -> None:
        reports = Reports()
        self._wake.acquire(blocking=False)
        self._last, self._cpu = perf_counter_ns(), process_time_ns()
        self._used = self._cpu - thread_time_ns()
        while True:
            try:
                due = self._look(reports)
            except Exception as fault:  # noqa: BLE001  # watching goes on
                self._faults.note("thread", fault)
                due = perf_counter_ns() + 1_000_000_000
            with self._lock:
                if not self.beats:
                    self._thread = None
                    break
            self._rest(due, reports)
        reports.flush(perf_counter_ns(), over=True)

    def _rest(self, due: int, reports: Reports) -> None:
        """Sleep until *due* or until it is roused; see whether something held it up."""
        due = max(due, self._ran(reports))
        self._wake.acquire(timeout=(due - self._last) / 1e9)
        self._ran(reports, due)

    def _ran(self, reports: Reports, due: int | None = None) -> int:
        """See whether this thread could run at *due*, or all the time if that is ``None``.

        If it could not, and others used the CPU, something held the interpreter, and with it the
        loops.  If nobody used the CPU while this thread slept, everything stood still, as in a
        debugger or in a stopped process: no loop is to blame.

        Returns:
            The time now.
        """
        now, cpu = perf_counter_ns(), process_time_ns()
        used, before = cpu - thread_time_ns(), self._cpu
        since = self._last if due is None else due
        # Others may have used a CPU for all the time that this thread wanted to sleep
        others = used - self._used - (since - self._last)
        self._last, self._cpu, self._used = now, cpu, used
        late = now - since
        if late > _LATE:
            held = others * 4 >= late  # a part is enough: other processes may share the CPU
            for beat in self.beats.copy().values():
                if held:
                    beat.held(since, before, now, reports)
                elif due is not None:
                    beat.paused(late)
        return now

    def _look(self, reports: Reports) -> int:
        now = perf_counter_ns()
        due = now + 1_000_000_000
        asked, self._asked = self._asked, False
        beats = self.beats.copy()
        if asked:
            reports.asked(list(beats.values()))
        for number, beat in beats.items():
            next_due = None if beat.left else beat.look(perf_counter_ns(), reports)
            if next_due is None:
                with self._lock:
                    if self.beats.get(number) is beat and (not beat.left or not beat.flying):
                        del self.beats[number]
                beat.left = False
            else:
                due = min(due, next_due)
        while self._late:
            reports.late(self._late.popleft())
        while self._departed and self._departed[0][0] <= now:
            reports.departed(self._departed.popleft()[1], list(beats.values()))
        if self._departed:
            due = min(due, self._departed[0][0])
        reports.flush(now)
        return due


DOG = Dog()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=DOG.renew)
