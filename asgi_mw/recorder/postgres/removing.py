"""Remove exchanges from PostgreSQL: whole days where that is possible, else row by row."""

from __future__ import annotations

from functools import partial
from time import time_ns
from typing import TYPE_CHECKING

from asgi_mw.recorder.postgres import days, questions
from asgi_mw.recorder.postgres.conditions import Condition, condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.recorder.postgres.connecting import Connection
    from asgi_mw.recorder.postgres.reading import Reading
    from asgi_mw.recorder.results import Snags
    from asgi_mw.recorder.search import Search

_PAGE = 500
_ALL = Condition("true")
_UNKEPT, _KEPT = Condition("NOT e.kept"), Condition("e.kept")
_DELETE = (
    "WITH gone AS (DELETE FROM asgi_mw.exchange WHERE id = ANY(%(ids)s)), "
    "content AS (DELETE FROM asgi_mw.content WHERE id = ANY(%(ids)s)) "
    "SELECT count(*) FROM asgi_mw.exchange WHERE id = ANY(%(ids)s)"
)


def everything(connection: Connection) -> int:
    """Remove all exchanges and all that was counted; return how many exchanges there were."""
    with connection.transaction():
        count = questions.exactly(connection)
        connection.execute("TRUNCATE asgi_mw.exchange, asgi_mw.content, asgi_mw.tally")
    return count


def matching(reading: Reading, search: Search, snags: Snags) -> int:
    """Remove all that *search* matches, marked or not; return how many."""
    where = condition(search)
    removed, below = 0, "g"
    while page := reading.places(where, below, "", _PAGE):
        below = page[-1][0]
        chosen = [place[0] for place in page]
        if not where.exact:
            chosen = [one.id for one in reading.contents(page, snags) if search.matches(one)]
        if chosen:
            removed += reading.ask(partial(delete, ids=chosen), writes=True) or 0
    return removed


def down_to(connection: Connection, keep_bytes: int) -> int:
    """Remove the oldest until at most *keep_bytes* are left on disk; return how many.

    Whole days first.  Of the last day only as much as necessary.  What is marked comes last.
    """
    removed = 0
    while (over := questions.size(connection) - keep_bytes) > 0:
        found = days.listed(connection)
        if found and found[0].size <= over:
            removed += days.drop(connection, found[0].date, spare=True)
            continue
        gone = _oldest(connection, over, _UNKEPT) or _oldest(connection, over, _KEPT)
        if not gone:
            break
        removed += gone
    return removed


def expired(connection: Connection, max_age: float | None, max_bytes: int | None) -> int:
    """Drop the days that are over *max_age* seconds old, or the oldest over *max_bytes*.

    What is marked stays.  The current day is never dropped.
    """
    removed = 0
    if max_age is not None:
        horizon = time_ns() - int(max_age * 1e9)
        for day in days.listed(connection):
            if day.below <= horizon:
                removed += days.drop(connection, day.date, spare=True)
        old = Condition("NOT e.kept AND e.began < %s AND e.tableoid = %s::regclass")
        old = old._replace(values=(horizon, "asgi_mw.exchange_other"))
        while page := questions.oldest(connection, old, _PAGE):
            removed += delete(connection, page)
    while max_bytes is not None and questions.size(connection) > max_bytes:
        found = [day for day in days.listed(connection) if day.date < days.today()]
        if not found:
            break
        removed += days.drop(connection, found[0].date, spare=True)
    return removed


def delete(connection: Connection, ids: Sequence[str]) -> int:
    """Remove the exchanges with these ids; return how many there were."""
    return int(connection.execute(_DELETE, {"ids": list(ids)}).fetchall()[0][0])


def mark(connection: Connection, id: str, *, kept: bool) -> bool:  # noqa: A002  # the exchange's own word
    """Mark an exchange, or take its mark away; return whether it is there.

    If its day was dropped already, an exchange is removed with its mark.
    """
    sql = "UPDATE asgi_mw.exchange SET kept = %s WHERE id = %s"
    with connection.transaction():
        there = connection.execute(sql, (kept, id)).rowcount == 1
        day = days.day_of(id)
        if there and not kept and day is not None:
            found = [one.date for one in days.listed(connection)]
            if day not in found and found and day < found[0]:
                delete(connection, [id])
    return there


def _oldest(connection: Connection, over: int, where: Condition) -> int:
    """Remove the oldest rows of the oldest day, about *over* bytes of them; return how many."""
    sql = (
        f"SELECT e.tableoid::regclass::text, count(*) FROM asgi_mw.exchange e WHERE {where.sql} "  # noqa: S608  # our own words
        "GROUP BY e.tableoid ORDER BY min(e.id) LIMIT 1"
    )
    rows = connection.execute(sql.encode()).fetchall()
    if not rows:
        return 0
    [(table, count)] = rows
    content = table.replace("exchange", "content")
    [[taken]] = connection.execute(
        "SELECT pg_total_relation_size(%s::regclass) + pg_total_relation_size(%s::regclass)",
        (table, content),
    ).fetchall()
    share = min(over / max(taken, 1), 1.0)
    most = max(int(count * share) + 1, 1)
    here = where._replace(
        sql=f"{where.sql} AND e.tableoid = %s::regclass", values=(*where.values, table)
    )
    removed = 0
    while removed < most:
        page = questions.oldest(connection, here, min(_PAGE, most - removed))
        if not page:
            break
        removed += delete(connection, page)
    for one in (table, content):
        # What was deleted takes its space until then
        connection.execute(f"VACUUM (FULL) {one}".encode())
    return removed
