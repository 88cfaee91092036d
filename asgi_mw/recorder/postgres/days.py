"""The partitions of a history: one for each day, by the time that is in every id."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.recorder.postgres.schema import LOCK

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

_NAME = re.compile(r"exchange_(\d{8})")
_DAY = timedelta(days=1)
# Other days get no partitions of their own: a wrong clock must not make thousands
_PAST, _AHEAD = 366, 2
# A change of partitions waits for those who read, and all others wait for it: after this time it
# gives up, and is tried again later
_PATIENCE = "SET LOCAL lock_timeout = '3s'"
_TABLES = ("exchange", "content")
_MAKE = (
    "LOCK TABLE asgi_mw.NAME_other IN ACCESS EXCLUSIVE MODE",
    "CREATE TABLE asgi_mw.NAME_DAY (LIKE asgi_mw.NAME INCLUDING ALL)",
    (
        "WITH moved AS (DELETE FROM asgi_mw.NAME_other WHERE id >= 'LOWEST' AND id < 'HIGHEST' "
        "RETURNING *) INSERT INTO asgi_mw.NAME_DAY SELECT * FROM moved"
    ),
    (
        "ALTER TABLE asgi_mw.NAME ATTACH PARTITION asgi_mw.NAME_DAY "
        "FOR VALUES FROM ('LOWEST') TO ('HIGHEST')"
    ),
)
_DETACH = (
    "ALTER TABLE asgi_mw.exchange DETACH PARTITION asgi_mw.exchange_DAY",
    "ALTER TABLE asgi_mw.content DETACH PARTITION asgi_mw.content_DAY",
)
_COUNT = "SELECT count(*), count(*) FILTER (WHERE kept) FROM asgi_mw.exchange_DAY"
_SPARE = (
    (
        "INSERT INTO asgi_mw.content SELECT * FROM asgi_mw.content_DAY WHERE id IN "
        "(SELECT id FROM asgi_mw.exchange_DAY WHERE kept)"
    ),
    "INSERT INTO asgi_mw.exchange SELECT * FROM asgi_mw.exchange_DAY WHERE kept",
)
_DROP = ("DROP TABLE asgi_mw.exchange_DAY", "DROP TABLE asgi_mw.content_DAY")


class Day(NamedTuple):
    """One day's partitions.

    Attributes:
        date: The day, in UTC.
        size: What they take, in bytes.
    """

    date: date
    size: int

    @property
    def below(self) -> int:
        """The end of the day, in ns since the epoch."""
        end = datetime.combine(self.date + _DAY, datetime.min.time(), UTC)
        return int(end.timestamp()) * 10**9


def day_of(id: str) -> date | None:  # noqa: A002  # the exchange's own word
    """The day in an id, if a partition may be made for it.

    >>> day_of("0" * 32)
    """
    today = datetime.now(UTC).date()
    days = int(id[:12], 16) // 86_400_000
    found = days - (today - date(1970, 1, 1)).days
    return today + timedelta(days=found) if -_PAST <= found <= _AHEAD else None


def today() -> date:
    """The current day, in UTC."""
    return datetime.now(UTC).date()


def lowest(day: date) -> str:
    """The lowest id that an exchange of *day* can have.

    >>> lowest(date(2026, 11, 29))
    '01a22499f80000000000000000000000'
    """
    ms = (day - date(1970, 1, 1)).days * 86_400_000
    return f"{ms:012x}" + "0" * 20


def listed(connection: psycopg.Connection[Any]) -> list[Day]:
    """The days that have partitions, the oldest first."""
    sql = (
        "SELECT relid::regclass::text, pg_total_relation_size(relid) + coalesce("
        "pg_total_relation_size(to_regclass(replace(relid::regclass::text, 'exchange', 'content'))"
        "), 0) FROM pg_partition_tree('asgi_mw.exchange') WHERE isleaf"
    )
    days = []
    for name, size in connection.execute(sql.encode()):
        if found := _NAME.search(name):
            day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date()
            days.append(Day(day, int(size)))
    return sorted(days)


def ensure(connection: psycopg.Connection[Any], wanted: Iterable[date]) -> set[date]:
    """Make the partitions of the *wanted* days that have none; return all days that have them.

    Exchanges of such a day that are in the default partition already move into them.

    Raises:
        psycopg.Error: They cannot be made now: somebody reads all the time, or makes them, too.
    """
    there = {day.date for day in listed(connection)}
    for day in sorted(set(wanted) - there):
        with connection.transaction():
            connection.execute(_PATIENCE)
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            if day not in {one.date for one in listed(connection)}:
                for table in _TABLES:
                    _make(connection, table, day)
        there.add(day)
    return there


def drop(connection: psycopg.Connection[Any], day: date, *, spare: bool) -> int:
    """Drop the partitions of *day*; return how many exchanges were removed.

    Args:
        connection: To the database.
        day: A day that has them.
        spare: What somebody marked stays, in the default partition.

    Raises:
        psycopg.Error: They cannot be dropped now.
    """
    with connection.transaction():
        connection.execute(_PATIENCE)
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        if day not in {one.date for one in listed(connection)}:
            return 0
        for sql in _DETACH:
            connection.execute(_of(sql, day))
        [[count, kept]] = connection.execute(_of(_COUNT, day)).fetchall()
        for sql in _SPARE if spare and kept else ():
            connection.execute(_of(sql, day))
        for sql in _DROP:
            connection.execute(_of(sql, day))
    return int(count - kept if spare else count)


def _make(connection: psycopg.Connection[Any], table: str, day: date) -> None:
    for sql in _MAKE:
        connection.execute(_of(sql.replace("NAME", table), day))


def _of(sql: str, day: date) -> bytes:
    """*sql* for a day: with its name, its lowest id, and that of the next day."""
    sql = sql.replace("LOWEST", lowest(day)).replace("HIGHEST", lowest(day + _DAY))
    return sql.replace("DAY", f"{day:%Y%m%d}").encode()
