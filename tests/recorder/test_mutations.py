"""Whatever became of the files of a store: what can be read is, the rest is said, nobody fails."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import sys
import tempfile
from contextlib import closing, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_mw.cli import group
from asgi_mw.cli.listing import listing, row_of
from asgi_mw.cli.output import say_json
from asgi_mw.cli.portrait import portrait
from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import encode, encode_view
from asgi_mw.recorder.objects import whole
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.rows import object_of
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.recorder.store import Cursor
from tests.cli.facts import FAILED, IN_FLIGHT, LAYERED, NOTED
from tests.cli.fitting import fits

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.codec import Columns

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, pipes and resident memory")

_ROOM = 512 * 1024 * 1024
_MIB = 1024 if sys.platform == "linux" else 1  # ru_maxrss is in KiB there
_QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a folder of its own in it
_SEGMENTS = ("closed.db", "killed.db")
_ENDS = ("", "-wal", "-shm", "-journal")

numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([-1, 0, 1, 2**31, 2**62, 2**63 - 1, 2**63, 10**30, -(2**63)]),
)
leaves = st.one_of(
    st.none(), st.booleans(), numbers, st.floats(), st.text(max_size=20), st.just("\x1b[2J\n\x00")
)
marks = st.sampled_from(["$bytes", "$pairs", "$blob", "$text", "$int", "$float", "$dict", "$odd"])
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=5), inner, max_size=4),
        st.tuples(marks, inner).map(lambda pair: dict([pair])),
    ),
    max_leaves=12,
)
cells = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.binary(max_size=40),
    st.just("f" * 32),
)


@dataclass(frozen=True)
class Bytes:
    """Bytes of a file are written over, cut off, or added."""

    file: str
    at: int
    content: bytes
    cut: bool

    def apply(self, folder: Path) -> None:
        path = folder / self.file
        content = bytearray(path.read_bytes() if path.is_file() else b"")
        at = self.at % (len(content) + 1)
        content[at : at + len(self.content)] = self.content
        path.write_bytes(content[: at + len(self.content)] if self.cut else content)


@dataclass(frozen=True)
class Cell:
    """A column holds what it never would."""

    file: str
    table: str
    column: str
    value: Any
    seq: int

    def apply(self, folder: Path) -> None:
        sql = (
            f"UPDATE OR IGNORE {self.table} SET {self.column} = ? WHERE rowid >= ?"  # our own words
        )
        _execute(folder / self.file, sql, self.value, self.seq)


@dataclass(frozen=True)
class Fact:
    """A value in the JSON of a row is another one."""

    file: str
    table: str
    path: tuple[int, ...]
    value: Any

    def apply(self, folder: Path) -> None:
        rows = _execute(
            folder / self.file, f"SELECT rowid, facts FROM {self.table}"
        )  # our own words
        for row, facts in rows:
            try:
                parsed = json.loads(facts)
            except (TypeError, ValueError):
                continue
            changed = json.dumps(_replaced(parsed, self.path, self.value))
            _execute(
                folder / self.file,
                f"UPDATE {self.table} SET facts = ? WHERE rowid = ?",  # our own words
                changed,
                row,
            )


@dataclass(frozen=True)
class Sql:
    """Something else is done to a database."""

    file: str
    sql: str

    def apply(self, folder: Path) -> None:
        _execute(folder / self.file, self.sql)


@dataclass(frozen=True)
class Odd:
    """In the place of a file is none."""

    file: str
    kind: str

    def apply(self, folder: Path) -> None:
        path = folder / self.file
        if path.is_dir() and not path.is_symlink():
            return
        path.unlink(missing_ok=True)
        if self.kind == "pipe":
            os.mkfifo(path)
        elif self.kind == "folder":
            path.mkdir()
        elif self.kind == "link":
            path.symlink_to(folder.parent / "elsewhere")
        elif self.kind == "loop":
            path.symlink_to(path)


def _replaced(value: Any, path: tuple[int, ...], new: Any) -> Any:
    if not path or not isinstance(value, (dict, list)) or not value:
        return new
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[path[0] % len(keys)]
    value[key] = _replaced(value[key], path[1:], new)
    return value


def _execute(path: Path, sql: str, *values: Any) -> list[Any]:
    """Do it, if *path* is still a database that lets itself be asked."""
    if not path.is_file():
        return []
    with suppress(sqlite3.Error, OverflowError, UnicodeError), closing(sqlite3.connect(path)) as it:
        it.execute("PRAGMA writable_schema = ON")
        it.execute("PRAGMA synchronous = OFF")
        rows = it.execute(sql, values).fetchall()
        it.commit()
        return rows
    return []


files = st.sampled_from(_SEGMENTS)
parts = st.builds("".join, st.tuples(files, st.sampled_from(_ENDS)))
columns = st.sampled_from([*schema.COLUMNS, "seq"])
tables = st.sampled_from(["exchange", "in_flight"])
statements = st.sampled_from(
    [
        "DROP TABLE exchange",
        "DROP TABLE tally",
        "DELETE FROM sqlite_sequence",
        "ALTER TABLE exchange ADD COLUMN more",
        "CREATE TABLE other (a)",
        "CREATE INDEX slow ON exchange (hex(zeroblob(100000)))",
        "CREATE TRIGGER t AFTER DELETE ON exchange BEGIN DELETE FROM tally; END",
        "ALTER TABLE tally RENAME TO gone",
        "CREATE VIEW tally2 AS SELECT * FROM tally",
        "PRAGMA user_version = 2",
        "PRAGMA user_version = -2147483648",
        "PRAGMA application_id = 1",
        "PRAGMA journal_mode = DELETE",
        "UPDATE sqlite_master SET sql = 'CREATE TABLE x (y)' WHERE name = 'exchange'",
        "UPDATE sqlite_master SET rootpage = 2",
        "UPDATE sqlite_master SET rootpage = 2000000000",
        "UPDATE exchange SET facts = replace(facts, '\"events\":[', '\"events\":[[],')",
        "UPDATE exchange SET facts = facts || facts",
        "UPDATE exchange SET facts = hex(zeroblob(9000000))",
        "UPDATE exchange SET bodies = NULL",
        "INSERT INTO tally VALUES ('dropped', 'x', 9223372036854775807)",
        "INSERT INTO tally VALUES (x'00', x'ff', -1)",
        "INSERT INTO tally SELECT 'fault', hex(randomblob(20)), 1 FROM exchange",
        "INSERT INTO in_flight SELECT id, facts FROM exchange",
        "UPDATE exchange SET seq = 9223372036854775807, id = 'x' WHERE seq = 3",
    ]
)
mutations = st.one_of(
    st.builds(
        Bytes,
        parts,
        st.one_of(st.integers(0, 1000), st.integers(0, 60_000)),
        st.binary(max_size=64),
        st.booleans(),
    ),
    st.builds(Cell, files, st.just("exchange"), columns, cells, st.integers(0, 4)),
    st.builds(
        Cell, files, st.just("in_flight"), st.sampled_from(["id", "facts"]), cells, st.just(0)
    ),
    st.builds(Fact, files, tables, st.lists(st.integers(0, 20), max_size=6).map(tuple), values),
    st.builds(Sql, files, statements),
    st.builds(
        Odd,
        st.one_of(parts, st.sampled_from(["killed.lock", "killed.release", "more.db"])),
        st.sampled_from(["pipe", "folder", "link", "loop", "nothing"]),
    ),
)
commands = st.sampled_from(
    [
        ("ls",),
        ("ls", "--json", "--text", "a"),
        ("ls", "--in-flight"),
        ("show", "last", "--full"),
        ("show", "7", "--json"),
        ("doctor",),
        ("purge", "--all", "--yes"),
        ("purge", "--path", "/up*", "--yes"),
        ("purge", "--older-than", "0s", "--dry-run"),
        ("purge", "--keep-bytes", "9k", "--yes"),
        ("purge", "--id", "7", "--yes"),
    ]
)
programs = st.tuples(st.lists(mutations, min_size=1, max_size=4), commands)


@cache
def template() -> dict[str, bytes]:
    """The files of a closed segment, and of one whose process was killed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for target, start in zip(_SEGMENTS, (0, 5), strict=True):
            segment = Segment(folder)
            rows = [_numbered(number) for number in range(start, start + 5)]
            shown = [(IN_FLIGHT.id, encode_view(IN_FLIGHT))]
            segment.write(rows, shown, (), [("dropped", "full", 2)])
            if target == "closed.db":
                segment.close()
            for path in folder.glob("2*.db*"):
                path.with_name(target + path.name.partition(".db")[2]).write_bytes(
                    path.read_bytes()
                )
            if target != "closed.db":
                segment.close()
            for path in folder.glob("2*"):
                path.unlink()
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def _numbered(number: int) -> Columns:
    facts = (NOTED, FAILED, LAYERED)[number % 3]
    row = list(encode(facts))
    one = f"{number:032x}"
    row[0], row[-2] = one, str(row[-2]).replace(facts.id, one)
    return tuple(row)


