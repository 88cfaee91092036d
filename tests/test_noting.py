"""Notes are taken on any thread, bounded, and booked to the byte."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.connection import Connection, current
from asgi_mw.noting import MOST_NOTES, NOTE_COST, OVER_BUDGET, OVER_LIMIT, Notes, note, takers
from asgi_mw.snapshots import thawed
from asgi_mw.terms import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLENTY = 1 << 30


@pytest.fixture
def notes() -> Notes:
    """Room enough."""
    return Notes(Budget(PLENTY), PLENTY)


@pytest.fixture
def served(notes: Notes) -> Iterator[Notes]:
    """A connection in the context, of which notes are taken."""
    connection = Connection({"type": "http"})
    connection.notes = (notes,)
    token = current.set(connection)
    yield notes
    current.reset(token)


def on_a_thread(function: Callable[[], object]) -> None:
    """Run *function* on another thread, to its end."""
    thread = Thread(target=function)
    thread.start()
    thread.join()


def titles(notes: Notes) -> list[str]:
    """What is kept."""
    return [one.title for one in notes.noted.notes]


def test_what_is_taken_is_there(notes: Notes) -> None:
    """With a copy of the details, which may change behind our back."""
    detail = {"logger": "shop"}
    notes.take("log", "sold out", at=7, level="info", detail=detail)
    detail["logger"] = "changed"
    [one] = notes.noted.notes
    assert one.detail is not None
    assert ("log", 7, None, "sold out", "info", {"logger": "shop"}) == (
        *(one.kind, one.at, one.until, one.title, one.level, thawed(one.detail)),
    )


def test_what_went_on_is_closed(served: Notes) -> None:
    """With what is known only then."""
    opened = note("call", "GET /", at=5, detail={"method": "GET"})
    assert opened is not None
    opened.close(took=4, level="error", detail={"method": "GET", "status": 500})
    [one] = served.noted.notes
    assert one.detail is not None
    assert (9, "error", {"method": "GET", "status": 500}) == (
        *(one.until, one.level, thawed(one.detail)),
    )


def test_what_it_was_may_be_known_only_then(notes: Notes) -> None:
    """As of what blocked: who was seen most often counts, not who was seen first."""
    one = notes.take("blocked", "an import", detail={"stack": ["an import"]})
    assert one is not None
    notes.close(one, title="totals, again and again", detail={"stack": ["totals"]})
    noted = notes.end(0)
    assert ["totals, again and again"] == [one.title for one in noted.notes]
    assert sum(one.cost for one in noted.notes) == noted.cost


def test_all_who_record_the_connection_take_it(served: Notes, notes: Notes) -> None:
    """Two recordings of one connection do not know each other."""
    other = Notes(Budget(PLENTY), PLENTY)
    connection = current.get()
    assert connection is not None
    connection.notes = (notes, other)
    note("log", "sold out")
    assert ["sold out"] == titles(served) == titles(other)


def test_outside_of_a_connection_nobody_takes_it() -> None:
    """And nothing is done."""
    assert not takers()
    assert note("log", "sold out") is None


def test_the_first_and_the_newest_stay() -> None:
    """Of many, those in the middle are forgotten and counted."""
    notes = Notes(Budget(PLENTY), PLENTY)
    for number in range(MOST_NOTES + 10):
        notes.take("log", str(number))
    half = MOST_NOTES // 2
    expected = [str(n) for n in [*range(half), *range(half + 10, MOST_NOTES + 10)]]
    assert expected == titles(notes)
    assert {OVER_LIMIT: 10} == notes.noted.dropped


def test_bytes_are_bounded_too() -> None:
    """Of few that are large."""
    notes = Notes(Budget(PLENTY), 10 * NOTE_COST)
    for number in range(20):
        notes.take("log", f"{number:0{NOTE_COST}}")
    assert [0, 1, 17, 18, 19] == [int(title) for title in titles(notes)]
    assert {OVER_LIMIT: 15} == notes.noted.dropped


def test_long_texts_are_cut_and_counted(notes: Notes) -> None:
    """At a border, for half a secret would not be known for one."""
    notes.take(
        "log", "word " * 2000, detail={"logger": "x " * 5000, **{str(n): n for n in range(40)}}
    )
    [one] = notes.noted.notes
    assert one.detail is not None
    assert len(one.title) <= 4096
    assert 32 == len(thawed(one.detail))
    assert {"bytes of notes over 4,096 each", "values of notes over 32 each"} == set(
        notes.noted.dropped
    )


def test_without_memory_they_are_dropped_and_counted() -> None:
    """After somebody was asked to give some back."""
    budget = Budget(NOTE_COST + 3)
    asked: list[int] = []
    budget.relieve = asked.append
    notes = Notes(budget, PLENTY)
    notes.take("log", "one")
    notes.take("log", "two")
    assert ["one"] == titles(notes)
    assert ([NOTE_COST + 3], {OVER_BUDGET: 1}) == (asked, notes.noted.dropped)


def test_the_books_are_exact() -> None:
    """What was taken, added to and forgotten: the cost is what is kept."""
    budget = Budget(PLENTY)
    notes = Notes(budget, 10 * NOTE_COST)
    for number in range(30):
        one = notes.take("call", "x" * number)
        assert one is not None
        notes.close(one, detail={"status": 200})
    noted = notes.end(0)
    assert sum(one.cost for one in noted.notes) == noted.cost == PLENTY - budget.left


def test_another_thread_leaves_the_books_alone() -> None:
    """The connection's own thread books what it took, with the next note or at the end."""
    budget = Budget(PLENTY)
    notes = Notes(budget, PLENTY)
    on_a_thread(lambda: notes.take("log", "from a thread"))
    assert PLENTY == budget.left
    noted = notes.end(0)
    assert ["from a thread"] == [one.title for one in noted.notes]
    assert PLENTY - budget.left == noted.cost > NOTE_COST


def test_after_the_end_nothing_is_taken(served: Notes) -> None:
    """Nor held, whoever holds the connection in a context of its own."""
    opened = note("call", "GET /")
    noted = served.end(9)
    assert opened is not None
    opened.close(detail={"status": 200})
    assert note("log", "too late") is None
    assert ([None], 0) == ([one.until for one in noted.notes], served.taken)


def test_a_block_that_is_not_over_lasts_until_the_end(notes: Notes) -> None:
    """The loop answers only after the app returned."""
    notes.take("blocked", "report", at=3)
    notes.take("call", "GET /", at=3)
    assert [9, None] == [one.until for one in notes.end(9).notes]


def test_what_is_no_plain_value_is_named_by_its_type(notes: Notes) -> None:
    """Whatever a record was given as extra."""
    more: dict[str, Any] = {"extra": {"user": object()}}
    notes.take("log", "hello", detail=more)
    [one] = notes.noted.notes
    assert one.detail is not None
    assert {"extra": {"user": "<object>"}} == thawed(one.detail)
