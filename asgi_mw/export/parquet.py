"""Parquet: one row for each exchange, or for each event, for DuckDB, pandas and their like."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from asgi_mw.errors import MissingExtraError
from asgi_mw.export.written import Written
from asgi_mw.parts import headers_of
from asgi_mw.recorder.objects import stamp
from asgi_mw.recorder.rows import row_of
from asgi_mw.spent import spent

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from asgi_mw.events import Exchange

Table: TypeAlias = Literal["exchanges", "events"]
TABLES: tuple[Table, ...] = ("exchanges", "events")

EXCHANGES = {
    "id": "VARCHAR",
    "began": "TIMESTAMP_NS",
    "type": "VARCHAR",
    "method": "VARCHAR",
    "path": "VARCHAR",
    "query": "VARCHAR",
    "route": "VARCHAR",
    "status": "SMALLINT",
    "status_by": "VARCHAR",
    "outcome": "VARCHAR",
    "duration_ms": "DOUBLE",
    "first_byte_ms": "DOUBLE",
    "returned_ms": "DOUBLE",
    "app_ms": "DOUBLE",
    "receive_ms": "DOUBLE",
    "send_ms": "DOUBLE",
    "blocked_ms": "DOUBLE",
    "bytes_in": "BIGINT",
    "bytes_out": "BIGINT",
    "event_count": "INTEGER",
    "request_content_type": "VARCHAR",
    "response_content_type": "VARCHAR",
    "user_agent": "VARCHAR",
    "close_code": "INTEGER",
    "close_by": "VARCHAR",
    "error_type": "VARCHAR",
    "error_message": "VARCHAR",
    "request_id": "VARCHAR",
    "trace_id": "VARCHAR",
    "span_id": "VARCHAR",
    "host": "VARCHAR",
    "pid": "BIGINT",
}
EVENTS = {
    "exchange_id": "VARCHAR",
    "number": "INTEGER",
    "direction": "VARCHAR",
    "type": "VARCHAR",
    "called_ms": "DOUBLE",
    "returned_ms": "DOUBLE",
    "status": "INTEGER",
    "bytes": "BIGINT",
    "truncated": "BOOLEAN",
    "raised": "VARCHAR",
}
# The memory that the conversion may take, however much there is to convert
_MEMORY = "128MB"
# Characters of a text: of a longer one, only the beginning is kept
_LONGEST = 16_384
_LARGEST = 2**31


def write_parquet(
    exchanges: Iterable[Exchange],
    path: str | os.PathLike[str],
    *,
    table: Table = "exchanges",
) -> Written:
    """Write a row for each of *exchanges*, or for each of their events, to a file of Parquet.

    Rows are first written to another file beside it, and then converted: both without having all
    of them in memory.

    Args:
        exchanges: Each is read after the previous one was written.
        path: The file; an existing file is overwritten.
        table: ``"exchanges"`` or ``"events"``; columns are in the guide to the exports.

    Raises:
        MissingExtraError: DuckDB is not installed.
        OSError: A file cannot be written.
    """
    try:
        import duckdb  # noqa: PLC0415  # an extra
    except ImportError:
        raise MissingExtraError("duckdb", "analyse") from None
    target = Path(path)
    rows_of, columns = _TABLES[table]
    written = Written()
    with TemporaryDirectory(dir=target.absolute().parent, prefix=f".{target.name}.") as folder:
        lines = Path(folder, "rows.jsonl")
        with lines.open("w", encoding="ascii") as file:
            for exchange in exchanges:
                for row in rows_of(exchange):
                    file.write(json.dumps({key: _cut(one) for key, one in row.items()}) + "\n")
                written.count += 1
        with duckdb.connect(
            config={"memory_limit": _MEMORY, "threads": 1, "temp_directory": folder}
        ) as database:
            database.execute(_copy(columns), [str(lines), str(target)])
    return written


def _copy(columns: Mapping[str, str]) -> str:
    """A statement whose two parameters are the names of the files."""
    kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    # $1 stands for a value, and so the name of a file needs no quotes
    return (
        f"COPY (SELECT * FROM read_json($1, columns = {{{kinds}}}, "  # noqa: S608  # our own words
        "format = 'newline_delimited', maximum_object_size = 8388608)) "
        "TO $2 (FORMAT parquet, COMPRESSION zstd)"
    )


def _exchanges(exchange: Exchange) -> Iterator[dict[str, Any]]:
    row, took, error = row_of(exchange), spent(exchange), exchange.error
    yield {
        "id": row.id,
        "began": stamp(row.began).removesuffix("Z"),
        "type": row.type,
        "method": row.method or None,
        "path": row.path,
        "query": row.query or None,
        "route": row.route,
        "status": _small(row.status),
        "status_by": row.status_by,
        "outcome": row.outcome,
        "duration_ms": _ms(row.ended),
        "first_byte_ms": _ms(row.first_byte),
        "returned_ms": _ms(row.returned),
        "app_ms": _ms(took.app),
        "receive_ms": _ms(took.receive),
        "send_ms": _ms(took.send),
        "blocked_ms": _ms(took.blocked),
        "bytes_in": row.bytes_in,
        "bytes_out": row.bytes_out,
        "event_count": row.event_count,
        "request_content_type": _header(exchange, b"content-type", "receive"),
        "response_content_type": _header(exchange, b"content-type", "send"),
        "user_agent": _header(exchange, b"user-agent", "receive"),
        "close_code": _small(row.close_code, _LARGEST),
        "close_by": row.close_by,
        "error_type": _clean(error.type) if error else None,
        "error_message": _clean(error.message) if error else None,
        "request_id": row.request_id,
        "trace_id": row.trace_id,
        "span_id": row.span_id,
        "host": row.host,
        "pid": row.pid,
    }


def _events(exchange: Exchange) -> Iterator[dict[str, Any]]:
    for number, event in enumerate(exchange.events):
        status = event.message.get("status")
        yield {
            "exchange_id": exchange.id,
            "number": number,
            "direction": event.direction,
            "type": _clean(event.type) or None,
            "called_ms": _ms(event.called),
            "returned_ms": _ms(event.returned),
            "status": _small(status, _LARGEST) if isinstance(status, int) else None,
            "bytes": event.size,
            "truncated": event.truncated,
            "raised": event.raised and _clean(event.raised),
        }


def _header(exchange: Exchange, name: bytes, direction: Literal["receive", "send"]) -> str | None:
    for key, value in headers_of(exchange, direction):
        if key.lower() == name:
            return _clean(value.decode("latin-1"))
    return None


def _clean(text: str) -> str:
    """*text* without lone surrogates and without NUL, which DuckDB does not take from JSON."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", r"\x00")


def _cut(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value


def _small(number: int | None, largest: int = 2**15) -> int | None:
    return number if number is not None and abs(number) < largest else None


def _ms(ns: int | None) -> float | None:
    return None if ns is None else ns / 1e6


_TABLES: dict[Table, tuple[Callable[[Exchange], Iterator[dict[str, Any]]], dict[str, str]]] = {
    "exchanges": (_exchanges, EXCHANGES),
    "events": (_events, EVENTS),
}
