"""Build the facts of one exchange from its tape, with every secret masked."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from typing import TYPE_CHECKING

from asgi_mw.answers import found_gone, progress_of
from asgi_mw.events import Failure, Worker
from asgi_mw.recorder.drafts import Draft
from asgi_mw.recorder.endings import ending_among
from asgi_mw.recorder.masking import mask_payloads
from asgi_mw.recorder.noted import add_notes
from asgi_mw.recorder.passing import passages_of, taken_by_layers
from asgi_mw.recorder.recurring import event_of
from asgi_mw.recorder.rows import row_of
from asgi_mw.recorder.scopes import write_scope
from asgi_mw.snapshots import thawed
from asgi_mw.telemetry.trace_context import ids_of
from asgi_mw.tracebacks import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.recurring import Recurring
    from asgi_mw.recorder.rows import Row
    from asgi_mw.redaction import Redaction
    from asgi_mw.tape import Tape

_LISTED = frozenset({"type", "method", "path", "query_string"})


def exchange_of(tape: Tape, *, bodies: bool = True) -> Exchange:
    """The exchange on *tape*; while it is in flight, without any payload.

    Safe to call from another thread while the connection goes on.
    """
    draft = Draft()
    scope = tape.scope
    draft.type = str(scope["type"])
    draft.scope, names = tape.terms.redact.scope(scope)
    _fill(draft, tape, scope.get("headers"), names, bodies=bodies)
    return draft.exchange()


def outline_of(tape: Tape) -> Exchange:
    """The exchange on a tape that has ended, without any payload, which takes little time."""
    return exchange_of(tape, bodies=False)


def line_of(tape: Tape) -> Row:
    """The row of a tape that has ended; masks only as much of the scope as a row shows."""
    draft = Draft()
    scope = thawed(tape.frozen_scope, _LISTED)
    draft.type = str(scope["type"])
    draft.scope, names = tape.terms.redact.scope(scope)
    known = tape.terms.known.setdefault("lines", {})
    _fill(draft, tape, None, names, known, bodies=False, besides=False)
    row, ledger = row_of(draft), tape.ledger
    return row if ledger is None else row._replace(layers=taken_by_layers(ledger, tape.origin))


def draft_of(tape: Tape) -> Draft:
    """The exchange on *tape* as a draft to write: with its JSON texts, and in half the time."""
    draft = Draft()
    headers, names = write_scope(draft, tape.frozen_scope, tape.terms)
    _fill(draft, tape, headers, names, tape.terms.known.setdefault("messages", {}))
    return draft


def _fill(
    draft: Draft,
    tape: Tape,
    headers: object,
    names: Sequence[str],
    known: Recurring | None = None,
    *,
    bodies: bool = True,
    besides: bool = True,
) -> None:
    """Add all but the scope, whose *headers* and masked *names* are given.

    Without *besides* there are neither notes nor layers.
    """
    redact: Redaction = tape.terms.redact
    origin = tape.origin
    finished = tape.finished is not None
    raw, gap = tape.events()
    masked = [f"scope {name}" for name in names]
    events = [event_of(one, origin, redact, masked, known) for one in raw]
    draft.id = tape.id
    draft.worker = _worker(os.getpid())
    draft.began = tape.began
    draft.events = events
    draft.route, draft.request_id, span = tape.known
    draft.trace_id, draft.span_id, _ = (None, None, None) if span is None else ids_of(span)
    draft.dropped = dropped = dict(tape.dropped)
    draft.gap, draft.missing = gap, tape.missing.after(origin)
    draft.notes = draft.layers = ()
    draft.gone = None
    if besides:
        add_notes(draft, tape, masked)
    if finished:
        ending = ending_among(tape, draft.type, events)
        draft.outcome, draft.ended = ending.outcome, ending.at - origin
        gone = None if tape.gone is None else tape.gone - origin
        if ending.outcome == "client_gone" and found_gone(draft) != gone:
            draft.gone = gone
        draft.error = _failure(tape, redact)
        draft.returned = None if tape.early or tape.finished is None else tape.finished - origin
    else:
        draft.ended = progress_of(draft.type, events).ended
        draft.outcome = draft.error = draft.returned = None
    if finished and bodies:
        mask_payloads(events, headers, redact, masked, dropped)
    else:
        for event in events:
            event.withhold()
    ledger = tape.ledger
    if ledger is not None and besides:
        draft.layers = passages_of(ledger, origin, redact, masked)
    draft.redacted = tuple(dict.fromkeys(masked)) if masked else ()


def _failure(tape: Tape, redact: Redaction) -> Failure | None:
    left = tape.error is not None and bool(tape.error[0])  # and was no cancellation
    error = tape.error if left else tape.swallowed
    if error is None:
        return None
    name, message, traceback, at = error
    said, told = shown([message], redact.text), shown(traceback, redact.text)
    return Failure(name, said, told, at - tape.origin, swallowed=not left)


@lru_cache(maxsize=1)
def _worker(pid: int) -> Worker:
    return Worker(socket.gethostname(), pid)
