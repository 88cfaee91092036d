from __future__ import annotations

import os
import subprocess
import sys
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder import writer
from asgi_mw.recorder.spool import SpoolStore
from tests.recorder.conftest import tiny_disk
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgi_mw.recorder.store import Store
    from tests.recorder.conftest import Serve


def paths(store: Store) -> list[str]:
    return [exchange.path for exchange in store.exchanges()][::-1]


@pytest.mark.skipif(sys.platform != "linux", reason="fills a file by way of the system's limit")
def test_a_file_that_may_not_grow_is_no_end(tmp_path: Path) -> None:
    """In a process that may write no file over 256 KiB, segments are what fits."""
    script = """
import resource, sys
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.recorder.layer import record
from asgi_mw.testing import request, run
resource.setrlimit(resource.RLIMIT_FSIZE, (256 * 1024, 256 * 1024))
store = SpoolStore(sys.argv[1], flush_interval=0.005)
async def app(scope, receive, send):
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * 10_000})
recorded = record(app, store=store)
served = sum(run(request(recorded)).status == 200 for _ in range(100))
flushed = store.flush(20)
stats = store.stats()
print(served, flushed, stats.exchanges, sum(stats.dropped.values()), stats.faults != {})
"""
    done = subprocess.run(
        [
            sys.executable,
            "-B",
            "-c",
            script,
            tmp_path / "spool",
        ],  # it leaves no cut file of its own
        capture_output=True,
        check=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout.split() == ["100", "True", "100", "0", "True"]


def test_a_full_disk_is_served_past_and_recovers(tmp_path: Path, serve: Serve) -> None:
    """On a disk of 400 KiB: what was taken waits, and is written when there is space."""
    disk = tmp_path / "disk"
    if not tiny_disk(disk, "400k"):
        pytest.skip("mounting a small disk takes root")
    try:
        store = SpoolStore(disk / "spool", flush_interval=0.005)
        serve(store, "/0", size=100)
        assert store.flush(60)
        room = os.statvfs(disk)
        (disk / "ballast").write_bytes(bytes(room.f_bavail * room.f_frsize))
        for number in range(1, 31):
            serve(store, f"/{number}", size=4000)
        assert not store.flush(0.3)
        (disk / "ballast").unlink()
        assert store.flush(60)
        assert paths(store) == [f"/{number}" for number in range(31)]
        assert store.dropped == {}
        assert store.faults.total >= 1
        store.close()
    finally:
        os.system(f"umount -l '{disk}'")


def test_segments_are_rotated_and_removed_by_size(tmp_path: Path, serve: Serve) -> None:
    """The folder stays within its size, and the newest are kept."""
    folder = tmp_path / "spool"
    store = SpoolStore(folder, max_bytes=512 * 1024, segment_bytes=128 * 1024, flush_interval=0.002)
    for number in range(60):
        serve(store, f"/{number}", size=20_000)
        assert store.flush(60)
    store.close()
    kept = paths(store)
    assert store.stats().bytes <= 512 * 1024
    assert 8 <= len(kept) < 60  # at least the segments before the one that is written
    assert kept == [f"/{number}" for number in range(60 - len(kept), 60)]


def test_an_old_segment_is_left_for_a_new_one(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it can go when what is in it is too old."""
    store = SpoolStore(tmp_path / "spool", max_age=1000, flush_interval=0.002)
    serve(store, "/a")
    assert store.flush(60)
    monkeypatch.setattr(writer, "monotonic", lambda: monotonic() + 251)
    serve(store, "/b")
    store.close()
    assert len(list(store.folder.glob("*.db"))) == 2
    assert paths(store) == ["/a", "/b"]


@pytest.mark.parametrize("end", [".db", ".db-wal", ".db-shm", ".lock"])
@pytest.mark.parametrize("spoil", [lambda path: os.truncate(path, 0), os.unlink])
def test_what_comes_after_a_file_was_spoilt_is_kept(
    tmp_path: Path, serve: Serve, end: str, spoil: Callable[[Path], None]
) -> None:
    """`flush` says that it is on disk, and so it is: in a new segment."""
    store = SpoolStore(tmp_path / "spool", flush_interval=0.005)
    serve(store, "/before")
    assert store.flush(60)
    for path in store.folder.glob(f"*{end}"):
        spoil(path)
    for number in range(3):
        serve(store, f"/{number}")
        assert store.flush(60)
    store.close()
    assert [path for path in paths(store) if path != "/before"] == ["/0", "/1", "/2"]
    assert store.dropped == {}