def check(program: tuple[list[Any], tuple[str, ...]]) -> None:
    """No call of a store and no command fails on such a folder, nor leaves it."""
    mutated, command = program
    with tempfile.TemporaryDirectory(dir=_QUICK) as name, redirect_stdout(StringIO()):
        folder = Path(name) / "spool"
        folder.mkdir(mode=0o700)
        for file, content in template().items():
            (folder / file).write_bytes(content)
        # Links and pipes come last, for the others write into what is there
        for mutation in sorted(mutated, key=lambda one: isinstance(one, Odd)):
            with suppress(OSError):
                mutation.apply(folder)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        _read(folder)
        result = CliRunner().invoke(group, [*command, "--store", str(folder)])
        assert result.exception is None or isinstance(result.exception, SystemExit), command
        assert result.exit_code in {0, 1, 2}
        assert "Traceback" not in result.stderr
        _remove(folder)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert (after - before) * _MIB < _ROOM
        assert [folder] == list(Path(name).iterdir())


def _read(folder: Path) -> None:
    store = SpoolStore(folder)
    reading = store.exchanges()
    found = list(reading)
    news, _ = store.follow(Cursor())
    flying = store.in_flight()
    stats = store.stats()
    page = store.rows(parse("-text:nowhere"), seconds=600)
    new_rows, _ = store.follow_rows(Cursor())
    for row in (*page, *new_rows):
        assert all(isinstance(one, str) for one in object_of(row))
    assert store.count() >= 0
    for problem in (
        *page.problems,
        *reading.problems,
        *news.problems,
        *flying.problems,
        *stats.problems,
    ):
        assert len(problem) < 1000
    for exchange in (*found, *news, *flying):
        _show(exchange)
    with suppress(StoreError):  # something cannot be read, and it may be there
        store.get("7")


def _show(exchange: Exchange) -> None:
    for columns in (None, 40):
        for line in (
            *portrait(exchange, full=True, columns=columns),
            *listing([row_of(exchange)], columns),
        ):
            assert all(isinstance(text, str) for text, _ in line)
    with redirect_stdout(StringIO()) as out:
        say_json(whole(exchange))
    fits("jsonl", out.getvalue())


def _remove(folder: Path) -> None:
    store = SpoolStore(folder)
    for removed in (store.purge(Query(method="POST")), store.purge(keep_bytes=0), store.purge()):
        assert removed >= 0
        assert all(isinstance(problem, str) for problem in removed.problems)


@settings(max_examples=60, deadline=None)
@given(programs)
def test_no_mutation_ends_in_a_traceback(program: tuple[list[Any], tuple[str, ...]]) -> None:
    """`make fuzz` tries many more."""
    check(program)
