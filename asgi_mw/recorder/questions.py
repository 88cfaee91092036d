"""What a reader asks one segment, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from typing import Any


def newest(connection: sqlite3.Connection) -> tuple[str | None, bool]:
    """The newest id, and whether it shows anything in flight."""
    [[top]] = connection.execute("SELECT max(id) FROM exchange").fetchall()
    return top if isinstance(top, str) else None, shows(connection)


def last(connection: sqlite3.Connection) -> tuple[int, bool]:
    """The place of the last row, and whether it shows anything in flight."""
    [[last]] = connection.execute("SELECT coalesce(max(seq), 0) FROM exchange").fetchall()
    return int(last), shows(connection)


def shown(connection: sqlite3.Connection) -> list[tuple[str]]:
    """The facts of what it shows in flight."""
    return connection.execute("SELECT facts FROM in_flight").fetchall()


def counted(connection: sqlite3.Connection) -> tuple[int, list[Any]]:
    """How many exchanges it has, and its tallies."""
    [[count]] = connection.execute("SELECT count(*) FROM exchange").fetchall()
    return count, connection.execute("SELECT kind, reason, count FROM tally").fetchall()


def named(connection: sqlite3.Connection, part: str) -> list[tuple[str, int]]:
    """At most two of each kind: two are as good as many."""
    by_start = "SELECT id, seq FROM exchange WHERE id >= ? AND id < ? LIMIT 2"
    by_end = "SELECT id, seq FROM exchange WHERE substr(id, ?) = ? LIMIT 2"
    # "g" comes after every hex digit
    found = connection.execute(by_start, (part, part + "g")).fetchall()
    return found + connection.execute(by_end, (-len(part), part)).fetchall()


def shows(connection: sqlite3.Connection) -> bool:
    """Whether a segment shows anything in flight."""
    return bool(connection.execute("SELECT 1 FROM in_flight LIMIT 1").fetchall())


def left(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Ids and facts of what a segment shows in flight and has not stored after all."""
    sql = "SELECT id, facts FROM in_flight WHERE id NOT IN (SELECT id FROM exchange)"
    return connection.execute(sql).fetchall()
