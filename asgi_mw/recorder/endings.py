"""How a connection ended: its tape gone through once more, in the order of the moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.messages import Progress
from asgi_mw.recorder.drafts import EventDraft
from asgi_mw.tape import DIRECTION, MESSAGE, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.events import Event, Fate
    from asgi_mw.tape import Tape

# What happens at one moment, in this order
_CALL, _RETURN, _GONE = range(3)


class Ending(NamedTuple):
    """How and when (on the tape's clock) a connection ended, and the status it answered."""

    outcome: Fate
    at: int
    status: int | None


def ending_of(tape: Tape) -> Ending:
    """How the connection on *tape* ended, without masking anything."""
    events = [
        EventDraft(raw, tape.origin, told(raw[DIRECTION], raw[MESSAGE])) for raw in tape.events()[0]
    ]
    return ending_among(tape, str(tape.scope["type"]), events)


def ending_among(tape: Tape, kind: str, events: list[EventDraft]) -> Ending:
    """How the connection of this *kind* on *tape* ended, of which *events* are left."""
    origin, finished = tape.origin, tape.finished
    progress = progress_of(
        kind,
        events,
        # A lifespan is finished before its last send, see ``record``
        until=None if finished is None or kind == "lifespan" else finished - origin,
        gone=None if tape.gone is None else tape.gone - origin,
        stopped=[at - origin for at in tape.stopped],
    )
    at = (finished or 0) if progress.ended is None else progress.ended + origin
    outcome: Fate = progress.outcome(_left_with(tape))
    if kind == "lifespan" and not events and outcome in {"error", "incomplete"}:
        outcome = "unsupported"  # the app neither asked nor said anything: it has none
    if tape.lost and not progress.complete:
        outcome = "lost"
    return Ending(outcome, at, progress.status)


def progress_of(
    kind: str,
    events: Sequence[Event | EventDraft],
    *,
    until: int | None = None,
    gone: int | None = None,
    stopped: Sequence[int] = (),
) -> Progress:
    """Go through the events once more, in the order of their moments.

    Args:
        kind: The type of the connection.
        events: What happened, with their times after its beginning in ns.
        until: When the app returned; what came later says nothing of it.
        gone: When a send said that the client had left, if one did.
        stopped: When sends were cancelled.
    """
    progress = Progress(kind)
    moments: list[tuple[int, int, int]] = []
    for place, event in enumerate(events):
        if event.direction == "send":
            moments.append((event.called, _CALL, place))
        if event.returned is not None:
            moments.append((event.returned, _RETURN, place))
    if gone is not None:
        moments.append((gone, _GONE, 0))
    moments.sort()
    ending = set()
    for moment, what, place in moments:
        if until is not None and moment > until:
            break
        if what == _GONE:
            progress.failed(OSError())
            continue
        event = events[place]
        message: Any = event.message
        if what == _CALL:
            if progress.sending(message, 0, moment):
                ending.add(place)
        elif event.direction == "receive":
            if event.raised is None:
                progress.received(message, 0, moment)
        elif place in ending:
            if event.raised is None:
                progress.over(moment)
            else:
                # Stand-ins for what left the send: their kind is all that counts
                cancelled = GeneratorExit() if moment in stopped else Exception()
                progress.failed(OSError() if moment == gone else cancelled, moment, ends=True)
    return progress


def _left_with(tape: Tape) -> BaseException | None:
    """A stand-in for what left the app: its kind is all that the outcome asks for."""
    if tape.error is None:
        return None
    return Exception() if tape.error[0] else GeneratorExit()
