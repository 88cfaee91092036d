"""What every store does alike: in memory, in a folder, and in a database that one is shipped to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.errors import StoreError
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.rows import row_of
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.spool import SpoolStore
from tests.recorder.postgres.shipped import ship

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgi_mw.recorder.store import Store
    from tests.recorder.conftest import Serve


class Stored:
    """A store to read, and a way to put what was served into it.

    Attributes:
        store: What is read.
        serve: Serves once, and waits until that can be read.
    """

    def __init__(self, store: Store, serve: Callable[..., None]) -> None:
        self.store = store
        self.serve = serve

    @property
    def paths(self) -> list[str]:
        """What is there, the newest first."""
        return [one.path for one in self.store.exchanges()]


@pytest.fixture(params=["memory", "spool", "postgres"])
def stored(request: pytest.FixtureRequest, tmp_path: Path, serve: Serve) -> Iterator[Stored]:
    """Each kind of store."""
    if request.param == "memory":
        memory = MemoryStore()
        yield Stored(memory, lambda *args, **options: serve(memory, *args, **options))
        return
    spool = SpoolStore(tmp_path / "spool", flush_interval=0.005)

    def flushed(*args: Any, **options: Any) -> None:
        serve(spool, *args, **options)
        assert spool.flush()

    if request.param == "spool":
        yield Stored(spool, flushed)
    else:
        history = request.getfixturevalue("history")

        def shipped(*args: Any, **options: Any) -> None:
            flushed(*args, **options)
            assert ship(spool.folder, history) == 1

        yield Stored(history, shipped)
    spool.close()


def test_the_newest_come_first(stored: Stored) -> None:
    """As exchanges, and as the rows of these."""
    for number in range(5):
        stored.serve(f"/{number}")
    store = stored.store
    assert stored.paths == ["/4", "/3", "/2", "/1", "/0"]
    found = [*store.exchanges()]
    assert [*store.rows()] == [row_of(one) for one in found]
    assert [store.get(one.id) for one in found] == found
    assert (store.count(), store.stats().exchanges, store.stats().problems) == (5, 5, ())


def test_a_page_goes_on_where_the_last_one_ended(stored: Stored) -> None:
    """Until there is nothing more."""
    for number in range(5):
        stored.serve(f"/{number}")
    seen: list[list[str]] = []
    before: str | None = None
    while True:
        page = stored.store.rows(before=before, limit=2, seconds=60)
        seen.append([row.path for row in page])
        if (before := page.next) is None:
            break
    assert seen == [["/4", "/3"], ["/2", "/1"], ["/0"]]


def test_one_is_found_by_either_end_of_its_id(stored: Stored) -> None:
    """And of several none."""
    stored.serve("/a")
    stored.serve("/b")
    newest, oldest = stored.store.exchanges()
    assert stored.store.get(newest.id) == stored.store.get(newest.id[-10:]) == newest
    assert stored.store.get(oldest.id[-10:]) == oldest
    assert stored.store.get(newest.id[:3]) is None
    assert stored.store.get("f" * 32) is None


def test_who_follows_gets_each_once(stored: Stored) -> None:
    """The oldest first, from the first call on."""
    stored.serve("/before")
    found, cursor = stored.store.follow()
    rows, by_rows = stored.store.follow_rows()
    assert (found, rows) == ([], [])
    for number in range(3):
        stored.serve(f"/{number}")
    found, cursor = stored.store.follow(cursor)
    rows, by_rows = stored.store.follow_rows(by_rows)
    assert [one.path for one in found] == [row.path for row in rows] == ["/0", "/1", "/2"]
    stored.serve("/after")
    assert [one.path for one in stored.store.follow(cursor)[0]] == ["/after"]
    assert [row.path for row in stored.store.follow_rows(by_rows)[0]] == ["/after"]
    assert stored.store.follow(stored.store.follow(cursor)[1])[0] == []


def test_a_mark_is_put_and_taken(stored: Stored) -> None:
    """It is seen wherever the exchange is."""
    stored.serve("/a")
    stored.serve("/b")
    store = stored.store
    [one] = store.exchanges(Query(path="/a"))
    assert store.keep(one.id[-10:]) == store.keep(one.id) == one.id
    assert [row.path for row in store.rows(parse("is:kept"))] == ["/a"]
    assert [other.kept for other in store.exchanges()] == [False, True]
    found = store.get(one.id)
    assert found is not None and found.kept
    assert store.count() == 2
    assert store.keep(one.id, kept=False) == one.id
    assert [*store.exchanges(parse("is:kept"))] == []
    with pytest.raises(StoreError, match="no exchange, or more than one"):
        store.keep("f" * 32)


def test_a_purge_takes_what_matches(stored: Stored) -> None:
    """Marked or not, then everything."""
    for number in range(6):
        stored.serve(f"/{number}", status=500 if number % 3 == 0 else 200)
    store = stored.store
    [one] = store.exchanges(Query(path="/3"))
    store.keep(one.id)
    removed = store.purge(parse("status:5xx"))
    assert (removed, removed.problems) == (2, ())
    assert stored.paths == ["/5", "/4", "/2", "/1"]
    assert store.purge(Query(body="xx", path="/4")) == 1
    assert store.purge(parse("path:/nowhere")) == 0
    assert (store.purge(keep_bytes=10**12), store.purge()) == (0, 3)
    assert (stored.paths, store.count()) == ([], 0)


FILTERS = [
    *("", "method:post", "-method:post", "status:404", "status:4xx,5xx", "-status:2xx"),
    *("path:/users", "path:=/users/7", "path:/users/*", "path:/use?s/[17]", "-path:/users"),
    *("type:http", "type:ws", "outcome:complete", "is:error", "-is:error", "is:slow", "is:kept"),
    *("size:>1kB", "out:=2", "in:=0", "dur:>0ms", "dur:>1h", "-dur:>1h"),
    *("users", "text:USERS", "text:nowhere", "id:0", "id:a", "since:1h", "until:1h"),
    *("header:content-type", 'header:"content-type: PLAIN"', "header:x-nowhere", "-header:x-no"),
    *("body:xx", "body:nowhere", "-body:xxx", "worker:1", "trace:0a", "route:/a", "error:a"),
    *("status:5xx path:/users", "status:404,500 -path:/users method:get body:x"),
]


def test_a_filter_finds_what_it_matches(stored: Stored) -> None:
    """Each of many, as exchanges and as rows."""
    stored.serve("/users/1")
    stored.serve("/users/7", method="POST", status=500)
    stored.serve("/missing", status=404, size=3000)
    stored.serve("/u%s'\"\\é")
    everything = [*stored.store.exchanges()]
    for text in FILTERS:
        search = parse(text)
        expected = [one.id for one in everything if search.matches(one)]
        assert [one.id for one in stored.store.exchanges(search)] == expected, text
        assert [row.id for row in stored.store.rows(search, seconds=60)] == expected, text
