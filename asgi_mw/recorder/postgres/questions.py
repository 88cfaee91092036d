"""What a reader asks of PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.recorder.codec import decode
from asgi_mw.recorder.rows import row_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.postgres.conditions import Condition
    from asgi_mw.recorder.postgres.connecting import Connection
    from asgi_mw.recorder.rows import Row

# An id, whether it is kept, and the bytes of its content
Place: TypeAlias = tuple[str, bool, int]
# After so many rows without a match a scan shows how far it is
STEP = 50_000
# Up to this number, exchanges are counted one by one
COUNTED = 2_000_000
_TOP = "g"
_WHOLE = 32
_COLUMNS = (
    "e.kept, e.id, e.began, e.ended, e.returned, e.first_byte, e.type, e.method, e.path, e.query, "
    "e.answer, e.status, e.outcome, e.route, e.request_id, e.trace_id, e.span_id, e.error, "
    "e.swallowed::int, e.bytes_in, e.bytes_out, e.event_count, e.close_code, e.close_by, e.layers, "
    "e.host, e.pid"
)
_PLACES = "e.id, e.kept, e.size"
_ABOUT = (
    "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint "
    "FROM pg_partition_tree('asgi_mw.exchange') AS leaf JOIN pg_class c ON c.oid = leaf.relid "
    "WHERE leaf.isleaf"
)
_SIZES = (
    "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint FROM ("
    "SELECT relid FROM pg_partition_tree('asgi_mw.exchange') WHERE isleaf UNION ALL "
    "SELECT relid FROM pg_partition_tree('asgi_mw.content') WHERE isleaf) AS leaf"
)


def places(
    connection: Connection, where: Condition, below: str, above: str, limit: int
) -> list[Place]:
    """The places of what may match, the newest first, between two ids, without the upper one."""
    sql = (
        f"SELECT {_PLACES} FROM asgi_mw.exchange e WHERE e.id < %s AND e.id >= %s "  # noqa: S608  # values are bound
        f"AND {where.sql} ORDER BY e.id DESC LIMIT %s"
    )
    return _all(connection, sql, (below or _TOP, above, *where.values, limit))


def oldest(connection: Connection, where: Condition, limit: int) -> list[str]:
    """The ids of what may match, the oldest first."""
    sql = f"SELECT e.id FROM asgi_mw.exchange e WHERE {where.sql} ORDER BY e.id LIMIT %s"  # noqa: S608  # values are bound
    return [one for [one] in _all(connection, sql, (*where.values, limit))]


def rows(connection: Connection, where: Condition, below: str, above: str, limit: int) -> list[Row]:
    """The rows of what may match, the newest first, between two ids, without the upper one."""
    sql = (
        f"SELECT {_COLUMNS} FROM asgi_mw.exchange e WHERE e.id < %s AND e.id >= %s "  # noqa: S608  # values are bound
        f"AND {where.sql} ORDER BY e.id DESC LIMIT %s"
    )
    found = _all(connection, sql, (below, above, *where.values, limit))
    return [row_from(columns, kept=kept) for kept, *columns in found]


def step(connection: Connection, below: str) -> str:
    """The id that :data:`STEP` exchanges further down has; empty where there are fewer."""
    sql = "SELECT id FROM asgi_mw.exchange WHERE id < %s ORDER BY id DESC OFFSET %s LIMIT 1"
    found = _all(connection, sql, (below, STEP))
    return str(found[0][0]) if found else ""


def contents(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[object, object]]:
    """Facts and bodies of those of *ids* that are there."""
    sql = "SELECT id, facts::text, bodies FROM asgi_mw.content WHERE id = ANY(%s)"
    found = connection.cursor(binary=True).execute(sql, (list(ids),))
    return {one: (facts, bodies) for one, facts, bodies in found}


def exchange(place: Place, facts: object, bodies: object) -> Exchange:
    """The exchange of a place, with its mark.

    Raises:
        StoreError: It cannot be read: somebody changed it.
    """
    found = decode(facts, bodies)
    return replace(found, kept=True) if place[1] else found


def named(connection: Connection, part: str) -> list[Place]:
    """At most two that begin with *part*, and two that end with it."""
    if len(part) == _WHOLE:
        sql = f"SELECT {_PLACES} FROM asgi_mw.exchange e WHERE e.id = %s"  # noqa: S608  # our own words
        return _all(connection, sql, (part,))
    found: list[Place] = []
    for column, value in (("e.id", part), ("reverse(e.id)", part[::-1])):
        sql = (
            f"SELECT {_PLACES} FROM asgi_mw.exchange e WHERE {column} >= %s AND {column} < %s "  # noqa: S608  # our own words
            "LIMIT 2"
        )
        # "g" comes after every hex digit
        found += [one for one in _all(connection, sql, (value, f"{value}g")) if one not in found]
    return found


def now(connection: Connection) -> int:
    """The transaction before which all others have ended: what they wrote can be seen."""
    sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
    return int(_all(connection, sql, ())[0][0])


def news(connection: Connection, tx: int, after: str) -> tuple[str, str] | None:
    """The ids between which all lies that was written after a place; ``None`` if nothing is new."""
    sql = (
        "SELECT min(tx) <= %s::xid8, min(low) FILTER (WHERE new), max(high) FILTER (WHERE new) "
        "FROM (SELECT tx, low, high, tx < pg_snapshot_xmin(pg_current_snapshot()) "
        "AND (tx > %s::xid8 OR (tx = %s::xid8 AND high > %s)) AS new FROM asgi_mw.batch "
        "WHERE tx >= %s::xid8 OR tx = (SELECT min(tx) FROM asgi_mw.batch)) AS batches"
    )
    [(known, low, high)] = _all(connection, sql, (*[str(tx)] * 3, after, str(tx)))
    if not known:  # the batches after it may be deleted
        return "", _TOP
    return None if low is None else (low, high)


def since(
    connection: Connection, tx: int, after: str, between: tuple[str, str], limit: int
) -> list[tuple[int, Place]]:
    """Transaction and place of what was written after a place, by transactions that ended.

    Otherwise a transaction that began earlier and ends later would be missed.
    """
    sql = (
        f"SELECT e.tx::text::bigint, {_PLACES} FROM asgi_mw.exchange e "  # noqa: S608  # our own words
        "WHERE e.tx >= %s::xid8 AND e.tx < pg_snapshot_xmin(pg_current_snapshot()) "
        "AND (e.tx > %s::xid8 OR e.id > %s) AND e.id >= %s AND e.id <= %s "
        "ORDER BY e.tx, e.id LIMIT %s"
    )
    found = _all(connection, sql, (str(tx), str(tx), after, *between, limit))
    return [(int(by), (id_, kept, size)) for by, id_, kept, size in found]


def of_ids(connection: Connection, ids: Iterable[str]) -> dict[str, Row]:
    """The rows of these ids."""
    sql = f"SELECT {_COLUMNS} FROM asgi_mw.exchange e WHERE e.id = ANY(%s)"  # noqa: S608  # our own words
    found = _all(connection, sql, (list(ids),))
    return {columns[0]: row_from(columns, kept=kept) for kept, *columns in found}


def count(connection: Connection) -> int:
    """How many there are; if they are very many, about, as PostgreSQL last counted them."""
    about = int(_all(connection, _ABOUT, ())[0][0])
    return about if about > COUNTED else exactly(connection)


def exactly(connection: Connection) -> int:
    """How many there are, which takes a second for some ten million."""
    return int(_all(connection, "SELECT count(*) FROM asgi_mw.exchange", ())[0][0])


def size(connection: Connection) -> int:
    """What they take on disk, in bytes, with their indexes."""
    return int(_all(connection, _SIZES, ())[0][0])


def tallies(connection: Connection) -> dict[str, dict[str, int]]:
    """What all hosts counted, by kind and reason."""
    counted: dict[str, dict[str, int]] = {"dropped": {}, "fault": {}}
    sql = "SELECT kind, reason, sum(count)::bigint FROM asgi_mw.tally GROUP BY kind, reason"
    for kind, reason, number in _all(connection, sql, ()):
        counted.setdefault(kind, {})[reason] = int(number)
    return counted


def lost(connection: Connection) -> int:
    """How many had not ended when their processes did."""
    sql = "SELECT count(*) FROM asgi_mw.exchange WHERE outcome = 'lost'"
    return int(_all(connection, sql, ())[0][0])


def _all(connection: Connection, sql: str, values: Sequence[object]) -> list[Any]:
    return connection.execute(sql.encode(), values).fetchall()
