"""Add exchanges that were recorded elsewhere to a folder; what is in it already is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asgi_mw.errors import ConfigError, Problem, StoreError
from asgi_mw.recorder import questions
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.keeping import mark
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.spool import SpoolStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.codec import Columns
    from asgi_mw.recorder.store import Store

# How many exchanges, or bytes, are written at once
_BATCH, _BATCH_BYTES = 500, 8 * 1024 * 1024
_SEGMENT_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Added:
    """What became of the exchanges that were to be added.

    Attributes:
        new: How many were added.
        known: How many the folder had already.
        refused: How many no store takes; ``why`` is the reason for the first of them.
    """

    new: int = 0
    known: int = 0
    refused: int = 0
    why: str = ""


def add(store: Store | str | Path, exchanges: Iterable[Exchange]) -> Added:
    """Write *exchanges* to *store*, in batches; those it has are left as they are.

    They must be masked already.  What was marked to be kept is marked in *store*, too.

    Args:
        store: A store in a folder, or the path of one, which may be new.
        exchanges: Finished ones.

    Raises:
        ConfigError: *store* is no folder.
        OSError: It cannot be written.
        sqlite3.Error: The same.

    >>> import tempfile
    >>> from asgi_mw import Exchange, open_store
    >>> from asgi_mw.events import Worker
    >>> one = Exchange("0" * 32, Worker("box", 1), "http", {}, 0, outcome="complete")
    >>> store = open_store(tempfile.mkdtemp())
    >>> add(store, [one]).new, add(store, [one]).known, store.count()
    (1, 1, 1)
    """
    if isinstance(store, str | Path):
        store = SpoolStore(store)
    if not isinstance(store, SpoolStore):
        problem = Problem("store", store, "is in no folder", "give the path of one, as 'traffic/'")
        raise ConfigError("add", (problem,))
    adding = _Adding(store.folder)
    try:
        for exchange in exchanges:
            adding.take(exchange)
        adding.write()
    finally:
        adding.close()
    return adding.added


class _Adding:
    """Gathers rows and writes them, to one segment after the other."""

    def __init__(self, folder: Path) -> None:
        self.added = Added()
        self._folder = folder
        self._segment: Segment | None = None
        self._rows: dict[str, Columns] = {}
        self._bytes = 0
        self._kept: list[Exchange] = []

    def take(self, exchange: Exchange) -> None:
        if exchange.id in self._rows:
            self.added.known += 1
            return
        try:
            row = encode(exchange)
        except StoreError as error:
            self.added.refused += 1
            self.added.why = self.added.why or f"{exchange.id}: {error}"
            return
        self._rows[exchange.id] = row
        self._bytes += sum(len(one) for one in row[-2:] if isinstance(one, (str, bytes)))
        if exchange.kept:
            self._kept.append(exchange)
        if len(self._rows) >= _BATCH or self._bytes >= _BATCH_BYTES:
            self.write()

    def write(self) -> None:
        known = self._known() if self._rows else set()
        rows = [row for one, row in self._rows.items() if one not in known]
        if rows:
            segment = self._segment or Segment(self._folder)
            self._segment = segment
            segment.write(rows)
            if segment.size() >= _SEGMENT_BYTES or segment.is_asked_for():
                self.close()
        self.added.new += len(rows)
        self.added.known += len(known)
        for exchange in self._kept:
            mark(self._folder, exchange)
        self._rows, self._bytes, self._kept = {}, 0, []

    def close(self) -> None:
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.close()

    def _known(self) -> set[str]:
        look = Look(self._folder)
        found: set[str] = set()
        for _, ids in look.each(lambda connection: questions.among(connection, self._rows)):
            found |= ids
        return found
