"""The SQL of a filter finds all that it matches, and for all but a few words nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.conditions import Source, condition
from tests.recorder.test_schema import EXCHANGES
from tests.recorder.test_search import SEARCHES

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.search import Search

# Judged by the filter alone, or by a part of what is looked for
INEXACT = {"header", "body", "is", "path", "route"}


@given(st.lists(EXCHANGES, min_size=1, max_size=5), SEARCHES)
def test_sql_and_filter_agree(exchanges: list[Exchange], search: Search) -> None:
    """Never less; with negation and alternatives as without."""
    where, values = condition(search, Source(schema.VERSION))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.create(connection)
        for exchange in exchanges:
            connection.execute(schema.insert(1), encode(exchange))
        found = {
            one for [one] in connection.execute(f"SELECT id FROM exchange WHERE {where}", values)
        }
    matching = {exchange.id for exchange in exchanges if search.matches(exchange)}
    assert matching <= found
    if not INEXACT & {term.word for term in search.terms}:
        assert matching == found


@given(SEARCHES)
def test_earlier_formats_are_asked_for_what_they_have(search: Search) -> None:
    """A column that is not there would be an error."""
    for version, tables in schema._TABLES_OF.items():
        where, values = condition(search, Source(version))
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(tables["exchange"])
            connection.execute(f"SELECT id FROM exchange WHERE {where}", values)
