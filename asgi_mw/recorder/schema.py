"""The tables of a spool file and the filters on them; docs/store-format.md describes them."""

from __future__ import annotations

import sqlite3
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.answers import UNANSWERED, server_status
from asgi_mw.errors import StoreError
from asgi_mw.recorder.codec import LONGEST_BODIES, column
from asgi_mw.recorder.folder import parts
from asgi_mw.recorder.plain import is_plain
from asgi_mw.recorder.query import is_status, type_of, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgi_mw.recorder.query import Query

# "asgi" in ASCII: what `file` and `PRAGMA application_id` show
APPLICATION_ID = 0x61736769
VERSION = 2

COLUMNS = (
    *("id", "began", "ended", "returned", "type", "method", "path", "query", "status", "outcome"),
    *("route", "request_id", "trace_id", "span_id", "error", "facts", "bodies"),
)
# What version 1 had not
_SINCE_2 = (
    """\
  returned   INTEGER,                            -- when the app returned; ns after began
""",
    """\
  trace_id   TEXT,                               -- as W3C Trace Context writes them
  span_id    TEXT,
""",
)

_TABLES = {
    "exchange": f"""CREATE TABLE exchange (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order of writing, never used twice
  id         TEXT NOT NULL UNIQUE,               -- UUIDv7 as 32 hex digits: sorts by time
  began      INTEGER NOT NULL,                   -- ns since the epoch
  ended      INTEGER,                            -- ns after began
{_SINCE_2[0]}\
  type       TEXT NOT NULL,                      -- http, websocket, lifespan, ...
  method     TEXT NOT NULL,                      -- in upper case; '' where there is none
  path       TEXT NOT NULL,                      -- decoded; '' where there is none
  query      TEXT NOT NULL,                      -- without the question mark, masked
  status     INTEGER,                            -- 101 for an accepted WebSocket
  outcome    TEXT,                               -- complete, client_gone, error, ...
  route      TEXT,                               -- the template, if it became known
  request_id TEXT,
{_SINCE_2[1]}\
  error      TEXT,                               -- type and message of what left the app
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

_TABLES_1 = _TABLES | {
    "exchange": reduce(lambda sql, new: sql.replace(new, ""), _SINCE_2, _TABLES["exchange"])
}

# Of any value that a reader takes, in bytes: the longest BLOB that is written, and some
_LONGEST = LONGEST_BODIES + 1_000_000
# Ours are fewer than ten, with SQLite's own; somebody may have added an index or two
_MOST_OBJECTS = 100
# So many times as many still fit into a column
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
    if version not in {1, VERSION}:
        message = (
            f"{name} has format {version}, this asgi-mw reads {VERSION} and 1; "
            "read it with the version that wrote it, or: pip install --upgrade asgi-mw"
        )
        raise StoreError(message)
    tables = {name: sql for kind, name, sql in objects if kind == "table" and name in _TABLES}
    foreign = any(kind in {"view", "trigger"} for kind, _, _ in objects)
    if (
        tables != (_TABLES if version == VERSION else _TABLES_1)
        or foreign
        or len(objects) == _MOST_OBJECTS
    ):
        message = f"{name} was altered; move it out of the folder"
        raise StoreError(message)
    return True


@cache
def insert(count: int) -> str:
    """One statement for *count* rows: sqlite3 gives the GIL away, and asks for it, once."""
    row = f"({', '.join('?' * len(COLUMNS))})"
    # A batch whose commit failed after all is written again, and must not be there twice
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


def condition(query: Query | None, version: int = VERSION) -> tuple[str, list[Any]]:
    """SQL that is true for all that *query* matches, and may be for more: it judges finally.

    Args:
        query: What is looked for.
        version: The format of the file, whose columns there are.

    >>> from asgi_mw.recorder.query import Query
    >>> condition(Query(method="get", outcome="error"))
    ('method = ? AND outcome = ?', ['GET', 'error'])
    """
    parts: list[str] = []
    values: list[Any] = []
    if query is None:
        return "1", values

    def add(sql: str, *given: Any) -> None:
        parts.append(sql)
        values.extend(given)

    for name, of_one in _CONDITIONS.items():
        wanted = getattr(query, name)
        if wanted is None:
            continue
        found = [of_one(word, version) for word in words(wanted)]
        known = [one for one in found if one is not None]
        if len(known) == len(found):
            either = " OR ".join([sql for sql, *_ in known]) or "0"
            add(f"({either})" if len(known) > 1 else either)
            values += [value for _, *given in known for value in given]
    if query.longer is not None and query.longer > 0:
        add("ended >= ?", query.longer * 1e9)
    if query.since is not None and abs(query.since) < 2**63:
        add("began >= ?", query.since)
    if query.until is not None and abs(query.until) < 2**63:
        add("began < ?", query.until)
    return " AND ".join(parts) or "1", values


def _pattern(name: str) -> Callable[[str, int], _Condition]:
    """What finds a path, or another column, by a pattern; by what is before its first wildcard."""

    def found(pattern: str, _: int) -> _Condition:
        prefix = _literal(pattern)
        if prefix == pattern:
            return f"{name} = ?", column(prefix)
        start = column(prefix)
        return (f"substr({name}, 1, ?) = ?", len(start), start) if start else None

    return found


def _by_status(word: str, _: int) -> _Condition:
    digits = word.lower().removesuffix("xx")
    own = "substr(status, 1, ?) = ?"
    if not is_status(server_status("http", UNANSWERED[0]), word):
        return own, len(digits), digits
    ended = ", ".join("?" * len(UNANSWERED))
    by_server = f"status IS NULL AND type = 'http' AND outcome IN ({ended})"
    return f"({own} OR ({by_server}))", len(digits), digits, *UNANSWERED


def _by_id(part: str, _: int) -> _Condition:
    sql = "(substr(id, 1, ?) = ? OR substr(id, ?) = ?)"
    return (sql, len(part), part, -len(part), part) if part else None


def _by_trace(trace: str, version: int) -> _Condition:
    return ("0",) if version == 1 else ("substr(trace_id, 1, ?) = ?", len(trace), trace)


def _by_text(text: str, version: int) -> _Condition:
    if not text or "\n" in text:
        return None
    fields = ["path", "query", "route", "id", "request_id", "error"]
    fields += ["trace_id", "span_id"] * (version > 1)
    sql = " OR ".join(f"instr({name}, ?)" for name in fields)
    return f"({sql})", *[column(text)] * len(fields)


# SQL and its values for one word of each field, by the version of the file; what has none is
# judged by the query alone
_Condition: TypeAlias = "tuple[Any, ...] | None"
_CONDITIONS: dict[str, Callable[[str, int], _Condition]] = {
    "type": lambda word, _: ("type = ?", column(type_of(word))),
    "method": lambda word, _: ("method = ?", column(word.upper())),
    "path": _pattern("path"),
    "status": _by_status,
    "outcome": lambda word, _: ("outcome = ?", word),
    "route": _pattern("route"),
    "trace": _by_trace,
    "text": _by_text,
    "id": _by_id,
}


def _literal(pattern: str) -> str:
    """The part of a pattern before its first wildcard."""
    for place, character in enumerate(pattern):
        if character in "*?[":
            return pattern[:place]
    return pattern
