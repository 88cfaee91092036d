"""Gather from a spool folder what is to be shipped next, file by file."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.errors import StoreError
from asgi_mw.recorder import questions, schema
from asgi_mw.recorder.breath import hold
from asgi_mw.recorder.codec import check_size, decode, encode
from asgi_mw.recorder.folder import is_kept, is_live, is_named_as_ours, segments
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.lost import lost
from asgi_mw.recorder.rows import row_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from asgi_mw.recorder.rows import Row

# The most that one batch holds: so much is on its way, and is sent again if it breaks off
_ROWS, _BYTES = 1000, 8 * 1024 * 1024
_STATUS = schema.COLUMNS.index("status")
_SEQS = "SELECT seq FROM exchange WHERE seq > ? ORDER BY seq"
_ROWS_AFTER = f"SELECT seq, {', '.join(schema.COLUMNS)} FROM exchange WHERE seq > ? ORDER BY seq"  # noqa: S608  # our own words
_ROW = f"SELECT {', '.join(schema.COLUMNS)} FROM exchange WHERE seq = ?"  # noqa: S608  # the same


class Place(NamedTuple):
    """How far a file is shipped.

    Attributes:
        seq: Its last row that is shipped.
        over: Nothing will be added to it.
    """

    seq: int = 0
    over: bool = False


class Shipment(NamedTuple):
    """One exchange on its way: its row, the status that the app sent, and its content."""

    row: Row
    own: int | None
    facts: str
    bodies: bytes | None

    @property
    def size(self) -> int:
        """About how many bytes its content has."""
        return len(self.facts) + len(self.bodies or b"")


@dataclass(slots=True)
class Batch:
    """What goes in one transaction.

    Attributes:
        rows: The exchanges.
        places: How far each file is shipped with it.
        tallies: What files counted: kind, reason and count.
        gone: Files that were removed, whose counts others took over: the target forgets them.
        unreadable: How many rows could not be read.
        more: There is more than fits into it.
    """

    rows: list[Shipment] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    tallies: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    unreadable: int = 0
    more: bool = False

    def is_any(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.rows or self.places or self.tallies or self.gone)


class Gatherer:
    """What is left to ship of *folder*.

    Args:
        folder: The spool folder.
        breath: Called between two exchanges.

    Attributes:
        spool: What it is called at the target: host and folder.
        places: How far each file is shipped.
    """

    def __init__(self, folder: Path, breath: Callable[[], None] = hold) -> None:
        self.folder = folder
        self._breath = breath
        self.spool = f"{socket.gethostname()}:{folder}"
        self.places: dict[str, Place] = {}
        self._tallied: dict[str, list[tuple[str, str, int]]] = {}
        self._gone: list[str] = []

    def files(self) -> dict[str, Path]:
        """The segments by what they are called at the target."""
        found = (files.path for files in segments(self.folder))
        return {self._key(path): path for path in found if not is_kept(path)}

    def begin(self, places: Mapping[str, Place]) -> None:
        """Go on from these places; files that are not among them are new.

        Files that were removed have left their counts to those that stay; if none of those is
        known, it is another folder of that name.
        """
        files = self.files()
        self.places = {key: place for key, place in places.items() if key in files}
        self._gone = [key for key in places if key not in files] if self.places else []
        self._tallied = {}

    def batch(self) -> tuple[Batch, tuple[str, ...]]:
        """What is to be sent next, and what could not be read."""
        batch, look = Batch(), Look(self.folder)
        files = self.files()
        if files:  # without any, nothing is certain: is the disk there?
            batch.gone = self._gone + [key for key in self.places if key not in files]
        for key, path in files.items():
            place = self.places.get(key, Place())
            if place.over:
                continue
            live = is_live(path)  # asked first: what a dead writer left is final
            connection = look.connect(path)
            if connection is None:
                continue
            with closing(connection):
                now = look.attempt(
                    path,
                    partial(self._take, look, path, connection, place.seq, batch, live=live),
                )
                tallies = look.attempt(path, partial(schema.tallies, connection)) or []
            if now is not None and now != place:
                batch.places[key] = now
            if tallies != self._tallied.get(key, []):
                batch.tallies[key] = tallies
            if batch.more:
                break
        return batch, look.snags.lines()

    def sent(self, batch: Batch) -> None:
        """*batch* is at the target."""
        self.places.update(batch.places)
        self._tallied.update(batch.tallies)
        if batch.gone:
            for key in batch.gone:
                self._tallied.pop(key, None)
                self.places.pop(key, None)
            self._gone = []

    def _key(self, path: Path) -> str:
        return path.name if is_named_as_ours(path) else f"{self.spool}/{path.name}"

    def _take(
        self,
        look: Look,
        path: Path,
        connection: sqlite3.Connection,
        seq: int,
        batch: Batch,
        *,
        live: bool,
    ) -> Place:
        """Add to *batch* what comes after *seq*, as much as fits; return how far that is."""
        room = _BYTES - sum(one.size for one in batch.rows)
        for number, read in _after(look, path, connection, seq):
            if len(batch.rows) >= _ROWS or room <= 0:
                batch.more = True
                return Place(seq)
            found = look.attempt(path, read)
            if isinstance(found, Shipment):
                batch.rows.append(found)
                room -= found.size
            else:
                batch.unreadable += found is None
            seq = number
            self._breath()
        if live:
            return Place(seq)
        for _, facts in questions.left(connection):
            found = look.attempt(path, partial(_lost, look, facts))
            if found is None:
                batch.unreadable += 1
            else:
                batch.rows.append(found)
        return Place(seq, over=True)


def _after(
    look: Look, path: Path, connection: sqlite3.Connection, seq: int
) -> Iterator[tuple[int, Callable[[], object]]]:
    """The rows after *seq*: their numbers, and what reads each.

    All are read by one statement.  If one of them has what Python cannot take, such as text that is
    not UTF-8, it and those after it are read one by one.
    """
    one_by_one: Callable[..., object] = _row
    if schema.version_of(connection) < 3:
        one_by_one = _earlier
    else:
        with suppress(sqlite3.Error):
            for seq, *columns in connection.execute(_ROWS_AFTER, (seq,)):  # noqa: B020, PLR1704  # where it stopped
                yield seq, partial(_listed, look, columns)
            return
    for [number] in connection.execute(_SEQS, (seq,)).fetchall():
        yield number, partial(one_by_one, look, path, connection, number)


def _listed(look: Look, columns: Sequence[Any]) -> Shipment:
    return shipment(columns, kept=columns[0] in look.kept)


def _row(look: Look, _: Path, connection: sqlite3.Connection, seq: int) -> object:
    """One row; ``False`` if it was purged meanwhile."""
    for columns in connection.execute(_ROW, (seq,)).fetchall():
        return _listed(look, columns)
    return False


def _earlier(look: Look, path: Path, connection: sqlite3.Connection, seq: int) -> object:
    """A row of an earlier format, which does not have all columns."""
    exchange = look.read(path, connection, seq)
    return None if exchange is None else shipment(encode(exchange), kept=exchange.kept)


def _lost(look: Look, facts: object) -> Shipment:
    exchange = look.marked(lost(decode(facts)))
    return shipment(encode(exchange), kept=exchange.kept)


def shipment(columns: Sequence[Any], *, kept: bool) -> Shipment:
    """The shipment that the columns of a spool file hold.

    Raises:
        StoreError: They hold something else.
    """
    *found, facts, bodies = columns
    # As SQLite gives them
    listed = [int(one) if one.__class__ is bool else one for one in found]
    own, listed[_STATUS], listed[_STATUS + 1] = (
        listed[_STATUS],
        listed[_STATUS + 1],
        listed[_STATUS],
    )
    if facts.__class__ is not str or not isinstance(bodies, (bytes, type(None))):
        raise StoreError("it is no row of ours")
    check_size(facts, bodies or b"")
    return Shipment(row_from(listed, kept=kept), own, facts, bodies)
