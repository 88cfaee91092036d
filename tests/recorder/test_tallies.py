from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder.folder import retain
from asgi_mw.recorder.reader import Reader
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.tallies import Tallies

if TYPE_CHECKING:
    from pathlib import Path


def test_only_what_changed_is_written() -> None:
    """Most batches have nothing to tell."""
    dropped: dict[str, int] = {}
    tallies = Tallies(dropped, {"write: OSError": 1})
    assert tallies.unsaved() == {("fault", "write: OSError"): 1}
    tallies.written(tallies.unsaved())
    assert tallies.unsaved() == {}
    dropped["full"] = 3
    assert tallies.rows(tallies.unsaved()) == [("dropped", "full", 3)]


def test_the_segments_add_up_to_the_total() -> None:
    """What was dropped while no segment could be written is told in the next."""
    dropped = {"full": 2}
    tallies = Tallies(dropped, {})
    tallies.begin()
    first = tallies.rows(tallies.unsaved())
    tallies.written(tallies.unsaved())
    dropped["full"] = 7
    tallies.begin()
    assert first + tallies.rows(tallies.unsaved()) == [
        ("dropped", "full", 2),
        ("dropped", "full", 5),
    ]


def test_what_is_not_on_disk_yet_is_known() -> None:
    """The process itself tells the whole at any moment."""
    dropped = {"full": 2}
    tallies = Tallies(dropped, {"show: KeyError": 1})
    tallies.written(tallies.unsaved())
    dropped["full"] = 7
    assert (tallies.missing("dropped"), tallies.missing("fault")) == ({"full": 5}, {})


def test_the_counts_of_a_removed_segment_live_on(tmp_path: Path) -> None:
    """In the next segment of whoever removes it."""
    old = Segment(tmp_path)
    old.write([], tallies=[("dropped", "full", 3), ("fault", "write: OSError", 1)])
    old.close()
    tallies = Tallies({"full": 2}, {})
    new = Segment(tmp_path)
    tallies.begin()
    tallies.inherit(old.path)
    tallies.bequeath(new)
    new.close()
    retain(tmp_path, new.path.stat().st_size, None)
    assert Reader(tmp_path).counts()[2] == {"dropped": {"full": 5}, "fault": {"write: OSError": 1}}
    assert tallies.missing("dropped") == {}


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0"], ids=repr)
def test_a_broken_segment_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    """It goes all the same."""
    file = tmp_path / "a.db"
    file.write_bytes(content)
    tallies = Tallies({}, {})
    tallies.inherit(file)
    assert tallies.unsaved() == {}
