from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.recorder.results import Found, Reading, Removed, Snags
from tests.cli.facts import EXCHANGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Exchange


def test_each_file_has_one_line() -> None:
    """With its first problem, and how many more there were."""
    snags = Snags()
    for number in range(3):
        snags.add("a.db", f"a.db: row {number}")
    snags.add("b.db", "b.db: gone")
    assert snags.lines() == ("a.db: row 0 (and 2 more of this file)", "b.db: gone")


def test_a_folder_of_any_number_of_bad_files_is_told_in_a_hundred_lines() -> None:
    """The rest is counted."""
    snags = Snags()
    for number in range(1000):
        snags.add(f"{number}", f"{number} is bad")
    *named, last = snags.lines()
    assert len(named) == 100
    assert last == "and 900 problems more, with other files"


def test_what_another_call_said_is_not_said_twice() -> None:
    """One file is asked several times."""
    snags = Snags()
    snags.add("a", "a is bad")
    snags.take(["a is bad", "b is bad"])
    assert snags.lines() == ("a is bad", "b is bad")


def test_results_are_what_they_were_and_carry_their_problems() -> None:
    """A list, a number and an iterator."""
    found, removed = Found((), ["a"]), Removed(3, ["b"])
    assert (found, found.problems) == ([], ("a",))
    assert (removed, removed.problems) == (3, ("b",))
    assert (Found().problems, Removed(0).problems) == ((), ())


def test_a_reading_tells_what_it_met_so_far() -> None:
    """And can be left at any time."""
    snags = Snags()

    def exchanges() -> Iterator[Exchange]:
        for name in ("a", "b"):
            snags.add(name, f"{name} is bad")
            yield EXCHANGE

    reading = Reading(exchanges(), snags)
    told = [reading.problems]
    assert next(reading) is EXCHANGE
    told.append(reading.problems)
    reading.close()
    assert told == [(), ("a is bad",)]
    assert list(reading) == []
    Reading(iter(()), snags).close()
