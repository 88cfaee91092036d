from __future__ import annotations

from asgi_mw.recorder.tallies import Tallies


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
