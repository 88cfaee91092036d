"""The rows of a list: from either store the same as of the exchanges, a page at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store
from asgi_mw.events import Event, Failure
from asgi_mw.recorder.rows import row, row_from, row_of
from asgi_mw.recorder.search import parse
from tests.recorder.test_query import EXCHANGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgi_mw.recorder.rows import Row
    from asgi_mw.recorder.store import Store
    from tests.recorder.conftest import Serve


@pytest.fixture(params=["memory:", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each kind of store."""
    opened = open_store(tmp_path / "s" if request.param == "folder" else "memory:")
    yield opened
    opened.close()


def test_a_row_says_what_the_page_lists() -> None:
    """Flat, in ms; texts are short."""
    said = row(replace(EXCHANGE, error=Failure("ValueError", "x" * 5000, "", 3)))
    error = said.pop("error")
    assert (1001, "…") == (len(error), error[-1])
    assert {
        "id": EXCHANGE.id,
        "type": "http",
        "method": "GET",
        "path": "/users/7",
        "query": "page=2",
        "route": "/users/{id}",
        "status": 503,
        "status_by": "app",
        "outcome": "error",
        "state": "error",
        "close_code": None,
        "close_by": None,
        "began": 0.001,
        "duration_ms": 2000.0,
        "returned_ms": None,
        "first_byte_ms": 1e-06,
        "bytes_in": 0,
        "bytes_out": 0,
        "event_count": 4,
        "layers_ms": None,
        "host": "host",
        "pid": 1,
        "request_id": "abc-1",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "swallowed": False,
        "awaiting": None,
        "awaiting_since_ms": None,
        "kept": False,
    } == said


def test_what_is_in_flight_says_what_it_awaits() -> None:
    """A call that has not returned, or the app itself since the last one did."""
    flying = replace(EXCHANGE, outcome=None, ended=None)
    waiting = replace(flying, events=(*flying.events, Event("receive", 7, None, {})))
    assert ("app", 6) == row_of(flying)[-2:]
    assert ("receive", 7) == row_of(waiting)[-2:]
    assert "in flight" == row_of(flying).state
    assert "background" == row_of(replace(flying, ended=1)).state


def test_columns_that_are_none_of_ours_are_refused() -> None:
    """A file may hold anything."""
    columns: list[object] = [*row_of(EXCHANGE)[:26]]
    columns[10], columns[17] = 503, 0
    assert row_of(EXCHANGE) == row_from(columns, kept=False)
    for place, odd in ((0, "x" * 32), (1, None), (7, b"/"), (9, "503"), (25, 1.5)):
        with pytest.raises(ValueError, match="no row of ours"):
            row_from([*columns[:place], odd, *columns[place + 1 :]], kept=False)


def listed(store: Store, text: str = "") -> list[Row]:
    """All rows that match, however slow the machine is."""
    page = store.rows(parse(text), seconds=600)
    assert (None, ()) == (page.next, page.problems)
    return page


def test_rows_are_those_of_the_exchanges(store: Store, serve: Serve) -> None:
    """The newest first, and as many as there are."""
    for number in range(5):
        serve(store, f"/{number}", status=500 if number == 3 else 200)
    store.flush()
    assert list(map(row_of, store.exchanges())) == listed(store)
    assert 5 == store.count()


def test_a_page_goes_on_where_the_one_before_ended(store: Store, serve: Serve) -> None:
    """Nothing is missed, and nothing shown twice."""
    for number in range(7):
        serve(store, f"/{number}")
    store.flush()
    paths = []
    before: str | None = None
    while True:
        page = store.rows(before=before, limit=3)
        paths += [one.path for one in page]
        if (before := page.next) is None:
            break
    assert [f"/{number}" for number in reversed(range(7))] == paths


def test_a_filter_picks_rows(store: Store, serve: Serve) -> None:
    """Also by what is not in a row."""
    serve(store, "/a", size=3)
    serve(store, "/b", status=503, size=5)
    serve(store, "/c", method="POST")
    store.flush()
    wanted = {
        "status:5xx": ["/b"],
        "-status:5xx": ["/c", "/a"],
        "body:xxx": ["/b", "/a"],
        "header:content-type -path:/a": ["/c", "/b"],
        "nowhere": [],
    }
    assert wanted == {text: [one.path for one in listed(store, text)] for text in wanted}


def test_who_has_no_time_learns_how_far_it_is(store: Store, serve: Serve) -> None:
    """Each call gets on, and the last says that it was."""
    for number in range(4):
        serve(store, f"/{number}")
    store.flush()
    found: list[Row] = []
    calls = 0
    before: str | None = None
    while True:
        page = store.rows(parse("path:/0"), before=before, seconds=0)
        found += page
        calls += 1
        if (before := page.next) is None:
            break
    assert ["/0"] == [one.path for one in found]
    assert calls <= 5


def test_rows_are_followed(store: Store, serve: Serve) -> None:
    """Each once, the oldest first."""
    serve(store, "/before")
    store.flush()
    nothing, cursor = store.follow_rows()
    serve(store, "/1")
    serve(store, "/2")
    store.flush()
    news, cursor = store.follow_rows(cursor)
    again, _ = store.follow_rows(cursor)
    assert ([], ["/1", "/2"], []) == (nothing, [one.path for one in news], again)
    assert () == news.problems


def test_a_mark_is_seen_and_taken_back(store: Store, serve: Serve) -> None:
    """In rows, exchanges and filters; what has one is there once."""
    for path in ("/a", "/b"):
        serve(store, path)
    store.flush()
    one = listed(store, "path:/a")[0].id
    assert one == store.keep(one[-12:])
    assert [("/b", False), ("/a", True)] == [(each.path, each.kept) for each in listed(store)]
    assert [False, True] == [each.kept for each in store.exchanges()]
    assert ["/a"] == [each.path for each in listed(store, "is:kept")]
    assert ["/b"] == [each.path for each in store.exchanges(parse("-is:kept"))]
    assert (2, 2) == (store.count(), store.stats().exchanges)
    store.keep(one, kept=False)
    assert [False, False] == [each.kept for each in listed(store)]


def test_a_purge_removes_what_is_kept(store: Store, serve: Serve) -> None:
    """It counts once, and is gone."""
    for path in ("/a", "/b", "/c"):
        serve(store, path)
    store.flush()
    for each in listed(store):
        store.keep(each.id)
    assert 1 == store.purge(parse("path:/a"))
    assert 2 == store.purge()
    assert ([], 0) == (listed(store), store.count())
