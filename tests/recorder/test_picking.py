"""What matches is read from the oldest to the newest, without all of it in memory."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder import open_store
from asgi_mw.recorder.adding import add
from asgi_mw.recorder.codec import encode, encode_view
from asgi_mw.recorder.keeping import mark
from asgi_mw.recorder.picking import Picked
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.segment import Segment
from tests.cli.facts import IN_FLIGHT
from tests.recorder.made import made

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_mw.recorder.store import Store
    from tests.recorder.conftest import Serve

NUMBERS = [3, 1, 5, 2, 4]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files, whose exchanges are interleaved."""
    for some in (NUMBERS[:2], NUMBERS[2:4], NUMBERS[4:]):
        file = Segment(tmp_path)
        file.write([encode(made(number, path=f"/{number}")) for number in some])
        file.close()
    return tmp_path


def paths(picked: Picked) -> list[str]:
    """The paths of those that are read, in that order."""
    return [one.path for one in picked.oldest_first()]


def test_the_oldest_is_first_whatever_file_it_is_in(folder: Path) -> None:
    """Each once, though it is kept besides."""
    mark(folder, made(2, path="/2"))
    steps: list[None] = []
    picked = Picked(open_store(folder), parse(""), step=lambda: steps.append(None))
    assert ["/1", "/2", "/3", "/4", "/5"] == paths(picked)
    assert (5, 5) == (len(picked), len(steps))


def test_the_newest_so_many_or_named_ones(folder: Path) -> None:
    """Still the oldest of them first."""
    store = open_store(folder)
    assert ["/4", "/5"] == paths(Picked(store, parse(""), limit=2))
    assert ["/3"] == paths(Picked(store, parse("path:/3")))
    assert ["/1", "/4"] == paths(Picked(store, parse(""), ids=[f"{4:032x}", f"{1:032x}"]))
    assert [] == paths(Picked(store, parse("path:/nowhere")))


def test_many_are_read_in_batches(tmp_path: Path) -> None:
    """More than one statement asks for."""
    add(tmp_path, (made(number, path=f"/{number}") for number in range(1, 1203)))
    assert [f"/{number}" for number in range(1, 1203)] == paths(
        Picked(open_store(tmp_path), parse(""))
    )


def test_what_a_process_left_behind_is_among_them(folder: Path) -> None:
    """It is in no row of a file."""
    file = Segment(folder)
    file.write([], shown=[(IN_FLIGHT.id, encode_view(IN_FLIGHT))])
    file._connection.close()
    file._lock.release()
    found = list(Picked(open_store(folder), parse("")).oldest_first())
    assert [(IN_FLIGHT.id, "lost")] == [(one.id, one.outcome) for one in found[5:]]


def test_what_cannot_be_read_is_said_and_left_out(folder: Path) -> None:
    """By the file that it is in."""
    path = min(folder.glob("*.db"))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE exchange SET facts = '{' WHERE path = '/3'")
    connection.close()
    reading = Picked(open_store(folder), parse("")).oldest_first()
    assert ["/1", "/2", "/4", "/5"] == [one.path for one in reading]
    [problem] = reading.problems
    assert path.name in problem


def test_what_was_removed_meanwhile_is_left_out(folder: Path) -> None:
    """Without a word, as for every reader."""
    store = open_store(folder)
    picked = Picked(store, parse(""))
    store.purge(parse("path:/3"))
    assert ["/1", "/2", "/4", "/5"] == paths(picked)


def test_a_store_that_is_no_folder_is_asked_for_each(serve: Serve) -> None:
    """By its id."""
    store: Store = open_store("memory:")
    for path in ("/a", "/b"):
        serve(store, path)
    assert ["/a", "/b"] == paths(Picked(store, parse("")))
