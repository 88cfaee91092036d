"""What is kept survives the limits of its store, and only what can be is kept."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw.errors import StoreError
from asgi_mw.recorder import keeping as room
from asgi_mw.recorder.codec import encode_view
from asgi_mw.recorder.folder import kept_of, lock, retain
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.recorder.segment import Segment
from tests.cli.facts import IN_FLIGHT
from tests.recorder.test_rows import listed

if TYPE_CHECKING:
    from asgi_mw.recorder.spool import SpoolStore
    from tests.recorder.conftest import Serve


def test_it_outlives_its_segment(spool: SpoolStore, serve: Serve) -> None:
    """As it was, in a file that retention leaves alone; to take back the mark removes it."""
    serve(spool, "/a", size=300)
    serve(spool, "/b")
    spool.close()
    [_, exchange] = spool.exchanges()
    spool.keep(exchange.id)
    retain(spool.folder, 0, None)

    [left] = spool.exchanges()
    assert replace(exchange, kept=True) == left == spool.get(exchange.id)
    assert (1, 1) == (spool.count(), spool.stats().exchanges)
    spool.keep(exchange.id, kept=False)
    assert ([], 0) == (list(spool.exchanges()), spool.count())
    assert not kept_of(spool.folder).exists()


def test_what_is_kept_is_no_news(spool: SpoolStore, serve: Serve) -> None:
    """Who follows the store has seen it."""
    serve(spool, "/a")
    spool.flush()
    _, cursor = spool.follow()
    spool.keep(listed(spool)[0].id)
    assert ([], []) == (spool.follow(cursor)[0], spool.follow_rows(cursor)[0])


def test_one_of_several_is_no_longer_kept(spool: SpoolStore, serve: Serve) -> None:
    """The others are."""
    for path in ("/a", "/b"):
        serve(spool, path)
    spool.close()
    for each in listed(spool):
        spool.keep(each.id)
        spool.keep(each.id)
    retain(spool.folder, 0, None)
    spool.keep(listed(spool, "path:/a")[0].id, kept=False)
    assert ["/b"] == [each.path for each in listed(spool)]


def test_what_is_unknown_or_flies_cannot_be_kept(spool: SpoolStore, serve: Serve) -> None:
    """It is said why."""
    serve(spool, "/a")
    segment = Segment(spool.folder)
    segment.write([], shown=[(IN_FLIGHT.id, encode_view(IN_FLIGHT))])
    with pytest.raises(StoreError, match="no exchange, or more than one, is called 'zz'"):
        spool.keep("zz")
    with pytest.raises(StoreError, match="still being served"):
        spool.keep(IN_FLIGHT.id)
    segment.close()


def test_a_file_that_is_busy_or_foreign_is_said(
    spool: SpoolStore, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not written."""
    monkeypatch.setattr(room, "_PATIENCE", 0.01)
    serve(spool, "/a")
    spool.flush()
    one = listed(spool)[0].id
    path = kept_of(spool.folder)
    held = lock(path)
    assert held is not None
    with pytest.raises(StoreError, match=r"kept\.db is being written"):
        spool.keep(one)
    held.release()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(StoreError, match="a database of another program"):
        spool.keep(one)


def test_memory_spares_what_is_kept(serve: Serve) -> None:
    """While newer ones take the place of the others; at most half of it can be kept."""
    store = MemoryStore(1024 * 1024)
    for number in range(8):
        serve(store, f"/old{number}", size=60_000)
    for each in listed(store, "path:/old0,/old1"):
        store.keep(each.id)
    with pytest.raises(StoreError, match="half of the memory"):
        deque(map(store.keep, [each.id for each in listed(store)]), maxlen=0)
    kept = {each.path for each in listed(store, "is:kept")}
    _, cursor = store.follow()
    for number in range(40):
        serve(store, f"/new{number}", size=60_000)

    assert kept == {each.path for each in listed(store, "path:/old")}
    assert {"/old0", "/old1"} <= kept
    assert all(one.path.startswith("/new") for one in store.follow(cursor)[0])
    for each in listed(store, "is:kept"):
        store.keep(each.id, kept=False)
    assert [] == listed(store, "path:/old")
    assert store.count() == store.purge()
