"""The tables of a spool file; docs/store-format.md describes them."""

from __future__ import annotations

import sqlite3
from functools import cache, reduce
from typing import TYPE_CHECKING

from asgi_mw.errors import StoreError
from asgi_mw.recorder.codec import LONGEST_BODIES
from asgi_mw.recorder.folder import parts
from asgi_mw.recorder.plain import is_plain

if TYPE_CHECKING:
    from pathlib import Path

# "asgi" in ASCII: what `file` and `PRAGMA application_id` show
APPLICATION_ID = 0x61736769
VERSION = 3

COLUMNS = (
    *("id", "began", "ended", "returned", "first_byte", "type", "method", "path", "query"),
    *("status", "answer", "outcome", "route", "request_id", "trace_id", "span_id", "error"),
    *("swallowed", "bytes_in", "bytes_out", "event_count", "close_code", "close_by", "layers"),
    *("host", "pid", "facts", "bodies"),
)
# What version 1 does not have
_SINCE_2 = (
    """\
  returned   INTEGER,                            -- when the app returned; ns after began
""",
    """\
  trace_id   TEXT,                               -- as W3C Trace Context writes them
  span_id    TEXT,
""",
)
# What version 2 does not have
_SINCE_3 = (
    """\
  first_byte INTEGER,                            -- when the response began; ns after began
""",
    """\
  answer     INTEGER,                            -- what the client got: the server's own, too
""",
    """\
  swallowed  INTEGER,                            -- 1 if that did not leave the app
  bytes_in   INTEGER,                            -- payload
  bytes_out  INTEGER,
  event_count INTEGER,
  close_code INTEGER,                            -- of a WebSocket
  close_by   TEXT,                               -- app, client, server, nobody
  layers     INTEGER,                            -- ns that all layers took themselves
  host       TEXT,
  pid        INTEGER,
""",
)

_TABLES = {
    "exchange": f"""CREATE TABLE exchange (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order of writing, never used twice
  id         TEXT NOT NULL UNIQUE,               -- UUIDv7 as 32 hex digits: sorts by time
  began      INTEGER NOT NULL,                   -- ns since the epoch
  ended      INTEGER,                            -- ns after began
{_SINCE_2[0]}\
{_SINCE_3[0]}\
  type       TEXT NOT NULL,                      -- http, websocket, lifespan, ...
  method     TEXT NOT NULL,                      -- in upper case; '' where there is none
  path       TEXT NOT NULL,                      -- decoded; '' where there is none
  query      TEXT NOT NULL,                      -- without the question mark, masked
  status     INTEGER,                            -- 101 for an accepted WebSocket
{_SINCE_3[1]}\
  outcome    TEXT,                               -- complete, client_gone, error, ...
  route      TEXT,                               -- the template, if it became known
  request_id TEXT,
{_SINCE_2[1]}\
  error      TEXT,                               -- type and message of what left the app
{_SINCE_3[2]}\
  facts      TEXT NOT NULL,                      -- JSON: all of the above, scope, events
  bodies     BLOB                                -- payloads; facts has their offsets
)""",
    "in_flight": """CREATE TABLE in_flight (
  id         TEXT PRIMARY KEY,
  facts      TEXT NOT NULL                       -- JSON, without payloads
)""",
    "tally": """CREATE TABLE tally (
  kind       TEXT NOT NULL,                      -- dropped or fault
  reason     TEXT NOT NULL,
  count      INTEGER NOT NULL,                   -- in this process since this file began
  PRIMARY KEY (kind, reason)
)""",
}

# All that filters look at, in the order of lists: a scan of it reads a tenth of the table
_INDEX = """CREATE INDEX IF NOT EXISTS listed ON exchange (
  id, answer, outcome, type, method, began, ended, bytes_in, bytes_out, path, route, query,
  error, swallowed, request_id, trace_id, span_id, host, pid
)"""


def _without(tables: dict[str, str], parts: tuple[str, ...]) -> dict[str, str]:
    """The tables of an earlier version, which does not have these parts."""
    exchange = reduce(lambda sql, new: sql.replace(new, ""), parts, tables["exchange"])
    return tables | {"exchange": exchange}


