"""What a process was serving when it died: found in its segment, whatever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.events import Event, Exchange, Worker
from asgi_mw.recorder.codec import encode, encode_view
from asgi_mw.recorder.lost import lost
from asgi_mw.recorder.purge import Purge
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.reader import Reader
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.spool import SpoolStore

if TYPE_CHECKING:
    from pathlib import Path


def view(number: int, path: str = "/", *events: Event) -> Exchange:
    """One exchange in flight."""
    scope = {"method": "GET", "path": path}
    worker = Worker("web-1", 7)
    return Exchange(f"{number:032x}", worker, "http", scope, number, events)


def sent(at: int, **message: Any) -> Event:
    return Event("send", at, at + 1, message)


START = sent(1, type="http.response.start", status=200)


def dead(folder: Path, *views: Exchange, stored: tuple[Exchange, ...] = ()) -> Segment:
    """A segment whose process was killed while it served *views*."""
    segment = Segment(folder)
    rows = [encode(one) for one in stored]
    segment.write(rows, shown=[(one.id, encode_view(one)) for one in views])
    segment._lock.release()
    segment._connection.close()
    return segment


def told(exchanges: list[Exchange]) -> list[tuple[str, str | None, int | None]]:
    return [(one.path, one.outcome, one.ended) for one in exchanges]


@pytest.mark.parametrize(
    ("events", "outcome", "ended"),
    [
        ((), "lost", None),
        ((START,), "lost", None),
        ((START, sent(3, type="http.response.body", more_body=True)), "lost", None),
        ((START, Event("send", 3, None, {"type": "http.response.body"})), "lost", None),
        ((Event("receive", 1, 2, {"type": "http.disconnect"}),), "lost", None),
        ((START, sent(3, type="http.response.body")), "complete", 4),
    ],
    ids=["silent", "begun", "streaming", "sending", "client gone", "over"],
)
def test_a_response_that_was_not_over_was_lost(
    events: tuple[Event, ...], outcome: str, ended: int | None
) -> None:
    """One that was over is what it was: only the work behind it was cut off."""
    assert [("/", outcome, ended)] == told([lost(view(1, "/", *events))])


def test_what_died_with_its_process_stands_among_the_others(tmp_path: Path) -> None:
    """In the order of time, by every way of reading."""
    dead(tmp_path, view(2, "/killer"), stored=(view(1, "/old"),))
    segment = Segment(tmp_path)
    segment.write([encode(view(3, "/new"))])
    reader = Reader(tmp_path)
    expected = [("/new", None, None), ("/killer", "lost", None), ("/old", None, None)]
    assert expected == told(list(reader.exchanges()))
    assert ["/killer"] == [one.path for one in reader.exchanges(Query(outcome="lost"))]
    assert [] == list(reader.exchanges(Query(outcome="lost", path="/new")))
    assert ["/killer"] == [one.path for one in [reader.get(f"{2:032x}")[0]] if one]
    assert [] == reader.in_flight()
    stats = SpoolStore(tmp_path).stats()
    assert (3, 1, 0) == (stats.exchanges, stats.lost, stats.in_flight)
    segment.close()


def test_a_process_that_lives_has_lost_nothing(tmp_path: Path) -> None:
    """Its views are what is in flight; what it stored after all is only that."""
    segment = Segment(tmp_path)
    segment.write([encode(view(1, "/stored"))], shown=[(f"{2:032x}", encode_view(view(2, "/now")))])
    reader = Reader(tmp_path)
    assert ["/stored"] == [one.path for one in reader.exchanges()]
    assert ["/now"] == [one.path for one in reader.in_flight()]
    assert 0 == SpoolStore(tmp_path).stats().lost
    segment.close()


@pytest.mark.parametrize("same_segment", [True, False])
def test_what_was_stored_after_all_was_not_lost(tmp_path: Path, *, same_segment: bool) -> None:
    """A full disk may keep a view where it is, though its exchange was written."""
    one = view(1, "/stored")
    dead(tmp_path, one, stored=(one,) if same_segment else ())
    if not same_segment:
        dead(tmp_path, stored=(one,))
    reader = Reader(tmp_path)
    assert [("/stored", None, None)] == told(list(reader.exchanges()))
    assert (one, False, ()) == reader.get(one.id)


def test_who_follows_is_told_once(tmp_path: Path) -> None:
    """When the process dies; what was lost before counts as seen."""
    dead(tmp_path, view(1, "/before"))
    segment = Segment(tmp_path)
    segment.write([], shown=[(f"{2:032x}", encode_view(view(2, "/now")))])
    reader = Reader(tmp_path)
    _, cursor = reader.follow()
    found, cursor = reader.follow(cursor)
    assert [] == found
    segment._lock.release()
    found, cursor = reader.follow(cursor)
    assert [("/now", "lost", None)] == told(found)
    assert ([], cursor) == reader.follow(cursor)
    segment._connection.close()


def test_what_was_lost_can_be_purged(tmp_path: Path) -> None:
    """By filter, and with the rest; what does not match stays, though nothing else does."""
    dead(tmp_path, view(1, "/a"), view(2, "/b"))
    assert 0 == Purge(tmp_path, lambda: None).matching(Query(path="/other"))
    removed = SpoolStore(tmp_path).purge(Query(outcome="lost", path="/a"))
    assert (1, ()) == (removed, removed.problems)
    assert ["/b"] == [one.path for one in Reader(tmp_path).exchanges()]
    assert 1 == Purge(tmp_path, lambda: None).matching(None)
    assert [] == list(tmp_path.glob("*.db*"))


def test_a_view_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """And hides no other."""
    segment = dead(tmp_path, view(1, "/good"))
    other = Segment(tmp_path)
    odd = encode_view(view(2, "/odd", sent(1, type=["http.response.start"])))
    other.write([], shown=[("7", "[]"), (f"{2:032x}", odd)])
    other._lock.release()
    other._connection.close()
    exchanges = Reader(tmp_path).exchanges()
    assert ["/good"] == [one.path for one in exchanges]
    for problems in (exchanges.problems, Reader(tmp_path).lost().problems):
        assert {other.path.name} == {problem.partition(":")[0].split()[0] for problem in problems}
        assert segment.path.name not in " ".join(problems)
    assert exchanges.problems == SpoolStore(tmp_path).stats().problems


def test_what_was_lost_and_cannot_be_read_is_not_purged_by_filter(tmp_path: Path) -> None:
    """It is told, and goes with the rest."""
    segment = dead(tmp_path, view(1, "/a"), view(2, "/b", sent(1, type=["http.response.start"])))
    removed = SpoolStore(tmp_path).purge(Query(method="GET"))
    assert removed == 1
    assert [segment.path.name] == [problem.split()[0] for problem in removed.problems]
    removed = SpoolStore(tmp_path).purge()
    assert (1, ()) == (removed, removed.problems)
    assert [] == list(tmp_path.glob("*.db*"))


def test_what_was_stored_after_all_and_purged_was_not_lost(tmp_path: Path) -> None:
    """Its view goes with it."""
    one = view(1, "/a")
    dead(tmp_path, one, stored=(one, view(2, "/b")))
    assert 1 == SpoolStore(tmp_path).purge(Query(path="/a"))
    assert ["/b"] == [one.path for one in Reader(tmp_path).exchanges()]


def test_what_was_lost_goes_after_what_was_stored_before(tmp_path: Path) -> None:
    """When the folder has to be smaller."""
    dead(tmp_path, view(2, "/killer"), stored=(view(1, "/old"),))
    size = SpoolStore(tmp_path).stats().bytes
    assert 1 == SpoolStore(tmp_path).purge(keep_bytes=size - 1)
    assert ["/killer"] == [one.path for one in Reader(tmp_path).exchanges()]
    assert 1 == SpoolStore(tmp_path).purge(keep_bytes=0)
    assert [] == list(tmp_path.glob("*.db*"))
