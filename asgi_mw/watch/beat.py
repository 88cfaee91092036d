"""One event loop that is watched: its heartbeat, and the connections in flight on it."""

from __future__ import annotations

from functools import partial
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING, Any

from asgi_mw.watch.block import Block
from asgi_mw.watch.flights import awaited, has_left

if TYPE_CHECKING:
    from asgi_mw.connection import Connection
    from asgi_mw.loops import Loop
    from asgi_mw.progress import Progress
    from asgi_mw.watch.flights import Flight
    from asgi_mw.watch.policy import Policy
    from asgi_mw.watch.reports import Reports

_NEVER = 1 << 62
# How often connections are looked at, at least and at most
_SOONEST, _LATEST = 20_000_000, 5_000_000_000
# How often a loop without limits is asked whether it still runs
_SELDOM = 1_000_000_000


class Beat:
    """The heartbeat of one loop: a function that it is asked to call soon.

    It needs no task: so nothing is a child of the app, keeps the loop running, or makes a group
    of an exception.

    Attributes:
        loop: The loop.
        thread: The number of the thread that it runs in.
        here: Whether it runs, for callers in that thread.
        flying: What is in flight, by its progress: a connection twice where apps are mounted.
        policies: Those of the layers that its connections came through.
        left: Nobody wants it to be watched any longer.
    """

    def __init__(self, loop: Loop, thread: int) -> None:
        self.loop = loop
        self.thread = thread
        self.here = loop.here
        self.flying: dict[Progress, Any] = {}
        self.policies: list[Policy] = []
        self.left = False
        self._number = 0
        self._asked: int | None = None  # when the beat that is awaited was asked for
        self._came = (0, 0)  # the number of the beat that came last, and when
        self._due = 0
        self._block: Block | None = None
        self._late = self._stalled = _NEVER
        self._every = _LATEST
        self._judged = 0
        self._said: dict[Connection, set[int]] = {}
        self._gone: dict[Connection, int] = {}

    @property
    def flights(self) -> dict[Connection, Flight]:
        """The connections in flight, as their outermost layers know them."""
        found: dict[Connection, Flight] = {}
        for flight in list(self.flying.values()):
            found.setdefault(flight[1], flight)
        return found

    def adopt(self, policy: Policy) -> None:
        """Watch by *policy* too: for the loop, the strictest of several limits holds."""
        if policy in self.policies:
            return
        self.policies.append(policy)
        self._late = min(self._late, policy.blocked or _NEVER)
        self._stalled = min(self._stalled, policy.stalled or _NEVER)
        limits = [*policy.waiting.values(), policy.gone or _NEVER]
        self._every = max(min(self._every, min(limits) // 4), _SOONEST)

    def look(self, now: int, reports: Reports) -> int | None:
        """Do what is due; return when more is due, or ``None`` once the loop has ended."""
        self.left = False
        due = self._beat(now, reports)
        if due is None:
            if self._block is not None:
                self._block.over(now, reports)
            return None
        if now >= self._judged:
            self._judge(now, reports)
            self._judged = now + self._every
        return min(due, self._judged)

    def paused(self, ns: int) -> None:
        """Begin again: everything stood still for *ns*, which is nobody's fault."""
        if self._block is not None:
            # Not all of that may have passed since the block began
            self._block.began = min(self._block.began + ns, perf_counter_ns())
        else:
            self._asked = None
        self._due = 0

    def held(self, since: int, used: int, now: int, reports: Reports) -> None:
        """See who has just let go: no thread could run from *since* on, so nobody could ask.

        Args:
            since: When this thread wanted to run.
            used: CPU time that the process had used by then.
            now: When it could run; all of these are in ns.
            reports: Where it is reported.
        """
        if self._block is None and now - since >= min(self._late, self._stalled):
            self._block = Block(self, since, used)
            self._block.look(reports, now)
            self._asked = None  # the next beat ends the block

    def _beat(self, now: int, reports: Reports) -> int | None:
        late_after = min(self._late, self._stalled)
        pause = min(late_after // 2, _SELDOM)
        if self._asked is None:
            if now < self._due:
                return self._due
            self._number += 1
            if not self.loop.call(partial(self._come, self._number)):
                return None
            self._asked = now
            return now + pause
        number, came = self._came
        block = self._block
        if number == self._number:
            if block is None and came - self._asked >= late_after:
                # It was over before anybody looked
                block = Block(self, self._asked, process_time_ns())
                block.look(reports, None)
            if block is not None:
                block.over(came, reports)
            self._block = self._asked = None
            return self._beat(now, reports)
        late = now - self._asked
        if late < late_after:
            return self._asked + (pause if late < pause else late_after)
        if not self.loop.runs():
            return None
        if block is None:
            block = self._block = Block(self, self._asked, process_time_ns())
        block.look(reports, now)
        if now - block.began >= self._stalled:
            block.stalled(now, reports)
        soon = now + block.pause()
        stalls = block.began + self._stalled
        return min(soon, stalls) if stalls > now else soon

    def _come(self, number: int) -> None:
        """Note the beat: the loop calls this as soon as it does anything."""
        self._came = number, perf_counter_ns()

    def _judge(self, now: int, reports: Reports) -> None:
        """Find the connections that have waited too long, or outlived their client."""
        flights = self.flights
        self._said = {one: said for one, said in self._said.items() if one in flights}
        self._gone = {one: since for one, since in self._gone.items() if one in flights}
        for flight in flights.values():
            _, connection, _, _, policy = flight
            for at, kind, what in awaited(flight):
                limit = policy.waiting.get(kind)
                if limit is not None and now - at >= limit and self._is_news(connection, at):
                    reports.waits(self, flight, what, at, now)
            if policy.gone is not None and has_left(flight):
                since = self._gone.setdefault(connection, now)
                if now - since >= policy.gone and self._is_news(connection, 0):
                    reports.runs_on(self, flight, since, now)

    def _is_news(self, connection: Connection, at: int) -> bool:
        said = self._said.setdefault(connection, set())
        if at in said:
            return False
        said.add(at)
        return True
