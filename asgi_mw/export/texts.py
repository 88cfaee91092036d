"""Exchanges as texts to be copied, one after the other: commands, programs, reports, diagrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.export.written import Written
from asgi_mw.recorder.copying import copied, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

    from asgi_mw.events import Exchange

_DIAGRAM = "mermaid"


def write_texts(
    exchanges: Iterable[Exchange], file: IO[str], way: str, *, several: bool = False
) -> Written:
    """Write each of *exchanges* as ``asgi-mw show --as`` prints it, with an empty line between.

    Args:
        exchanges: Those that cannot be copied in this way are counted.
        file: Takes text.
        way: ``"curl"``, ``"httpx"``, ``"mermaid"`` or ``"text"``.
        several: Whether there is more than one: diagrams are then blocks of Markdown.
    """
    written = Written()
    for exchange in exchanges:
        if way not in ways_of(exchange):
            written.leave_out(f"{exchange.type} as {way}")
            continue
        text = copied(exchange, way)
        if several and way == _DIAGRAM:
            text = f"```mermaid\n{text}```\n"
        file.write(f"\n{text}" if written.count else text)
        written.count += 1
    return written
