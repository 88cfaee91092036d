"""How fast a spool is shipped to PostgreSQL, at what cost, and how soon a history is listed."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.events import Event
from asgi_mw.faults import Drops, Faults
from asgi_mw.ids import new_id
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.postgres import PostgresStore, days, schema
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.shipping.shipper import Shipper
from tests.bench import shipping
from tests.bench.report import Row
from tests.bench.store import _EXCHANGE
from tests.recorder.postgres.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.recorder.codec import Columns

# What has to be shipped in a second, and in how many ms the newest 50 have to come
_BAR, _FIRST = 10_000, 50
_SHIPPED, _BATCH, _TRIALS = 60_000, 500, 9
_BODY = b'{"id": 7, "name": "Ada", "tags": ["a", "b"]}' * 91  # 4 KB
_FILTERS = {
    "newest": "",
    "failed": "is:error",
    "status": "status:404",
    "whole path": "path:=/orders/77",
    "route": "route:=/orders/{id}",
    "trace": "trace:000000ff",
    "slow": "dur:>5s",
    "end of an id": "id:0f4241",
}
# These scan in steps, which a list shows one by one
_SCANNED = {"part of a path": "path:/nowhere", "text": '"no such user"', "method": "method:DELETE"}
# As many rows as are asked for, without the app: three in a hundred are 404, one in ten thousand
# is an error
_MILLION = """
INSERT INTO asgi_mw.exchange (id, began, ended, returned, first_byte, type, method, path, query,
    status, answer, outcome, route, request_id, trace_id, span_id, error, swallowed, bytes_in,
    bytes_out, event_count, host, pid, size)
SELECT lpad(to_hex(({low} + n * 10)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 13)
        || lpad(to_hex(n), 6, '0'),
    ({low} + n * 10) * 1000000, 1000000 + n %% 1000 * 5000, 2000000 + n %% 1000 * 5000, 900000,
    'http', 'GET', '/orders/' || n::bigint * 7919 %% 100003, '',
    status, status, CASE WHEN n %% 10000 = 7 THEN 'error' ELSE 'complete' END, '/orders/{{id}}',
    md5(n::text), lpad(to_hex(n), 8, '0') || substr(md5('t' || n), 1, 24),
    substr(md5('s' || n), 1, 16), CASE WHEN n %% 10000 = 7 THEN 'KeyError: 7' END, false, 0, 400, 3,
    'web-' || n %% 4, 4711, 1200
FROM (SELECT n, CASE WHEN n %% 10000 = 7 THEN 500 WHEN n %% 33 = 0 THEN 404 ELSE 200 END AS status
      FROM generate_series(1, %s) AS n) AS each
"""


async def rows(count: float) -> list[Row]:
    """Ship, and list *count* exchanges, on a server of our own that syncs nothing to the disk."""
    server = Server()
    try:
        shipped = _shipped(server)
        with tempfile.TemporaryDirectory() as name:
            backlog = Path(name, "spool")
            _fill_folder(backlog, shipping.BACKLOG)
            ways = (shipping.by_process, shipping.by_thread)
            beside = [await ship(server, backlog) for ship in ways]
        return [shipped, *beside, *_listed(server, int(count))]
    finally:
        server.close()


def _fill_folder(folder: Path, count: int) -> None:
    encoded = _encoded()
    for _ in range(4):
        segment = Segment(folder)
        for _ in range(count // _BATCH // 4):
            segment.write(list(islice(encoded, _BATCH)))
        segment.close()


def _shipped(server: Server) -> Row:
    """One folder, into three databases."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "spool")
        _fill_folder(folder, _SHIPPED)
        trials = [_trial(server, folder, f"ship_{number}") for number in range(3)]
    paces = sorted(one.pace for one in trials)
    parts = {
        "CPU of the shipper [us each]": round(median(one.ours for one in trials), 1),
        "CPU of PostgreSQL [us each]": round(median(one.theirs for one in trials), 1),
        "slowest [/s]": round(paces[0]),
        "fastest [/s]": round(paces[-1]),
    }
    sound = all(one.sound for one in trials)
    name = "history, shipped of 4 KB"
    return Row(name, median(paces), "/s", _BAR, least=True, sound=sound, parts=parts)


class _Trial(NamedTuple):
    """How many were shipped in a second, and the CPU time of each in us."""

    pace: float
    ours: float
    theirs: float
    sound: bool


def _trial(server: Server, folder: Path, database: str) -> _Trial:
    with closing(PostgresStore(server.create(database))) as store:
        shipper = Shipper(folder, store, Faults("ship"), Drops("ship"))
        began, ours, theirs = perf_counter(), process_time(), server.spent()
        sent = shipper.once()
        took = perf_counter() - began
        ours, theirs = process_time() - ours, server.spent() - theirs
        sound = sent == _SHIPPED == store.count()
        return _Trial(sent / took, ours / sent * 1e6, theirs / sent * 1e6, sound)


def _listed(server: Server, count: int) -> Iterator[Row]:
    with closing(PostgresStore(server.create("list"))) as store:
        began = perf_counter()
        _fill(store, count)
        print(f"history: {count:,} rows made in {perf_counter() - began:.0f} s", file=sys.stderr)
        for filters, bar in ((_FILTERS, _FIRST), (_SCANNED, None)):
            for what, text in filters.items():
                search = parse(text)
                spent = []
                for _ in range(_TRIALS):
                    began = perf_counter()
                    page = store.rows(search, limit=50, seconds=60)
                    spent.append((perf_counter() - began) * 1e3)
                name = f"history, 50 of {count:,}, {what}"
                parts: dict[str, float] = {"found": len(page), "first [ms]": round(spent[0], 1)}
                sound = not page.problems
                yield Row(name, median(spent), "ms", bar, sound=sound, parts=parts, note=text)
        began = perf_counter()
        found = store.count()
        spent = [(perf_counter() - began) * 1e3]
        yield Row(f"history, count of {count:,}", spent[0], "ms", sound=found == count)


def _fill(store: PostgresStore, count: int) -> None:
    with closing(store.connections.open()) as connection:
        schema.create(connection)
        today = days.today()
        days.ensure(connection, {today})
        low = int(days.lowest(today)[:12], 16)
        connection.execute(_MILLION.format(low=low).encode(), (count,))
        connection.execute("ANALYZE asgi_mw.exchange")


def _encoded() -> Iterator[Columns]:
    event = Event(
        "send", 302_000, 303_000, {"type": "http.response.body", "body": _BODY}, len(_BODY)
    )
    while True:
        events = (*_EXCHANGE.events[:-1], event)
        yield encode(replace(_EXCHANGE, id=new_id(), events=events))
