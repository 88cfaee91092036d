"""A time in which an event loop did nothing else: who held it, and in which connection."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.blockers import blocker_of, frames_inside, stack_of
from asgi_mw.connection import Connection, current
from asgi_mw.folding import library_of
from asgi_mw.loops import frames_of_threads

if TYPE_CHECKING:
    from traceback import FrameSummary
    from types import FrameType

    from asgi_mw.blockers import Blocker
    from asgi_mw.noting import Notes, RawNote
    from asgi_mw.watch.beat import Beat
    from asgi_mw.watch.flights import Flight
    from asgi_mw.watch.reports import Reports

# The pauses between looks at the thread of a blocked loop grow from the first to the last
_FIRST, _LAST = 20_000_000, 1_000_000_000
# If more culprits than these come and go, none of them is to blame
_MOST = 16
_DRIVEN = "<asgi_mw: "


class Culprit(NamedTuple):
    """What the loop's thread did, seen once.

    Attributes:
        blocker: The app's innermost function; ``None`` where the loop itself waited.
        stack: All of it.
        connection: The one whose code ran, if any.
        task: The name of the task that ran, if there is one.
    """

    blocker: Blocker | None
    stack: list[FrameSummary]
    connection: Connection | None
    task: str | None

    @property
    def key(self) -> object:
        """The same for the same functions of the app, no matter at which line they are."""
        if self.blocker is None:
            return None
        own = [one for one in self.stack if library_of(one.filename) is None]
        return tuple((one.filename, one.name) for one in own) or self.blocker.title


class Block:
    """One block, from the beat that did not come.

    Attributes:
        began: When that beat was asked for, in ns.
        culprit: Whom the first look found; ``None`` if it was over by then.
        told: The report of its beginning went out, so that of its end will follow.
        used: CPU time that the process had used by then, in ns.
    """

    def __init__(self, beat: Beat, began: int, used: int) -> None:
        self.beat = beat
        self.began = began
        self.culprit: Culprit | None = None
        self.told = False
        self.used = used
        self._seen: Counter[object] = Counter()
        self._culprits: dict[object, Culprit] = {}
        self._noted: list[tuple[Notes, RawNote]] = []
        self._pause = _FIRST
        self._stalled = False

    def look(self, reports: Reports, now: int | None) -> None:
        """See who holds the loop, and report it the first time; *now* is ``None`` if it is over."""
        if now is None:
            self.told = reports.blocked(self, self.began)
            return
        culprit = culprit_of(self.beat)
        if len(self._culprits) < _MOST or culprit.key in self._culprits:
            self._seen[culprit.key] += 1
            self._culprits.setdefault(culprit.key, culprit)
        if self.culprit is None:
            self.culprit = culprit
            self._note(culprit)
            self.told = reports.blocked(self, now)

    def stalled(self, now: int, reports: Reports) -> None:
        """Report all that is in flight, once: the block goes on."""
        if not self._stalled:
            self._stalled = True
            reports.stalled(self, now)

    def pause(self) -> int:
        """How long to wait before the next look, in ns."""
        self._pause = min(self._pause * 3 // 2, _LAST)
        return self._pause

    def over(self, now: int, reports: Reports) -> None:
        """It ended at *now*: name who was seen most often."""
        if self._seen:
            self.culprit = self._culprits[self._seen.most_common(1)[0][0]]
        blocker = None if self.culprit is None else self.culprit.blocker
        title, detail = (None, None) if blocker is None else (blocker.title, blocker.detail)
        for notes, note in self._noted:
            notes.close(note, title=title, until=now, detail=detail)
        reports.freed(self, now)

    def _note(self, culprit: Culprit) -> None:
        """Note it for recorded connections, unless the recorder watches the loop itself."""
        blocker = culprit.blocker
        if blocker is None:
            return
        for _, connection, _, began, _ in self.beat.flights.values():
            at = max(self.began, began)
            for notes in connection.notes:
                if not any(
                    one.kind == "blocked" and (one.until is None or one.until >= at)
                    for one in notes.notes or ()
                ):
                    note = notes.take(
                        "blocked", blocker.title, at=at, level="warning", detail=blocker.detail
                    )
                    if note is not None:
                        self._noted.append((notes, note))


def culprit_of(beat: Beat) -> Culprit:
    """What the thread of a loop does now."""
    frame = frames_of_threads().get(beat.thread)
    running = next((one for one in beat.loop.tasks() if one.runs), None)
    connection = _connection_in(frame, beat.flights)
    if connection is None and running is not None and running.context is not None:
        # Frameworks run the app in a task of its own, which has a copy of the context
        connection = running.context.get(current)
    return Culprit(
        blocker_of(frame), stack_of(frame), connection, None if running is None else running.name
    )


def _connection_in(frame: FrameType | None, flights: dict[Connection, Flight]) -> Connection | None:
    """The connection whose driver is on the stack, for an app that no task of the loop runs."""
    for one in frames_inside(frame):
        if one.f_code.co_filename.startswith(_DRIVEN):
            found = one.f_locals.get("connection")
            if isinstance(found, Connection) and found in flights:
                return found
    return None
