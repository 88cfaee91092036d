"""The page on the history of a fleet is true: its blocks run on a server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from asgi_mw.events import Worker
from asgi_mw.recorder.query import Query
from tests.docs.run_page import BLOCK
from tests.recorder.made import made
from tests.recorder.postgres.shipped import put

if TYPE_CHECKING:
    from asgi_mw.recorder.postgres import PostgresStore

PAGE = (Path(__file__).parents[3] / "docs" / "keep-the-history-of-a-fleet.md").read_text("utf-8")
SQL = re.findall(r"^```sql\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
QUERIES = re.findall(r"-- (.*?)\n(.*?;)", SQL[-1], re.DOTALL)


def fleet(history: PostgresStore) -> None:
    """Two hosts, one of which fails."""
    from time import time_ns  # noqa: PLC0415  # what it began

    now = time_ns()
    headers = [(b"content-type", b"text/plain")]
    worker = Worker("web-2", 7)
    put(history, [made(1, began=now, headers=headers, route="/orders")])
    put(history, [made(2, began=now, headers=headers, worker=worker, status=500)])
    history.connections.ask(
        lambda one: (
            one.execute("INSERT INTO asgi_mw.shipped VALUES ('a.db', 'web-1:/traffic', 1, true)"),
            one.execute("INSERT INTO asgi_mw.tally VALUES ('a.db', 'dropped', 'why', 3)"),
        )
    )


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
def test_the_queries_of_the_page_answer(history: PostgresStore, title: str, query: str) -> None:
    """Each finds something in a history of two hosts."""
    fleet(history)
    with psycopg.connect(history.address) as connection:
        rows = connection.execute(query.encode()).fetchall()
    assert len(rows) == (1 if "lost" in title else 2)


def test_the_grants_of_the_page_are_enough(history: PostgresStore) -> None:
    """And right SQL."""
    fleet(history)
    with psycopg.connect(history.address) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute(SQL[0].encode())
        connection.execute("SET ROLE reader")
        assert connection.execute("SELECT count(*) FROM asgi_mw.content").fetchall() == [(2,)]
        connection.rollback()


def test_the_python_of_the_page_reads(
    history: PostgresStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """What failed in the last hour."""
    fleet(history)
    [block] = [found[2] for found in BLOCK.finditer(PAGE) if found[1]]
    exec(block.replace("postgresql://traffic@db.internal/traffic", history.address), {})
    assert capsys.readouterr().out == "web-2 GET /orders\n"
    assert history.purge(Query()) == 2
