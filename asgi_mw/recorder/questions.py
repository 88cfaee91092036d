"""What a reader asks one segment, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from asgi_mw.recorder import schema
from asgi_mw.recorder.conditions import condition

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from asgi_mw.recorder.conditions import Source
    from asgi_mw.recorder.search import Search

# The table of a row, and its number
Place: TypeAlias = "tuple[Literal['exchange', 'in_flight'], int]"

_PAGE = 500
_ID = 32
# After so many rows without a match a scan shows how far it is; whole exchanges take longer
_SCANNED, _SCANNED_WHOLE = 50_000, 10_000
_FOLLOWED = 1000
# The rows that have an id by which they can be listed
_LISTED = "length(id) = 32 AND id < 'g'"
# How long a row is; in a damaged one a value that the schema requires may be missing
_FACTS = "coalesce(length(facts), 0)"
_BYTES = f"{_FACTS} + coalesce(length(bodies), 0)"
_COLUMNS_OF_ROW = (
    "SELECT id, began, ended, returned, first_byte, type, method, path, query, answer, status, "
    "outcome, route, request_id, trace_id, span_id, error, swallowed, bytes_in, bytes_out, "
    "event_count, close_code, close_by, layers, host, pid FROM exchange WHERE seq = ?"
)
# What a segment shows in flight and has not stored since
_LEFT = "typeof(id) = 'text' AND id NOT IN (SELECT id FROM exchange)"


def newest(connection: sqlite3.Connection) -> tuple[str | None, bool]:
    """The newest id, and whether the segment shows anything in flight."""
    sql = "SELECT CAST(substr(max(id), 1, 32) AS TEXT) FROM exchange"
    [[top]] = connection.execute(sql).fetchall()
    return top if isinstance(top, str) else None, shows(connection)


def last(connection: sqlite3.Connection) -> tuple[int, bool]:
    """The place of the last row, and whether the segment shows anything in flight."""
    [[last]] = connection.execute("SELECT coalesce(max(seq), 0) FROM exchange").fetchall()
    return int(last), shows(connection)


def after(connection: sqlite3.Connection, place: int) -> list[tuple[int, int]]:
    """Rows after *place*, at most a thousand, and about how many bytes each has."""
    sql = f"SELECT seq, {_BYTES} FROM exchange WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608  # our own words
    return connection.execute(sql, (place, _FOLLOWED)).fetchall()


def odd(connection: sqlite3.Connection) -> int:
    """How many rows have no id by which they could be listed."""
    sql = f"SELECT count(*) FROM exchange WHERE NOT ({_LISTED})"  # noqa: S608  # our own words
    [[count]] = connection.execute(sql).fetchall()
    return int(count)


def count(connection: sqlite3.Connection) -> int:
    """How many exchanges it has stored."""
    [[count]] = connection.execute("SELECT count(*) FROM exchange").fetchall()
    return int(count)


def counted(connection: sqlite3.Connection) -> tuple[int, list[tuple[str, str, int]]]:
    """How many exchanges it has stored, and its tallies."""
    return count(connection), schema.tallies(connection)


def named(connection: sqlite3.Connection, part: str) -> list[tuple[str, int]]:
    """Ids that begin or end with *part*, and their rows: two of each suffice to know of several."""
    select = f"SELECT id, seq FROM exchange WHERE {_LISTED} AND"  # noqa: S608  # our own words
    by_start = f"{select} id >= ? AND id < ? LIMIT 2"
    by_end = f"{select} substr(id, ?) = ? LIMIT 2"
    # "g" comes after every hex digit
    found = connection.execute(by_start, (part, part + "g")).fetchall()
    return found + connection.execute(by_end, (-len(part), part)).fetchall()


def matching(
    connection: sqlite3.Connection, search: Search, source: Source
) -> Iterator[tuple[str, int]]:
    """Ids and rows that may match, the newest first, a page at a time.

    Between two pages no statement is open, so that a slow reader never keeps the writer's log
    from being reset.
    """
    where, values = condition(search, source)
    return _pages(connection, f"{_LISTED} AND {where}", values, "", "g")


def scanned(
    connection: sqlite3.Connection, search: Search, source: Source, below: str
) -> Iterator[tuple[str, int | None]]:
    """Like :func:`matching` *below* an id; now and then an id alone shows how far the scan is."""
    where, values = condition(search, source)
    # The reader of the row notices an id that is not ours: a test here takes a third of the time
    step = "SELECT id FROM exchange WHERE id < ? AND id >= '' ORDER BY id DESC LIMIT 1 OFFSET ?"
    most = _SCANNED_WHOLE if search.whole else _SCANNED
    # At least the number of rows; to count them takes a tenth of the time
    span = "SELECT (SELECT max(seq) FROM exchange) - (SELECT min(seq) FROM exchange)"
    [[rows]] = connection.execute(span).fetchall()
    if rows is None or rows < most:
        step = "SELECT id FROM exchange WHERE id < ? AND id >= '' ORDER BY id LIMIT 1"
    while below:
        found = connection.execute(step, (below, most)[: step.count("?")]).fetchall()
        floor = str(found[0][0])[:_ID] if found else ""
        yield from _pages(connection, where, values, floor, below)
        if floor:
            yield floor, None
        below = floor


def _pages(
    connection: sqlite3.Connection, where: str, values: list[object], floor: str, below: str
) -> Iterator[tuple[str, int]]:
    sql = (
        f"SELECT id, seq FROM exchange WHERE id < ? AND id >= ? AND {where} "  # noqa: S608  # values are bound
        f"ORDER BY id DESC LIMIT {_PAGE}"
    )
    while page := connection.execute(sql, (below, floor, *values)).fetchall():
        yield from page
        below = page[-1][0]


def columns(connection: sqlite3.Connection, seq: int) -> tuple[object, ...] | None:
    """The columns for :func:`~asgi_mw.recorder.rows.row_from`; ``None`` if there is no such row."""
    rows = connection.execute(_COLUMNS_OF_ROW, (seq,)).fetchall()
    return rows[0] if rows else None


def ids(connection: sqlite3.Connection) -> set[str]:
    """The ids of all that it has stored."""
    sql = f"SELECT id FROM exchange WHERE {_LISTED}"  # noqa: S608  # our own words
    return {one for [one] in connection.execute(sql)}


def among(connection: sqlite3.Connection, ids: Iterable[str]) -> set[str]:
    """Those of *ids* that it has stored."""
    sql = "SELECT 1 FROM exchange WHERE id = ?"
    return {one for one in ids if connection.execute(sql, (one,)).fetchall()}


def shows(connection: sqlite3.Connection) -> bool:
    """Whether a segment shows anything in flight."""
    return bool(connection.execute("SELECT 1 FROM in_flight LIMIT 1").fetchall())


def shown(connection: sqlite3.Connection) -> Iterator[object]:
    """The facts of what a segment shows in flight."""
    return (facts for [facts] in connection.execute("SELECT facts FROM in_flight"))


def left(connection: sqlite3.Connection) -> Iterator[tuple[int, object]]:
    """Numbers and facts of what a segment shows in flight and has not stored since."""
    yield from connection.execute(f"SELECT rowid, facts FROM in_flight WHERE {_LEFT} ORDER BY id")  # noqa: S608  # our own words


def count_left(connection: sqlite3.Connection) -> int:
    """How many :func:`left` gives."""
    sql = f"SELECT count(*) FROM in_flight WHERE {_LEFT}"  # noqa: S608  # our own words
    [[count]] = connection.execute(sql).fetchall()
    return int(count)


def sizes(connection: sqlite3.Connection) -> Iterator[tuple[Place, int]]:
    """Where each exchange is, and its bytes: what was stored, the oldest first, then the lost."""
    sql = f"SELECT seq, {_BYTES} FROM exchange ORDER BY seq"  # noqa: S608  # our own words
    for number, size in connection.execute(sql):
        yield ("exchange", number), size
    sql = f"SELECT rowid, {_FACTS} FROM in_flight WHERE {_LEFT} ORDER BY id"  # noqa: S608  # our own words
    for number, size in connection.execute(sql):
        yield ("in_flight", number), size
