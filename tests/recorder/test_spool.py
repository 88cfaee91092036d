from __future__ import annotations

import gc
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import ConfigError
from asgi_mw.errors import StoreError
from asgi_mw.recorder.layer import record
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.testing import Wire, http_scope, run
from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.recorder.store import Store
    from asgi_mw.types import Receive, Scope, Send
    from tests.recorder.conftest import Serve


def paths(store: Store) -> list[str]:
    return [exchange.path for exchange in store.exchanges()][::-1]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"memory": 1}, ["memory"]),
        ({"max_bytes": 1}, ["max_bytes"]),
        ({"max_bytes": "1 GiB"}, ["max_bytes"]),
        ({"max_age": 0}, ["max_age"]),
        ({"segment_bytes": 1}, ["segment_bytes"]),
        ({"max_bytes": 2**20, "segment_bytes": 2**20}, ["segment_bytes"]),
        ({"flush_interval": 0}, ["flush_interval"]),
        ({"flush_interval": float("nan")}, ["flush_interval"]),
        ({"flush_count": 0, "queue_limit": True}, ["flush_count", "queue_limit"]),
    ],
    ids=str,
)
def test_bad_options_are_refused_together(
    tmp_path: Path, options: dict[str, Any], named: list[str]
) -> None:
    """At once, and nothing is made."""
    with pytest.raises(ConfigError) as caught:
        SpoolStore(tmp_path / "spool", **options)
    assert [problem.option for problem in caught.value.problems] == named
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """The message says which, and what to do."""
    path = tmp_path / "traffic.db"
    path.touch()
    with pytest.raises(StoreError, match=r"traffic.db is a file; name a folder"):
        SpoolStore(path)


def test_nothing_is_made_before_it_is_needed(tmp_path: Path, serve: Serve) -> None:
    """Making a store is for the process that will fork; using it for those that serve."""
    before = {*threading.enumerate()}
    store = SpoolStore(tmp_path / "spool")
    assert list(store.exchanges()) == []
    assert store.flush()
    assert store.purge() == 0
    store.close()
    assert list(tmp_path.iterdir()) == []
    assert {*threading.enumerate()} <= before
    serve(store)
    assert len({*threading.enumerate()} - before) == 1
    store.close()
    assert {*threading.enumerate()} <= before


def test_a_closed_store_may_be_used_again(spool: SpoolStore, serve: Serve) -> None:
    """It begins a new segment."""
    serve(spool, "/a")
    spool.close()
    serve(spool, "/b")
    assert paths(spool) == ["/a", "/b"]
    assert len(list(spool.folder.glob("*.db"))) == 2


def test_a_forgotten_store_writes_what_it_took(tmp_path: Path, serve: Serve) -> None:
    """And its thread ends."""
    store = SpoolStore(tmp_path / "spool")
    serve(store, "/a")
    assert store._writer is not None
    thread = store._writer._thread
    del store
    deadline = monotonic() + PATIENCE
    while thread.is_alive() and monotonic() < deadline:
        gc.collect()  # what waits to be written keeps it until then
        thread.join(0.05)
    assert not thread.is_alive()
    assert paths(SpoolStore(tmp_path / "spool")) == ["/a"]


def test_one_is_found_stored_or_in_flight(spool: SpoolStore, serve: Serve) -> None:
    """By any part that is its own."""
    serve(spool, "/a")
    [exchange] = spool.exchanges()
    assert spool.get(exchange.id) == spool.get(exchange.id[-8:]) == exchange
    assert spool.get("") is None


def test_of_several_none_is_meant(spool: SpoolStore, serve: Serve) -> None:
    """Nor the one that is in flight."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    async def look() -> None:
        async with Wire(record(app, store=spool), http_scope("GET", "/slow")) as wire:
            await wire.until_receiving()
            [running] = spool.in_flight()
            assert spool.get(running.id) == running
            assert spool.get("0") is None
            await wire.disconnect()
            await wire.finished()

    serve(spool, "/a")
    serve(spool, "/b")
    run(look())


@pytest.mark.anyio
async def test_connections_in_flight_are_seen_at_once(spool: SpoolStore) -> None:
    """In the process that serves them, without any body."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    async with Wire(record(app, store=spool), http_scope("POST", "/slow")) as wire:
        await wire.give({"type": "http.request", "body": b"secret", "more_body": True})
        await wire.until_receiving()
        [exchange] = spool.in_flight()
        assert (exchange.path, exchange.outcome, exchange.ended) == ("/slow", None, None)
        assert [event.message.get("body") for event in exchange.events] == [b"", None]
        assert spool.get(exchange.id) == exchange
        await wire.disconnect()
        await wire.finished()
    assert spool.in_flight() == []
