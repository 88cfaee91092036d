"""Which exchanges in flight are shown to other processes, and what changed since last time."""

from __future__ import annotations

from time import monotonic, perf_counter_ns, sleep, thread_time
from typing import TYPE_CHECKING, Any

from asgi_mw.raw import CALLED, RETURNED, STRIDE
from asgi_mw.recorder.assemble import exchange_of
from asgi_mw.recorder.codec import encode_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.faults import Faults
    from asgi_mw.tape import Tape

# Seconds in flight before an exchange is shown, and seconds between two views of it: so it is
# shown after one second, the least that servers give as they shut down
INTERVAL = 0.5
# Making the views takes at most this share of the writer's time
_SHARE = 0.05


class Views:
    """The exchanges of *running* that are shown in the segment that is being written."""

    def __init__(self, running: Mapping[int, Tape], faults: Faults) -> None:
        self._running = running
        self._faults = faults
        self._shown: dict[str, object] = {}
        self._next = 0.0
        self._hurried = False

    def hurry(self) -> None:
        """Show all that runs next time, as it may be the last; any thread may call this."""
        self._hurried = True

    def forget(self) -> None:
        """A new segment begins: nothing is shown in it."""
        self._shown = {}
        self._next = 0.0

    def gone(self, ids: set[str]) -> list[str]:
        """Those of *ids* that are shown."""
        return [one for one in self._shown if one in ids] if self._shown else []

    def changes(self) -> tuple[dict[str, tuple[str, object]], list[str]]:
        """Facts and state, by id, of what is new or changed; and the ids to be shown no longer."""
        began = thread_time()  # not the wall clock: a busy machine would put off the next look
        hurried, self._hurried = self._hurried, False
        if monotonic() < self._next and not hurried:
            return {}, []
        old = perf_counter_ns() - (0 if hurried else int(INTERVAL * 1e9))
        # No other thread can change the dict in the middle of this list()
        tapes = {tape.id: tape for tape in list(self._running.values()) if tape.origin <= old}
        fresh: dict[str, tuple[str, object]] = {}
        for one, tape in tapes.items():
            try:
                state = _state(tape)
                if self._shown.get(one) != state:
                    exchange = exchange_of(tape)
                    if exchange.outcome is None:  # it has not ended meanwhile
                        fresh[one] = encode_view(exchange), state
                    sleep(0.0001)  # as the writer does
            except Exception as error:  # noqa: BLE001  # one connection less to be seen
                self._faults.note("show", error)
        self._next = monotonic() + max(INTERVAL, (thread_time() - began) / _SHARE)
        return fresh, [one for one in self._shown if one not in tapes]

    def written(self, fresh: Mapping[str, tuple[str, object]], gone: list[str]) -> None:
        """The changes are on disk."""
        for one, (_, state) in fresh.items():
            self._shown[one] = state
        for one in gone:
            self._shown.pop(one, None)


def _state(tape: Tape) -> tuple[Any, ...]:
    """What differs when there is something new to show."""
    newest = tape.newest
    times = newest[-STRIDE:][CALLED : RETURNED + 1]
    notes = tape.notes
    taken = 0 if notes is None else notes.taken
    return len(newest), taken, times, *tape.known
