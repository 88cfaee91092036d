from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.errors import StoreError
from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.conditions import Source, condition
from asgi_mw.recorder.naming import OUTCOMES
from asgi_mw.recorder.query import Query, search_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PARTS = st.sampled_from(["/", "a", "b", "é", "\0", "\ud800", "*", "?", "[", "]", "_", "%", "\n"])
TEXTS = st.lists(PARTS, max_size=5).map("".join)


def none_or_some(one: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """What a field of text takes."""
    return st.none() | one | st.lists(one, max_size=2)


QUERIES = st.builds(
    Query,
    type=none_or_some(st.sampled_from(["http", "websocket", "ws"])),
    method=none_or_some(st.sampled_from(["get", "ß", "SS"])),
    path=none_or_some(TEXTS),
    status=none_or_some(st.sampled_from(["2xx", "5XX", "404", "500"])),
    outcome=none_or_some(st.sampled_from(OUTCOMES)),
    longer=st.none() | st.floats(-1, 3) | st.just(float("inf")),
    trace=none_or_some(st.sampled_from(["0", "0a", "b"])),
    text=none_or_some(TEXTS),
    route=none_or_some(TEXTS),
    header=none_or_some(st.sampled_from(["host", "host: a"])),
    body=none_or_some(st.sampled_from(["a", "b"])),
    id=none_or_some(st.text("0123456789abcdef", max_size=2)),
    since=st.none() | st.integers(0, 9) | st.just(2**70),
    until=st.none() | st.integers(0, 9) | st.just(2**70),
)
EXCHANGES = st.builds(
    Exchange,
    id=st.uuids().map(lambda uuid: uuid.hex),
    worker=st.just(Worker("a", 1)),
    type=st.sampled_from(["http", "websocket"]),
    scope=st.fixed_dictionaries(
        {
            "method": st.sampled_from(["GET", "get", "ß"]),
            "path": TEXTS,
            "query_string": st.binary(max_size=2),
            "headers": st.just([[b"host", b"a"]]),
        }
    ),
    began=st.integers(0, 9),
    events=st.just(())
    | st.sampled_from([200, 404, 500, 2**70, True]).map(
        lambda status: (
            Event("send", 1, 2, {"type": "http.response.start", "status": status}),
            Event("send", 3, 4, {"type": "http.response.body", "body": b"a"}),
        )
    ),
    ended=st.none() | st.integers(0, 3_000_000_000),
    outcome=st.none() | st.sampled_from(OUTCOMES),
    route=st.none() | TEXTS,
    request_id=st.none() | TEXTS,
    trace_id=st.none() | st.sampled_from(["0a", "0b", "b", "\0"]),
    span_id=st.none() | TEXTS,
    error=st.none() | st.builds(Failure, TEXTS, TEXTS, TEXTS, st.integers(0, 9)),
)


@given(st.lists(EXCHANGES, min_size=1, max_size=5), QUERIES)
def test_the_sql_of_a_query_finds_all_that_it_matches(
    exchanges: list[Exchange], query: Query
) -> None:
    """SQL may find more, for the query itself judges what it found; never less."""
    where, values = condition(query.search, Source(schema.VERSION))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.create(connection)
        for exchange in exchanges:
            connection.execute(schema.insert(1), encode(exchange))
        found = {
            one for [one] in connection.execute(f"SELECT id FROM exchange WHERE {where}", values)
        }
    assert {exchange.id for exchange in exchanges if query.matches(exchange)} <= found


def test_without_a_query_everything_is_found() -> None:
    """Nothing filters nothing."""
    assert (
        condition(search_of(None), Source(3)) == condition(Query().search, Source(1)) == ("1", [])
    )


def made(path: Path, *statements: str) -> Path:
    """A spool file, and then what somebody did to it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.create(connection)
        for statement in statements:
            connection.execute(statement)
    return path


def verified(path: Path) -> bool:
    with closing(schema.connect(path, "ro", 0.1)) as connection:
        return schema.verify(connection, path.name)


def test_a_file_of_ours_is_one(tmp_path: Path) -> None:
    """An index that somebody adds to find things faster does no harm."""
    path = made(tmp_path / "a.db", "CREATE INDEX mine ON exchange (request_id)")
    assert verified(path)


def test_an_empty_file_is_not_yet_one(tmp_path: Path) -> None:
    """So it looks between its making and its first commit."""
    path = tmp_path / "a.db"
    path.touch()
    assert not verified(path)


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        pytest.param(
            ["PRAGMA application_id = 7"],
            r"a.db is a database of another program; move it",
            id="another program",
        ),
        pytest.param(
            ["PRAGMA user_version = 4"],
            r"a.db has format 4, this asgi-mw reads 1 to 3; .*pip install --upgrade",
            id="newer version",
        ),
        pytest.param(
            ["PRAGMA user_version = 1"],
            "a.db was altered",
            id="a version that it is not of",
        ),
        pytest.param(
            ["CREATE TRIGGER t AFTER DELETE ON exchange BEGIN DELETE FROM tally; END"],
            "a.db was altered",
            id="trigger",
        ),
        pytest.param(
            ["DROP TABLE exchange", "CREATE VIEW exchange AS SELECT 1 AS seq, 'a' AS id"],
            "a.db was altered",
            id="view with the name of our table",
        ),
        pytest.param(
            [
                "DROP TABLE in_flight",
                "CREATE TABLE in_flight (id, facts AS (zeroblob(1000000000)))",
            ],
            "a.db was altered",
            id="generated column",
        ),
        pytest.param(["DROP TABLE tally"], "a.db was altered", id="missing table"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(
    tmp_path: Path, statements: list[str], problem: str
) -> None:
    """Nothing in it is run or read; the message names the file and the mend."""
    with pytest.raises(StoreError, match=problem):
        verified(made(tmp_path / "a.db", *statements))


def test_a_reading_connection_cannot_write(tmp_path: Path) -> None:
    """Not even by mistake."""
    path = made(tmp_path / "a.db")
    with (
        closing(schema.connect(path, "ro", 0.1)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM exchange")


def test_a_name_with_characters_of_a_url_is_opened(tmp_path: Path) -> None:
    """A path is quoted in the address that SQLite is given."""
    folder = tmp_path / "50% of #1? é"
    folder.mkdir()
    assert verified(made(folder / "a.db"))


def test_tables_that_are_made_meanwhile_are_not_foreign(tmp_path: Path) -> None:
    """All that is asked about them is asked of one snapshot."""
    path = tmp_path / "new.db"
    path.touch()
    with closing(schema.connect(path, "rw", 1)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")

        class Interrupted(sqlite3.Connection):
            """The tables are made right after it has looked for them."""

            def execute(self, sql: str, *values: Any) -> Any:
                cursor = super().execute(sql, *values)
                if "sqlite_master" in sql:
                    found = cursor.fetchall()
                    schema.create(writer)
                    return SimpleNamespace(fetchall=lambda: found)
                return cursor

        with closing(sqlite3.connect(path, isolation_level=None, factory=Interrupted)) as reader:
            assert not schema.verify(reader, path.name)
            assert schema.verify(writer, path.name)


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("elsewhere")])
def test_only_plain_files_are_opened(
    tmp_path: Path, make: Callable[[Path], object], end: str
) -> None:
    """SQLite would follow a link, and wait for the other end of a pipe."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        schema.create(connection)
    odd = tmp_path / f"a.db{end}"
    odd.unlink(missing_ok=True)
    make(odd)
    with pytest.raises(StoreError, match=f"a.db{end} is no plain file; remove it"):
        schema.connect(path, "ro", 1)


def test_only_counts_that_can_be_right_are_taken() -> None:
    """Others would not fit into the columns that they are added up in."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.create(connection)
        rows: list[tuple[Any, ...]] = [
            ("dropped", "full", 2),
            ("dropped", "huge", 2**63 - 1),
            ("dropped", "negative", -1),
            ("fault", b"\xff", 1),
            ("fault", "none", "many"),
            ("other", "kind", 1),
            ("fault", "x" * 500, 1),
        ]
        connection.executemany("INSERT INTO tally VALUES (?, ?, ?)", rows)
        assert schema.tallies(connection) == [("dropped", "full", 2), ("fault", "x" * 200, 1)]
