"""The notes of a tape as facts, in the order in which they began, with every secret masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.notes import Note
from asgi_mw.snapshots import thawed
from asgi_mw.tracebacks import Excerpt, shown

if TYPE_CHECKING:
    from asgi_mw.noting import RawNote
    from asgi_mw.recorder.drafts import Draft
    from asgi_mw.redaction import Redaction
    from asgi_mw.tape import Tape


def add_notes(draft: Draft, tape: Tape, masked: list[str]) -> None:
    """Add the notes of *tape* to *draft*, and count those that are missing.

    Args:
        draft: The exchange, which has ``dropped`` already.
        tape: Its tape.
        masked: Takes the names of what was masked.
    """
    taking = tape.notes
    notes, dropped, _ = tape.noted if taking is None else taking.noted
    origin, redact = tape.origin, tape.terms.redact
    made = [_note_of(one, origin, redact, masked) for one in notes]
    draft.notes = tuple(sorted(made, key=lambda note: note.at))
    for reason, count in dropped.items():
        draft.dropped[reason] = draft.dropped.get(reason, 0) + count


def _note_of(raw: RawNote, origin: int, redact: Redaction, masked: list[str]) -> Note:
    # A note that began before the connection, as a block of the event loop may, begins with it
    at = max(raw.at - origin, 0)
    until = None if raw.until is None else max(raw.until - origin, at)
    detail = {} if raw.detail is None else thawed(raw.detail)
    traceback = detail.get("traceback")
    if isinstance(traceback, list):
        detail["traceback"] = shown([Excerpt(*one) for one in traceback], redact.text)
    # Under an empty name, because the names that are special in a scope are not special here
    result, names = redact.scope({"": [raw.title, detail]})
    masked += [f"note {name}" for name in names]
    title, told = result[""]
    return Note(raw.kind, at, until, title, raw.level, told)
