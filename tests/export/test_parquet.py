"""Parquet has a typed row for each exchange, or each event."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from asgi_mw.errors import MissingExtraError
from asgi_mw.export import parquet, write_parquet
from tests.cli.facts import EXCHANGE, FAILED, LOST, NO_LIFESPAN
from tests.recorder.made import made


def rows(path: Path, what: str = "*") -> list[dict[str, Any]]:
    """The rows of a file."""
    with duckdb.connect() as database:
        answer = database.execute(f"SELECT {what} FROM read_parquet($1)", [str(path)])
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def test_each_exchange_is_a_row(tmp_path: Path) -> None:
    """Moments are moments, numbers numbers, and what there is not is null."""
    path = tmp_path / "a.parquet"
    assert 4 == write_parquet([EXCHANGE, FAILED, LOST, NO_LIFESPAN], path).count
    first, failed, lost, lifespan = rows(path, "* EXCLUDE (began)")
    assert {
        "id": EXCHANGE.id,
        "type": "http",
        "method": "POST",
        "path": "/upload",
        "query": "a=1",
        "route": "/upload",
        "status": 201,
        "status_by": "app",
        "outcome": "complete",
        "duration_ms": 10.0,
        "first_byte_ms": 6.0,
        "receive_ms": 4.0,
        "bytes_in": 3,
        "bytes_out": 9,
        "event_count": 3,
        "error_type": None,
        "host": "web-1",
        "pid": 4711,
    }.items() <= first.items()
    assert ("app.Oops", "it broke\x1b[31m") == (failed["error_type"], failed["error_message"])
    assert ("lost", None, None) == (lost["outcome"], lost["duration_ms"], lifespan["method"])
    with duckdb.connect() as database:
        [[began]] = database.execute(
            "SELECT DISTINCT began::TIMESTAMP FROM read_parquet($1)", [str(path)]
        ).fetchall()
        kinds = dict(
            database.execute(
                "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet($1))",
                [str(path)],
            ).fetchall()
        )
    assert datetime(2025, 6, 15, 15, 6, 40) == began  # noqa: DTZ001  # in UTC, without an offset
    assert parquet.EXCHANGES == kinds


def test_or_each_event(tmp_path: Path) -> None:
    """In their order."""
    path = tmp_path / "a.parquet"
    write_parquet([EXCHANGE], path, table="events")
    assert [
        (0, "receive", "http.request", 1.0, 5.0, None, 3),
        (1, "send", "http.response.start", 6.0, 7.0, 201, 0),
        (2, "send", "http.response.body", 8.0, 10.0, None, 9),
    ] == [
        tuple(row.values())
        for row in rows(path, "number, direction, type, called_ms, returned_ms, status, bytes")
    ]


def test_odd_texts_and_names_of_files(tmp_path: Path) -> None:
    """NUL and lone surrogates are escaped, a long text is cut, and a folder may be called so."""
    folder = tmp_path / "a[b]*'"
    folder.mkdir()
    path = folder / "x?.parquet"
    odd = made(path="/\x00\ud800", headers=[(b"user-agent", b"\x00\xff" * 20_000)], status=10**9)
    write_parquet([odd], path)
    [row] = rows(path)
    assert ("/\\x00\\ud800", 16_384, None) == (row["path"], len(row["user_agent"]), row["status"])
    assert [path] == list(folder.iterdir())


def test_none_makes_an_empty_table(tmp_path: Path) -> None:
    """With its columns."""
    path = tmp_path / "a.parquet"
    write_parquet([], path)
    assert [] == rows(path)


def test_without_duckdb_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r'pip install "asgi-mw\[analyse\]"'):
        write_parquet([], tmp_path / "a.parquet")


def test_the_guide_names_every_column() -> None:
    """Of both tables."""
    guide = Path(__file__).parents[2] / "docs" / "export-recordings.md"
    named = set(re.findall(r"`(\w+)`", guide.read_text(encoding="utf-8")))
    assert set() == {*parquet.EXCHANGES, *parquet.EVENTS} - named
