"""The heartbeat of the event loop: how late it comes, and what held it up.

A thread asks the loop to beat, and waits.  So there is no task that could be a child of the app,
keep the loop running, or make a group of an exception.  While a beat is overdue, the thread looks
at what the loop's thread does, which works under uvloop as well, and notes it for the connections
in flight: the one that blocks the loop may have ended before the loop beats again.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import Counter, deque
from contextlib import contextmanager
from itertools import takewhile
from threading import Thread, get_ident
from time import perf_counter_ns, sleep, time
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from asgi_mw.blockers import blocker_of
from asgi_mw.loops import frames_of_threads, running_loop
from asgi_mw.raw import DIRECTION, RETURNED, STRIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.blockers import Blocker
    from asgi_mw.loops import Loop
    from asgi_mw.noting import Notes, RawNote
    from asgi_mw.recorder.store import Store
    from asgi_mw.tape import Tape

INTERVAL = 0.025
"""Seconds from one beat to the next."""
THRESHOLD = 0.02
"""Seconds that a beat may be late; if it is later, the loop was blocked."""
# Seconds between two looks at the loop's thread while it is blocked: they grow up to the last
_FIRST_LOOK, _LAST_LOOK = 0.01, 1.0
_NOBODY = "the event loop was late, and nothing ran on it"
_MOST_SAMPLES = 6000  # at 40 a second: two and a half minutes


class Sample(NamedTuple):
    """One beat: when it was asked for, in ms since the epoch, and how late it came, in ms."""

    at: float
    lag: float


class Heartbeat:
    """Beats while anybody wants it to, on each event loop where it is wanted.

    Attributes:
        samples: The latest beats, the oldest first.
    """

    def __init__(self, store: Store) -> None:
        self.samples: deque[Sample] = deque(maxlen=_MOST_SAMPLES)
        self._running = store._running  # noqa: SLF001  # of this package
        self._beats: dict[object, _Beat] = {}

    def since(self, at: float) -> list[Sample]:
        """The beats that were asked for after *at*, in ms since the epoch, the newest first."""
        # The thread that adds to the deque cannot run in the middle of its list()
        return list(takewhile(lambda one: one.at > at, reversed(list(self.samples))))

    def start(self) -> None:
        """Beat on the loop that runs here until :meth:`stop` or its end; safe to call twice."""
        beat = self._here()
        if beat is not None:
            beat.kept = True
            beat.go_on()

    def stop(self) -> None:
        """Beat on the loop that runs here only as long as somebody is :meth:`beating`."""
        beat = self._here()
        if beat is not None:
            beat.kept = False

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat within the block, on the loop that runs here; several may be open at once."""
        beat = self._here()
        if beat is None:
            yield
            return
        beat.wanted += 1
        beat.go_on()
        try:
            yield
        finally:
            beat.wanted -= 1

    def _here(self) -> _Beat | None:
        loop = running_loop()
        if loop is None:
            return None
        found = self._beats.get(loop.key)
        if found is None:
            self._beats = {key: one for key, one in self._beats.items() if one.goes_on}
            found = self._beats[loop.key] = _Beat(loop, self)
        return found

    def in_flight(self) -> list[tuple[Tape, Notes]]:
        """The exchanges that a block is noted for."""
        tapes = list(self._running.values())
        return [(one, notes) for one in tapes if (notes := one.notes) and not _rests(one)]


_hearts: WeakKeyDictionary[Store, Heartbeat] = WeakKeyDictionary()


def heartbeat_of(store: Store) -> Heartbeat:
    """The heartbeat that notes blocks for what *store* records; each store has one."""
    found = _hearts.get(store)
    if found is None:
        found = _hearts[store] = Heartbeat(store)
    return found


class _Beat:
    """The heartbeat of one loop.

    Attributes:
        kept: It goes on, even if *wanted* is 0.
        wanted: How many want it to go on.
        goes_on: It has a thread, which has not decided to end.
    """

    def __init__(self, loop: Loop, heart: Heartbeat) -> None:
        self._loop = loop
        self._samples = heart.samples
        self._heart = heart
        self._thread = get_ident()
        self._came = 0
        self._gone = allocate_lock()  # held while a beat is awaited
        self.kept = False
        self.wanted = 0
        self.goes_on = False

    def go_on(self) -> None:
        """Beat in a thread of its own, unless it does so already."""
        if not self.goes_on:
            self.goes_on = True
            Thread(target=self._run, name="asgi-mw heartbeat", daemon=True).start()

    def _run(self) -> None:
        try:
            while (self.kept or self.wanted > 0) and self._beat():
                sleep(INTERVAL)
        finally:
            self.goes_on = False

    def _beat(self) -> bool:
        """Have one beat; return whether the loop still runs."""
        self._gone.acquire(blocking=False)
        asked, moment = perf_counter_ns(), time()
        if not self._loop.call(self._come):
            return False
        if not self._gone.acquire(timeout=THRESHOLD) and not self._watch(asked):
            return False
        self._samples.append(Sample(moment * 1e3, max(self._came - asked, 0) / 1e6))
        return True

    def _come(self) -> None:
        """The loop calls this as soon as it is free."""
        self._came = perf_counter_ns()
        if self._gone.locked():
            self._gone.release()

    def _watch(self, asked: int) -> bool:
        """Note a block that began at *asked* until it ends; return whether the loop still runs."""
        seen: Counter[Blocker] = Counter()
        taken: list[tuple[Notes, RawNote]] = []
        look = _FIRST_LOOK
        first = True
        while True:
            if not self._loop.runs():
                return False
            blocker = blocker_of(frames_of_threads().get(self._thread))
            if blocker is not None:
                seen[blocker] += 1
            if first:
                first = False
                taken = self._noted(asked, blocker)
            if self._gone.acquire(timeout=look):
                break
            look = min(look * 1.5, _LAST_LOOK)
        worst = seen.most_common(1)[0][0] if seen else None
        title, detail = (None, None) if worst is None else (worst.title, worst.detail)
        for notes, note in taken:
            notes.close(note, title=title, until=self._came, detail=detail)
        return True

    def _noted(self, asked: int, blocker: Blocker | None) -> list[tuple[Notes, RawNote]]:
        title = _NOBODY if blocker is None else blocker.title
        detail = None if blocker is None else blocker.detail
        taken = []
        for tape, notes in self._heart.in_flight():
            at = max(asked, tape.origin)
            note = notes.take("blocked", title, at=at, level="warning", detail=detail)
            if note is not None:
                taken.append((notes, note))
        return taken


def _rests(tape: Tape) -> bool:
    """Whether it is a lifespan that waits for the shutdown, which takes as long as the server."""
    if tape.scope.get("type") != "lifespan":
        return False
    last = (tape.newest or tape.older or tape.head or ())[-STRIDE:]
    return bool(last) and last[DIRECTION] == "receive" and last[RETURNED] is None
