"""What happened beside the events, as lines of a time line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.cli import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.cli.output import Line
    from asgi_mw.notes import Note

_NAMES = {"blocked": "loop blocked"}
_STYLES = {"critical": "red", "error": "red", "warning": "yellow"}


def style_of(note: Note) -> str:
    """The colour of a note, by how serious it is."""
    return _STYLES.get(note.level or "", "blue")


def said_of(note: Note, *, full: bool = False) -> Line:
    """A note in a line: what it was, what it says, and how it ended.

    >>> from asgi_mw.notes import Note
    >>> note = Note("call", 0, 9, "GET https://example.org/", None, {"status": 200})
    >>> "".join(text for text, _ in said_of(note))
    '· call  GET https://example.org/  200'
    """
    style = style_of(note)
    line: Line = [(f"· {_NAMES.get(note.kind, note.kind)}", style)]
    if note.kind == "log":
        line.append((f"  {note.level}", style))
    line.append((f"  {excerpt.value(note.title, full=full)}", ""))
    detail = note.detail
    status = detail.get("status")
    if note.kind == "call" and status is not None:
        line.append((f"  {status}", style))
    error = detail.get("error") or detail.get("description")
    if note.level == "error" and note.kind != "log" and error:
        line.append((f"  ✗ {error}", "bold red"))
    return line


def details_of(note: Note, *, full: bool) -> Iterator[Line]:
    """The lines below it: who blocked the loop, and with *full* all that is known."""
    for name, value in note.detail.items():
        is_list = isinstance(value, list)
        if full and not is_list and name != "traceback":
            yield [(f"{name}: ", "blue"), (excerpt.value(value, full=True), "")]
        elif full and name == "traceback":
            yield from ([(line, "")] for line in str(value).splitlines())
        elif is_list and (full or note.kind == "blocked"):
            yield from ([(str(line), "")] for line in value)
