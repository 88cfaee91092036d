"""How far a folder is shipped is noted in it, and what goes before is counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder.folder import segments
from asgi_mw.recorder.shipping.progress import Progress, unshipped
from asgi_mw.recorder.spool import SpoolStore
from tests.recorder.made import made
from tests.recorder.postgres.shipped import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.recorder.conftest import Serve


def test_what_is_beyond_the_note_is_not_shipped(tmp_path: Path) -> None:
    """Of several targets, the one that is behind counts; without any there is nothing to lose."""
    segment = write(tmp_path / "spool", [made(number) for number in range(1, 11)])
    assert unshipped(segment) == 0
    near, far = (Progress(segment.parent, name) for name in ("postgresql://a", "postgresql://b"))
    near.note({segment.name: 10})
    assert unshipped(segment) == 0
    far.note({segment.name: 4})
    assert unshipped(segment) == 6
    far.note({})
    assert unshipped(segment) == 10


@pytest.mark.parametrize(
    "text", ["", "[]", '{"places": 7}', '{"places": {"a": []}}', "\0", "[" * 9999]
)
def test_a_spoilt_note_says_nothing(tmp_path: Path, text: str) -> None:
    """It is no fault of the recorder."""
    segment = write(tmp_path / "spool", [made(1)])
    (segment.parent / "ship-00000000.json").write_text(text)
    assert unshipped(segment) in {0, 1}


@pytest.mark.parametrize("name", ["spool", ".spool"])
def test_the_note_names_its_target(tmp_path: Path, name: str) -> None:
    """For its owner alone, and skipped by reloaders where the folder is."""
    segment = write(tmp_path / name, [made(1)])
    progress = Progress(segment.parent, "postgresql://ada:***@db/shop")
    progress.note({segment.name: 1})
    progress.note({segment.name: 2})
    [note] = segment.parent.glob("*ship-*")
    assert note.name.startswith(".#ship-" if name == ".spool" else "ship-")
    assert note.stat().st_mode & 0o777 == 0o600
    said = json.loads(note.read_text())
    assert said == {"to": "postgresql://ada:***@db/shop", "places": {segment.name: 2}}
    assert [files.path for files in segments(segment.parent)] == [segment]


def test_what_retention_removes_unshipped_is_counted_and_said(
    tmp_path: Path, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """In the counts of the store, which outlive the segment, and once in the log."""
    store = SpoolStore(tmp_path / "spool", max_bytes=131_072, segment_bytes=65_536)
    serve(store, "/first")
    store.flush()
    Progress(store.folder, "postgresql://db/shop").note({})
    for number in range(60):
        serve(store, f"/{number}", size=8000)
        store.flush()
    store.close()
    left = store.stats()
    gone = left.dropped["removed before they were shipped"]
    assert gone > 0
    assert gone + left.exchanges == 61
    assert left.faults["ship: StoreError"] >= 1
    said = [one.getMessage() for one in caplog.records]
    assert [one for one in said if "exchanges were removed before they were shipped" in one] == said
    assert len(said) == 1
