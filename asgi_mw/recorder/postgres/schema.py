"""The tables of a history in PostgreSQL; docs/store-format.md describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.errors import StoreError
from asgi_mw.recorder import schema as spool

if TYPE_CHECKING:
    import psycopg

VERSION = 1
# "asgi_mw" in ASCII: whoever makes or changes tables holds this advisory lock meanwhile
LOCK = 0x6173_6769_5F6D_77
GRANTS = (
    "GRANT USAGE ON SCHEMA asgi_mw TO reader; "
    "GRANT SELECT ON ALL TABLES IN SCHEMA asgi_mw TO reader"
)

# As in a spool file
COLUMNS = spool.COLUMNS[:-2]
CONTENT = spool.COLUMNS[-2:]

# What failed: the filter `is:error` and its index need the same words
FAILED = (
    "(answer >= 500 OR (error IS NOT NULL AND outcome IS DISTINCT FROM 'unsupported') "
    "OR outcome IN ('error', 'incomplete', 'lost'))"
)
SLOW = "ended >= 1000000000"

_TABLES = (
    """CREATE TABLE asgi_mw.format (
  version    integer NOT NULL                        -- of these tables
)""",
    """CREATE TABLE asgi_mw.exchange (
  id         text COLLATE "C" PRIMARY KEY,           -- UUIDv7 as 32 hex digits: sorts by time
  tx         xid8 NOT NULL DEFAULT pg_current_xact_id(),  -- the transaction that wrote it
  began      bigint NOT NULL,                        -- ns since the epoch
  ended      bigint,                                 -- ns after began
  returned   bigint,
  first_byte bigint,
  type       text COLLATE "C" NOT NULL,
  method     text COLLATE "C" NOT NULL,
  path       text COLLATE "C" NOT NULL,
  query      text COLLATE "C" NOT NULL,
  status     bigint,                                 -- what the app sent
  answer     bigint,                                 -- what the client got
  outcome    text COLLATE "C",
  route      text COLLATE "C",
  request_id text COLLATE "C",
  trace_id   text COLLATE "C",
  span_id    text COLLATE "C",
  error      text COLLATE "C",
  swallowed  boolean NOT NULL,
  bytes_in   bigint NOT NULL,
  bytes_out  bigint NOT NULL,
  event_count bigint NOT NULL,
  close_code bigint,
  close_by   text COLLATE "C",
  layers     bigint,
  host       text COLLATE "C" NOT NULL,
  pid        bigint NOT NULL,
  kept       boolean NOT NULL DEFAULT false,         -- somebody marked it
  size       bigint NOT NULL                         -- bytes of its content
) PARTITION BY RANGE (id)""",
    """CREATE TABLE asgi_mw.content (
  id         text COLLATE "C" PRIMARY KEY,           -- of the exchange
  facts      json NOT NULL,                          -- all of the above, scope, events
  bodies     bytea                                   -- payloads; facts has their offsets
) PARTITION BY RANGE (id)""",
    "CREATE TABLE asgi_mw.exchange_other PARTITION OF asgi_mw.exchange DEFAULT",
    "CREATE TABLE asgi_mw.content_other PARTITION OF asgi_mw.content DEFAULT",
    """CREATE TABLE asgi_mw.shipped (
  file       text COLLATE "C" PRIMARY KEY,           -- of a spool: its name is of one time and host
  spool      text COLLATE "C" NOT NULL,              -- host and folder
  seq        bigint NOT NULL,                        -- the last row of it that is here
  over       boolean NOT NULL,                       -- nothing will be added to it
  at         timestamptz NOT NULL DEFAULT now()
)""",
    """CREATE TABLE asgi_mw.batch (
  tx         xid8 PRIMARY KEY DEFAULT pg_current_xact_id(),  -- a transaction that wrote exchanges
  low        text COLLATE "C" NOT NULL,              -- the lowest of their ids
  high       text COLLATE "C" NOT NULL,
  at         timestamptz NOT NULL DEFAULT now()
)""",
    """CREATE TABLE asgi_mw.tally (
  file       text COLLATE "C" NOT NULL,
  kind       text COLLATE "C" NOT NULL,              -- dropped or fault
  reason     text COLLATE "C" NOT NULL,
  count      bigint NOT NULL,
  PRIMARY KEY (file, kind, reason)
)""",
    "CREATE INDEX exchange_tx ON asgi_mw.exchange (tx)",
    "CREATE INDEX exchange_began ON asgi_mw.exchange USING brin (began)",
    "CREATE INDEX exchange_end_of_id ON asgi_mw.exchange (reverse(id))",
    "CREATE INDEX exchange_answer ON asgi_mw.exchange (answer, id)",
    "CREATE INDEX exchange_path ON asgi_mw.exchange (left(path, 100), id)",
    (
        "CREATE INDEX exchange_route ON asgi_mw.exchange (left(route, 100), id) "
        "WHERE route IS NOT NULL"
    ),
    (
        "CREATE INDEX exchange_trace ON asgi_mw.exchange (left(trace_id, 32)) "
        "WHERE trace_id IS NOT NULL"
    ),
    f"CREATE INDEX exchange_failed ON asgi_mw.exchange (id) WHERE {FAILED}",
    f"CREATE INDEX exchange_slow ON asgi_mw.exchange (id) WHERE {SLOW}",
    "CREATE INDEX exchange_kept ON asgi_mw.exchange (id) WHERE kept",
)
_THERE = (
    "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'asgi_mw' AND c.relname = 'format'"
)


def verify(connection: psycopg.Connection[Any]) -> bool:
    """Whether the tables are there.

    Raises:
        StoreError: They are of a version that is not known here.
    """
    # From the catalogue itself: what a session remembers of a name may be out of date
    if not connection.execute(_THERE).fetchall():
        return False
    rows = connection.execute("SELECT version FROM asgi_mw.format").fetchall()
    if rows != [(VERSION,)]:
        found = rows[0][0] if rows else "none"
        raise StoreError(
            f"the tables have format {found}, this asgi-mw reads {VERSION}; "
            "pip install --upgrade asgi-mw"
        )
    return True


def create(connection: psycopg.Connection[Any]) -> None:
    """Make the tables, unless they are there: hosts that begin at once wait for each other.

    Raises:
        StoreError: They are there, of a version that is not known here.
    """
    if verify(connection):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        if not verify(connection):
            connection.execute("CREATE SCHEMA IF NOT EXISTS asgi_mw")
            for sql in _TABLES:
                connection.execute(sql.encode())
            connection.execute("INSERT INTO asgi_mw.format VALUES (%s)", (VERSION,))
