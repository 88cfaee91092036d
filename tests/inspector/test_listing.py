"""The list, a page of rows at a time."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.inspector.source import COLUMNS
from asgi_mw.recorder.rows import row
from tests.inspector.asked import Opened

pytestmark = pytest.mark.anyio


async def test_the_newest_rows_first_and_where_it_goes_on() -> None:
    """The columns come with them."""
    opened = Opened()
    ids = [await opened.visit(target=f"/{number}") for number in range(5)]
    first = await opened.json("/api/exchanges?limit=2")
    rest = await opened.json(f"/api/exchanges?before={first['next']}")

    assert list(COLUMNS) == first["columns"]
    assert [ids[4], ids[3]] == [one[0] for one in first["rows"]]
    assert [ids[2], ids[1], ids[0]] == [one[0] for one in rest["rows"]]
    assert (ids[3], None, 5, 1) == (first["next"], rest["next"], rest["total"], rest["version"])


async def test_the_columns_are_those_of_a_row() -> None:
    """All of them, in their order."""
    opened = Opened()
    await opened.visit()
    [exchange] = opened.store.exchanges()

    assert list(COLUMNS) == list(row(exchange))


async def test_only_what_matches() -> None:
    """The filter is in ``q``."""
    opened = Opened()
    await opened.visit(target="/apples")
    await opened.visit(target="/pears")
    found = await opened.json("/api/exchanges?q=apple")

    assert ["/apples"] == [
        dict(zip(found["columns"], one, strict=True))["path"] for one in found["rows"]
    ]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=%C2%B2", "before=x", "limit=1e3"],
)
async def test_what_cannot_be_asked_for(query: str) -> None:
    """The answer says why."""
    answered: Any = await Opened().json(f"/api/exchanges?{query}")

    assert ["version", "error"] == list(answered)
