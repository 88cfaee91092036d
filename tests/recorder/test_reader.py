from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.events import Exchange, Worker
from asgi_mw.recorder import questions as room
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import encode, encode_view
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.reader import Reader
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.recorder.store import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def exchange(number: int, path: str = "/") -> Exchange:
    scope = {"method": "GET", "path": path}
    worker = Worker("web-1", 7)
    one = f"{number:032x}"
    return Exchange(id=one, worker=worker, type="http", scope=scope, began=number % 2**32)


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[[Iterable[int]], Segment]]:
    """Make a segment with exchanges of these numbers, which stays open."""
    made: list[Segment] = []

    def write(numbers: Iterable[int]) -> Segment:
        segment = Segment(tmp_path)
        segment.write([encode(exchange(number, f"/{number}")) for number in numbers])
        made.append(segment)
        return segment

    yield write
    for segment in made:
        segment.close()


def numbers(exchanges: Iterable[Exchange]) -> list[int]:
    return [int(exchange.id, 16) for exchange in exchanges]


def test_all_workers_are_merged_newest_first(
    tmp_path: Path, write: Callable[..., Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the order of their files, and over many pages."""
    monkeypatch.setattr(room, "_PAGE", 3)
    write(range(100, 120))
    write(range(0, 50, 2))
    write(range(1, 50, 2))
    write([])
    assert numbers(Reader(tmp_path).exchanges()) == [*range(119, 99, -1), *range(49, -1, -1)]


def test_who_stops_reading_leaves_no_file_open(
    tmp_path: Path, write: Callable[..., Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was being read is closed as well."""
    write(range(0, 50, 2))
    write(range(1, 50, 2))
    opened: list[sqlite3.Connection] = []
    connect = schema.connect

    def noted(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
        opened.append(connect(path, mode, timeout))
        return opened[-1]

    monkeypatch.setattr(schema, "connect", noted)
    newest = numbers(islice(Reader(tmp_path).exchanges(), 2))

    assert [49, 48] == newest
    assert len(opened) >= 2
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_a_query_is_answered_from_all_of_them(
    tmp_path: Path, write: Callable[..., Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQL picks, and the query judges."""
    monkeypatch.setattr(room, "_PAGE", 3)
    write(range(20))
    write(range(20, 40))
    found = Reader(tmp_path).exchanges(Query(path="/[13]?", since=12))
    assert numbers(found) == [*range(39, 29, -1), *range(19, 11, -1)]


def test_files_are_opened_as_they_are_needed(
    tmp_path: Path, write: Callable[..., Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest of a large store come without reading the old."""
    for start in range(0, 100, 10):
        write(range(start, start + 10))
    opened = []
    real = room.matching

    def matching(*asked: Any) -> Iterator[tuple[str, int]]:
        opened.append(1)
        return real(*asked)

    monkeypatch.setattr(room, "matching", matching)
    exchanges = Reader(tmp_path).exchanges()
    assert numbers(next(exchanges) for _ in range(5)) == [99, 98, 97, 96, 95]
    assert len(opened) == 1
    exchanges.close()


def test_a_slow_reader_does_not_keep_the_log_from_being_reset(
    tmp_path: Path, write: Callable[..., Segment]
) -> None:
    """It holds no transaction between two exchanges."""
    segment = write(range(10))
    exchanges = Reader(tmp_path).exchanges()
    next(exchanges)
    rows = segment._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert rows == [(0, 0, 0)]
    assert len(list(exchanges)) == 9


def test_what_vanishes_while_it_is_read_is_no_problem(
    tmp_path: Path, write: Callable[..., Segment]
) -> None:
    """It was removed for its age or size, or purged."""
    first, second = write(range(10)), write(range(10, 20))
    reader = Reader(tmp_path)
    exchanges = reader.exchanges()
    assert numbers([next(exchanges)]) == [19]
    first.path.unlink()
    second._connection.execute("DELETE FROM exchange WHERE seq < 8")
    assert numbers(exchanges) == [18, 17]
    assert exchanges.problems == ()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        pytest.param(f"{0xABC:032x}", 0xABC, id="the whole id"),
        pytest.param("abc", 0xABC, id="its end"),
        pytest.param("f0", 0xF0 << 120, id="its beginning"),
        pytest.param("0", None, id="several"),
        pytest.param("bc", None, id="several in two files"),
        pytest.param("123", None, id="none"),
        pytest.param("", None, id="nothing"),
        pytest.param("ABC", None, id="upper case"),
        pytest.param("%", None, id="a pattern"),
        pytest.param("a" * 33, None, id="too long"),
    ],
)
def test_one_exchange_is_found_by_a_part_of_its_id(
    tmp_path: Path, write: Callable[..., Segment], part: str, expected: int | None
) -> None:
    """Which has to be the part of one only."""
    write([0xABC, 0xF0 << 120])
    write([0xBBC, 1])
    found, *_ = Reader(tmp_path).get(part)
    assert (None if found is None else int(found.id, 16)) == expected


def test_following_misses_nothing(tmp_path: Path, write: Callable[..., Segment]) -> None:
    """Not even exchanges that began early and ended late."""
    first = write([1, 2])
    reader = Reader(tmp_path)
    nothing, cursor = reader.follow()
    assert nothing == []
    first.write([encode(exchange(7))])
    second = write([5])
    found, cursor = reader.follow(cursor)
    assert numbers(found) == [5, 7]
    first.write([encode(exchange(0))])
    second.write([encode(exchange(6))])
    found, cursor = reader.follow(cursor)
    assert numbers(found) == [0, 6]
    assert reader.follow(cursor) == ([], cursor)


def test_following_takes_much_in_parts(
    tmp_path: Path, write: Callable[..., Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old cursor does not load the whole store at once."""
    monkeypatch.setattr(room, "_FOLLOWED", 4)
    write(range(10))
    cursor, found = Cursor(), []
    while True:
        some, cursor = Reader(tmp_path).follow(cursor)
        if not some:
            break
        assert len(some) <= 4
        found += numbers(some)
    assert found == list(range(10))


def test_only_live_workers_serve(tmp_path: Path, write: Callable[..., Segment]) -> None:
    """What a dead one served when it died is no longer in flight."""
    live, dead = write([1]), write([2])
    shown = exchange(9)
    for segment in (live, dead):
        segment.write([], shown=[(shown.id, encode_view(shown))])
    dead._lock.release()
    reader = Reader(tmp_path)
    assert reader.in_flight() == [shown]
    assert reader.in_flight({live.path}) == []


def test_what_every_worker_counted_adds_up(tmp_path: Path, write: Callable[..., Segment]) -> None:
    """Exchanges, bytes, losses and faults."""
    for count in (1, 2):
        write(range(count)).write([], tallies=[("dropped", "full", count), ("fault", "x", 1)])
    exchanges, size, tallies, problems = Reader(tmp_path).counts()
    assert problems == ()
    assert (exchanges, tallies) == (3, {"dropped": {"full": 3}, "fault": {"x": 2}})
    assert size > 8192


def garbage(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9000])


def newer(path: Path) -> None:
    alter(path, "PRAGMA user_version = 4")


def other(path: Path) -> None:
    alter(path, "PRAGMA application_id = 7")


def hostile(path: Path) -> None:
    alter(path, "UPDATE exchange SET facts = '[' || facts")


def binary(path: Path) -> None:
    alter(path, "UPDATE exchange SET facts = CAST(x'ff' AS TEXT)")


def number(path: Path) -> None:
    alter(path, "UPDATE exchange SET id = seq || 'z', facts = 7")


def bits(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(4096, len(content), 7):
        content[place] ^= 0x55
    path.write_bytes(content)


def alter(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)


@pytest.mark.parametrize("spoil", [garbage, cut, newer, other, hostile, binary, number, bits])
def test_a_bad_file_is_told_and_does_not_hide_the_others(
    tmp_path: Path, write: Callable[..., Segment], spoil: Callable[[Path], None]
) -> None:
    """Every way of reading goes on without it, and names it."""
    bad = Segment(tmp_path)
    bad.write([encode(exchange(number, "/bad")) for number in range(2, 60)])
    bad.close()
    spoil(bad.path)
    write([1])
    reader = Reader(tmp_path)
    exchanges = reader.exchanges()
    assert [one.path for one in exchanges if one.path != "/bad"] == ["/1"]
    assert bad.path.name in " ".join(exchanges.problems)
    found, _ = reader.follow(Cursor())
    assert "/1" in [one.path for one in found]
    assert reader.in_flight() == []
    assert reader.counts()[0] >= 1
    one, *_ = reader.get(f"{1:032x}")
    assert one is not None
    assert one.path == "/1"


def test_a_row_without_facts_is_told_and_hides_no_other(
    tmp_path: Path, write: Callable[..., Segment]
) -> None:
    """One byte of its record says so, though the schema does not allow it."""
    segment = write(range(3))
    segment.close()
    declared, lax = "facts      TEXT NOT NULL", "facts      TEXT         "
    for one, other, change in (
        (declared, lax, "UPDATE exchange SET facts = NULL WHERE seq = 2"),
        (lax, declared, "SELECT 1"),
    ):
        with closing(sqlite3.connect(segment.path)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(
                "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'exchange'",
                (one, other),
            )
            connection.commit()
        with closing(sqlite3.connect(segment.path)) as connection:
            connection.execute(change)
            connection.commit()
    found, _ = Reader(tmp_path).follow(Cursor({}))

    assert [0, 2] == numbers(found)
    assert len(found.problems) == 1


def test_an_empty_file_is_no_problem(tmp_path: Path, write: Callable[..., Segment]) -> None:
    """A worker is just making it."""
    write([1])
    (tmp_path / "new.db").touch()
    exchanges = Reader(tmp_path).exchanges()
    assert numbers(exchanges) == [1]
    assert exchanges.problems == ()


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """Nothing was recorded yet."""
    reader = Reader(tmp_path / "none")
    assert list(reader.exchanges()) == []
    assert reader.get("a") == (None, False, ())
    assert reader.follow() == ([], Cursor())
    assert reader.counts() == (0, 0, {"dropped": {}, "fault": {}}, ())


def test_reading_leaves_no_traces(tmp_path: Path, write: Callable[..., Segment]) -> None:
    """A closed segment stays one file."""
    segment = Segment(tmp_path)
    segment.write([encode(exchange(1))])
    segment.close()
    assert numbers(Reader(tmp_path).exchanges()) == [1]
    assert list(tmp_path.iterdir()) == [segment.path]


FORMAT_1 = Path(__file__).with_name("format_1.sql").read_text()


def test_what_format_1_holds_is_read_and_purged(tmp_path: Path) -> None:
    """With whatever query; of traces it knew nothing."""
    folder = tmp_path / "old"
    store = SpoolStore(folder)
    folder.mkdir()
    path = folder / "20261128T150252.751706Z-web_1-4242-394d2124.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FORMAT_1)

    late, users, life = store.exchanges()
    assert store.exchanges().problems == ()
    assert [(one.path, one.outcome) for one in (late, users, life)] == [
        *(("/late", "complete"), ("/users/7", "complete"), ("", "error")),
    ]
    assert (late.request_id, late.trace_id, late.returned) == ("a-1", None, None)
    assert late.error is not None and not late.error.swallowed
    assert [one.id for one in store.exchanges(Query(text="a-1"))] == [late.id, users.id]
    assert list(store.exchanges(Query(trace="0a"))) == []
    assert store.get(users.id) == users
    assert store.purge(Query(trace="0a")) == 0
    assert store.purge(Query(path="/users/*")) == 1
    assert [one.id for one in store.exchanges()] == [late.id, life.id]
