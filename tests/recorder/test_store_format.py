from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from asgi_mw.recorder.spool import SpoolStore
    from tests.recorder.conftest import Serve

PAGE = Path(__file__).parents[2] / "docs" / "store-format.md"
[BLOCK] = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
QUERIES = dict(re.findall(r"-- (.*?)\n(.*?;)", BLOCK, re.DOTALL))


@pytest.mark.parametrize("title", QUERIES)
def test_the_queries_of_the_page_answer(spool: SpoolStore, serve: Serve, title: str) -> None:
    """Each finds something in a store with a good and a bad exchange."""
    serve(spool, "/good")
    serve(spool, "/bad", status=500)
    spool.close()
    [file] = spool.folder.glob("*.db")
    query = QUERIES[title]
    if sqlite3.sqlite_version_info < (3, 38):
        query = query.replace("unixepoch()", "strftime('%s')")
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(query).fetchall()
    assert rows
    if title == "the first body of one exchange":
        assert rows == [("xx",)]
