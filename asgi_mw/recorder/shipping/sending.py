"""Send batches to PostgreSQL by COPY: each as a whole or not at all, and nothing twice."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

import psycopg

from asgi_mw.recorder.breath import hold
from asgi_mw.recorder.postgres import days, removing, schema
from asgi_mw.recorder.rows import Row
from asgi_mw.recorder.shipping.gathering import Batch, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date

    from asgi_mw.recorder.postgres.connecting import Connection
    from asgi_mw.recorder.postgres.store import PostgresStore
    from asgi_mw.recorder.shipping.gathering import Shipment

_HOUSEKEEPING_SECONDS = 60.0
_STATUS, _OUTCOME, _KEPT = map(Row._fields.index, ("status", "outcome", "kept"))
_COLUMNS = (*schema.COLUMNS, "kept", "size")
_NAMES = ", ".join(_COLUMNS)
_STAGED = ", ".join((*_COLUMNS, *schema.CONTENT))
_TEXTS = frozenset(
    {"id", "type", "method", "path", "query", "outcome", "route", "request_id", "trace_id"}
    | {"span_id", "error", "close_by", "host"}
)
_TYPES = [
    "text" if name in _TEXTS else "bool" if name in {"swallowed", "kept"} else "int8"
    for name in _COLUMNS
] + ["text", "bytea"]
# Facts are text here: PostgreSQL checks that they are JSON when they go to their table
_STAGE = (
    "CREATE TEMPORARY TABLE asgi_mw_staged ("
    + ", ".join(
        f"{name} {kind}" for name, kind in zip((*_COLUMNS, *schema.CONTENT), _TYPES, strict=True)
    )
    + ") ON COMMIT DELETE ROWS"
)
_COPY = f"COPY asgi_mw_staged ({_STAGED}) FROM STDIN (FORMAT BINARY)"
_EXCHANGES = (
    f"INSERT INTO asgi_mw.exchange ({_NAMES}) SELECT {_NAMES} FROM asgi_mw_staged "  # noqa: S608  # our own words
    "ON CONFLICT (id) DO NOTHING"
)
_CONTENTS = (
    "INSERT INTO asgi_mw.content (id, facts, bodies) "
    "SELECT id, facts::json, bodies FROM asgi_mw_staged ON CONFLICT (id) DO NOTHING"
)
_BATCH = "INSERT INTO asgi_mw.batch (low, high) SELECT min(id), max(id) FROM asgi_mw_staged"
# A reader that follows knows by batches where to look; one that slept for longer looks everywhere
_OLD_BATCHES = (
    "DELETE FROM asgi_mw.batch WHERE at < now() - interval '7 days' "
    "AND tx < (SELECT max(tx) FROM asgi_mw.batch)"
)
_PLACES = (
    "INSERT INTO asgi_mw.shipped (file, spool, seq, over) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (file) DO UPDATE SET seq = greatest(shipped.seq, excluded.seq), "
    "over = shipped.over OR excluded.over, at = now()"
)
_TALLIES = (
    "INSERT INTO asgi_mw.tally (file, kind, reason, count) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (file, kind, reason) DO UPDATE SET count = excluded.count"
)


class Target:
    """The database that a spool is shipped to, over one connection.

    Args:
        store: The history in it.
        spool: What the spool is called there.
        breath: Called between two exchanges.

    Raises:
        StoreError: It cannot be reached.
        psycopg.Error: Its tables cannot be made.
    """

    def __init__(self, store: PostgresStore, spool: str, breath: Callable[[], None] = hold) -> None:
        self._store = store
        self._breath = breath
        self._spool = spool
        self._days: set[date] = set()
        self._put_off: set[date] = set()
        self._kept_house = float("-inf")
        self.connection: Connection = store.connections.open()
        try:
            schema.create(self.connection)
            self.connection.execute(_STAGE.encode())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        with suppress(psycopg.Error):
            self.connection.close()

    def places(self, files: Collection[str]) -> dict[str, Place]:
        """How far these files are shipped, and those that it has of this spool."""
        sql = "SELECT file, seq, over FROM asgi_mw.shipped WHERE file = ANY(%s) OR spool = %s"
        found = self.connection.execute(sql, (list(files), self._spool))
        return {file: Place(seq, over) for file, seq, over in found}

    def send(self, batch: Batch) -> int:
        """Write all of *batch*; return how many of its exchanges PostgreSQL refused.

        Raises:
            psycopg.Error: Nothing was written, or a part, which is not written again.
        """
        try:
            self._send(batch)
        except (psycopg.DataError, psycopg.IntegrityError):
            if not batch.rows:
                raise
        else:
            return 0
        refused = self._send_some(batch.rows)
        self._send(Batch(places=batch.places, tallies=batch.tallies, gone=batch.gone))
        return refused

    def keep_house(self) -> int:
        """Make partitions ahead, and drop those over the limits; return how many exchanges went.

        Once a minute, at most.

        Raises:
            psycopg.Error: It could not be done now.
        """
        if monotonic() - self._kept_house < _HOUSEKEEPING_SECONDS:
            return 0
        self._kept_house = monotonic()
        self._put_off.clear()
        self.connection.execute(_OLD_BATCHES)
        today = days.today()
        self._days = days.ensure(self.connection, {today, today + timedelta(days=1)})
        return removing.expired(self.connection, self._store.max_age, self._store.max_bytes)

    def _send_some(self, rows: list[Shipment]) -> int:
        """Write *rows* except those that PostgreSQL refuses; return how many it refuses."""
        half = len(rows) // 2
        refused = 0
        for some in (rows[:half], rows[half:]):
            try:
                if some:
                    self._send(Batch(rows=some))
            except (psycopg.DataError, psycopg.IntegrityError):
                refused += 1 if len(some) == 1 else self._send_some(some)
        return refused

    def _send(self, batch: Batch) -> None:
        connection = self.connection
        wanted = {day for one in batch.rows if (day := days.day_of(one.row.id)) is not None}
        if not wanted <= self._days | self._put_off:
            try:
                self._days = days.ensure(connection, wanted)
            except psycopg.errors.LockNotAvailable:  # until then they go to the default partition
                self._put_off |= wanted
        with connection.transaction(), connection.cursor() as cursor:
            if batch.rows:
                with cursor.copy(_COPY.encode()) as copy:
                    copy.set_types(_TYPES)
                    for one in batch.rows:
                        copy.write_row(_columns(one))
                        self._breath()
                cursor.execute(_EXCHANGES.encode())
                cursor.execute(_CONTENTS.encode())
                cursor.execute(_BATCH)
            if batch.gone:
                for table in (b"tally", b"shipped"):
                    sql = b"DELETE FROM asgi_mw." + table + b" WHERE file = ANY(%s)"
                    cursor.execute(sql, (batch.gone,))
            cursor.executemany(
                _PLACES,
                [(file, self._spool, *place) for file, place in sorted(batch.places.items())],
            )
            cursor.executemany(
                _TALLIES,
                [(file, *one) for file, found in sorted(batch.tallies.items()) for one in found],
            )


def _columns(one: Shipment) -> tuple[object, ...]:
    row = one.row
    return (
        *row[:_STATUS],
        one.own,
        row.status,
        *islice(row, _OUTCOME, _KEPT),
        row.kept,
        one.size,
        one.facts,
        one.bodies,
    )
