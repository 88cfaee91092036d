"""How a connection ended: found by a second pass over its tape, in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.answers import progress_of, server_status
from asgi_mw.crashes import is_parting
from asgi_mw.raw import DIRECTION, MESSAGE, told
from asgi_mw.recorder.drafts import EventDraft

if TYPE_CHECKING:
    from asgi_mw.events import Fate
    from asgi_mw.progress import Progress
    from asgi_mw.tape import Tape


class Ending(NamedTuple):
    """How and when (on the tape's clock) a connection ended, and the status the client got.

    *crashed*: an exception that reports more than a normal close left the app or was swallowed.
    """

    outcome: Fate
    at: int
    status: int | None
    crashed: bool


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
        outcome = "unsupported"  # the app neither received nor sent anything: it has none
    if tape.lost and not progress.complete:
        outcome = "lost"
    status = progress.status if progress.begun else server_status(kind, outcome)
    return Ending(outcome, at, status, _crashed(tape, progress, outcome))


def _crashed(tape: Tape, progress: Progress, outcome: Fate) -> bool:
    """Whether :attr:`~asgi_mw.events.Told.crash` will be an error."""
    error = _error_of(tape)
    if error is None or outcome == "unsupported":
        return False
    return not is_parting(progress.type, outcome, progress.close_code, error)


def _error_of(tape: Tape) -> str | None:
    """The type of what left the app and was no cancellation, else of what was swallowed."""
    if tape.error is not None and tape.error[0]:
        return tape.error[0]
    return None if tape.swallowed is None else tape.swallowed[0]


def _left_with(tape: Tape) -> BaseException | None:
    """A stand-in for what left the app: its kind is all that the outcome asks for."""
    if tape.error is None:
        return None
    return Exception() if tape.error[0] else GeneratorExit()
