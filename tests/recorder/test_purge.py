from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.recorder import purge as room
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.spool import SpoolStore

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from asgi_mw.recorder.store import Store
    from tests.recorder.conftest import Serve


def paths(store: Store) -> list[str]:
    return [exchange.path for exchange in store.exchanges()][::-1]


def test_all_goes_without_a_query(spool: SpoolStore, serve: Serve) -> None:
    """The files as well; and the store goes on."""
    for number in range(5):
        serve(spool, f"/{number}")
    assert spool.purge() == 5
    assert paths(spool) == []
    assert list(spool.folder.glob("*.db*")) == []
    serve(spool, "/new")
    assert paths(spool) == ["/new"]
    assert spool.problems == []


def test_what_matches_goes(spool: SpoolStore, serve: Serve) -> None:
    """From the file being written and from closed ones."""
    for _ in range(2):
        for status in (200, 500):
            serve(spool, f"/{status}", status=status)
        spool.close()
    serve(spool, "/live", status=503)
    assert spool.purge(Query(status="5xx")) == 3
    assert paths(spool) == ["/200", "/200"]


def test_what_went_is_not_in_the_file(spool: SpoolStore, serve: Serve) -> None:
    """Somebody purges what ought not to have been recorded."""
    serve(spool, "/keep")
    serve(spool, "/canary-4711")
    assert spool.purge(Query(path="/canary*")) == 1
    [file] = spool.folder.glob("*.db*")
    assert b"canary-4711" not in file.read_bytes()


def test_the_oldest_go_until_the_rest_fits(spool: SpoolStore, serve: Serve) -> None:
    """Whole segments, and of the last as much as need be."""
    for start in range(0, 60, 20):
        for number in range(start, start + 20):
            serve(spool, f"/{number}", size=20_000)
        spool.close()
    before = spool.stats().bytes
    gone = spool.purge(keep_bytes=before // 2)
    assert 28 <= gone <= 34
    assert paths(spool) == [f"/{number}" for number in range(gone, 60)]
    assert spool.stats().bytes <= before // 2 + 50_000
    assert spool.purge(keep_bytes=before) == 0


def test_another_process_is_asked_for_its_file(tmp_path: Path, serve: Serve) -> None:
    """Two stores stand for two processes: locks do not know the difference."""
    writing = SpoolStore(tmp_path / "spool", flush_interval=0.005)
    purging = SpoolStore(tmp_path / "spool")
    serve(writing, "/a")
    assert writing.flush(5)
    assert purging.purge() == 1
    assert purging.problems == []
    serve(writing, "/b")
    assert paths(writing) == ["/b"]
    writing.close()


def test_a_writer_that_does_not_answer_is_told(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file never has two writing connections."""
    monkeypatch.setattr(room, "_PATIENCE", 0.05)
    monkeypatch.setattr("asgi_mw.recorder.segment.Segment.is_asked_for", lambda _: False)
    writing = SpoolStore(tmp_path / "spool", flush_interval=0.005)
    purging = SpoolStore(tmp_path / "spool")
    serve(writing, "/a")
    assert writing.flush(5)
    assert purging.purge() == 0
    [problem] = purging.problems
    assert "is being written" in problem
    assert list(writing.folder.glob("*.release")) == []
    writing.close()
    assert paths(writing) == ["/a"]


def test_a_foreign_file_stays(spool: SpoolStore, serve: Serve) -> None:
    """And is told."""
    serve(spool, "/a")
    assert spool.flush(5)
    foreign = spool.folder / "orders.db"
    foreign.write_bytes(b"x" * 5000)
    assert spool.purge() == 1
    assert foreign.exists()
    assert [problem.split()[0] for problem in spool.problems] == ["orders.db"]