_TABLES_2 = _without(_TABLES, _SINCE_3)
_TABLES_OF = {1: _without(_TABLES_2, _SINCE_2), 2: _TABLES_2, VERSION: _TABLES}

# The longest value that a reader takes, in bytes: the longest BLOB that is written, and some more
_LONGEST = LONGEST_BODIES + 1_000_000
# Ours are fewer than ten, with SQLite's own; somebody may have added an index or two
_MOST_OBJECTS = 100
# The sum of millions of such counts still fits into a column
_MOST_COUNTED = 2**40


def connect(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
    """Open *path*, which has to be there, in autocommit and trusting nothing in it.

    Args:
        mode: ``"ro"`` or ``"rw"``.  Never ``immutable``: a live file changes.
        timeout: How long a statement waits for a lock, in seconds.

    Raises:
        StoreError: It or what SQLite opens beside it is no plain file, but a link that leads
            elsewhere or a pipe that would block.
        sqlite3.Error: It cannot be opened.
    """
    for part in parts(path):
        if not is_plain(part):
            message = f"{part.name} is no plain file; remove it"
            raise StoreError(message)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        if mode == "ro":
            connection.execute("PRAGMA query_only = ON")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    except BaseException:
        connection.close()
        raise
    return connection


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, all at once: a reader sees an empty file or a whole one."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    for sql in _TABLES.values():
        connection.execute(sql)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def index(connection: sqlite3.Connection) -> None:
    """Make the index for lists and filters, once, at the end: earlier, rows cost a fifth more."""
    connection.execute(_INDEX)


def verify(connection: sqlite3.Connection, name: str) -> bool:
    """Whether this is a spool file; ``False`` while it is still empty.

    Tables that are not made as ours are refused: a view, trigger or generated column of the same
    name would run somebody else's SQL.

    Raises:
        StoreError: It is something else, or of a version that is not known here.
    """
    # One snapshot: its worker may be making the tables now
    connection.execute("BEGIN")
    try:
        sql = "SELECT type, name, sql FROM sqlite_master LIMIT ?"
        objects = connection.execute(sql, (_MOST_OBJECTS,)).fetchall()
        [[found]] = connection.execute("PRAGMA application_id").fetchall()
        [[version]] = connection.execute("PRAGMA user_version").fetchall()
    finally:
        connection.execute("COMMIT")
    if not objects and not version:
        return False
    if found != APPLICATION_ID:
        message = f"{name} is a database of another program; move it out of the folder"
        raise StoreError(message)
    if version not in _TABLES_OF:
        message = (
            f"{name} has format {version}, this asgi-mw reads 1 to {VERSION}; "
            "read it with the version that wrote it, or: pip install --upgrade asgi-mw"
        )
        raise StoreError(message)
    tables = {name: sql for kind, name, sql in objects if kind == "table" and name in _TABLES}
    foreign = any(kind in {"view", "trigger"} for kind, _, _ in objects)
    if tables != _TABLES_OF[version] or foreign or len(objects) == _MOST_OBJECTS:
        message = f"{name} was altered; move it out of the folder"
        raise StoreError(message)
    return True


@cache
def insert(count: int) -> str:
    """One statement for *count* rows: sqlite3 gives the GIL away, and takes it back, only once."""
    row = f"({', '.join('?' * len(COLUMNS))})"
    # A batch is written again after its commit failed, and must not be there twice
    return (
        f"INSERT INTO exchange ({', '.join(COLUMNS)}) "  # noqa: S608  # our own words
        f"VALUES {', '.join([row] * count)} ON CONFLICT (id) DO NOTHING"
    )


def tallies(connection: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """What a segment has counted: kind, reason and count, as far as they can be right."""
    sql = (
        "SELECT kind, substr(reason, 1, 200), count FROM tally "
        "WHERE kind IN ('dropped', 'fault') AND typeof(reason) = 'text' "
        "AND typeof(count) = 'integer' AND count BETWEEN 1 AND ? LIMIT 100"
    )
    return connection.execute(sql, (_MOST_COUNTED,)).fetchall()


def version_of(connection: sqlite3.Connection) -> int:
    """Which format the file has."""
    [[version]] = connection.execute("PRAGMA user_version").fetchall()
    return int(version)
