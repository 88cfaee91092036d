"""How soon a large store shows its first rows, and what a filter finds: as the page asks for it."""

from __future__ import annotations

import resource
import tempfile
from dataclasses import replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from asgi_mw import open_store
from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.ids import id_at
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.segment import Segment
from tests.bench.report import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.recorder.codec import Columns
    from asgi_mw.recorder.store import Store

# Its first and slowest answer has to come within
_FIRST, _FILTER = 1000, 500
_SEGMENT = 64 * 1024 * 1024
_BATCH = 500
_TRIALS = 5
# What a filter finds: little, in a store where it is everywhere, nowhere, or in one place
_FILTERS = {
    "rare outcome": "outcome:client_gone",
    "rare status": "status:5xx -path:/health",
    "slow": "dur:>100s",
    "part of a path": "path:/nowhere",
    "text": '"no such user"',
}
_MESSAGES = (
    Event("receive", 1000, 2000, {"type": "http.request", "body": b"", "more_body": False}),
    Event(
        "send",
        300_000,
        301_000,
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"400")],
        },
    ),
    Event("send", 302_000, 303_000, {"type": "http.response.body", "body": b"x" * 400}, size=400),
)
_HEADERS = [
    (b"host", b"api.example.org"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, br, zstd"),
]
_EXCHANGE = Exchange(
    id="",
    worker=Worker("web-1", 4711),
    type="http",
    scope={"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": _HEADERS},
    began=0,
    events=_MESSAGES,
    route="/orders/{id}",
    ended=303_000,
    returned=310_000,
    outcome="complete",
)
_START = 1_790_000_000_000_000_000
_EVERY = 3_000_000  # ns between two of them


async def rows(count: float) -> list[Row]:
    """Measure in a store of *count* exchanges, which is made before."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "store")
        began = perf_counter()
        _fill(folder, int(count))
        made = perf_counter() - began
        store = open_store(folder)
        before = _peak()
        table = [_first(store, int(count), made)]
        table += [_filtered(store, what, text, int(count)) for what, text in _FILTERS.items()]
        grown = _peak() - before
        parts = {"peak after [MiB]": round(before + grown)}
        return [*table, Row("list, memory of the reader", grown, "MiB", 64.0, parts=parts)]


def _fill(folder: Path, count: int) -> None:
    encoded = _encoded(count)
    while first := list(islice(encoded, _BATCH)):
        segment = Segment(folder)
        segment.write(first)
        while segment.size() < _SEGMENT and (batch := list(islice(encoded, _BATCH))):
            segment.write(batch)
        segment.close()


def _encoded(count: int) -> Iterator[Columns]:
    for number in range(count):
        began = _START + number * _EVERY
        one = replace(
            _EXCHANGE,
            id=id_at(began, number * 0x9E3779B97F4A7C15 % 2**62),
            began=began,
            scope=_EXCHANGE.scope | {"path": _path(number)},
            request_id=f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}",
            trace_id=f"{number * 0xD1B54A32D192ED03 % 2**128:032x}",
            span_id=f"{number * 0x8CB92BA72F3D8DD7 % 2**64:016x}",
        )
        if number % 100_000 == 77_777:
            one = replace(one, outcome="client_gone")
        elif number % 50_000 == 33_333:
            one = replace(one, events=(), outcome="error", error=Failure("KeyError", "7", "", 1))
        yield encode(one)


def _path(number: int) -> str:
    return "/health" if number % 10 == 0 else f"/orders/{number * 7919 % 100_003}"


def _first(store: Store, count: int, made: float) -> Row:
    """All that a list shows as it opens: the newest rows, and how many there are."""
    spent = []
    for _ in range(_TRIALS):
        began = perf_counter()
        page = store.rows(limit=100)
        total = store.count()
        spent.append((perf_counter() - began) * 1e3)
    sound = len(page) == 100 and total == count and not page.problems
    parts = {"stored": total, "segments made in [s]": round(made)}
    return Row(f"list, first rows of {count:,}", min(spent), "ms", _FIRST, sound=sound, parts=parts)


def _filtered(store: Store, what: str, text: str, count: int) -> Row:
    """Through the whole store, in as many calls as it takes."""
    search = parse(text)
    spent = []
    for _ in range(_TRIALS):
        found = calls = 0
        longest = 0.0
        before: str | None = ""
        began = perf_counter()
        while before is not None:
            called = perf_counter()
            page = store.rows(search, before=before or None)
            longest = max(longest, (perf_counter() - called) * 1e3)
            found, calls, before = found + len(page), calls + 1, page.next
        spent.append((perf_counter() - began) * 1e3)
    parts = {"found": found, "calls": calls, "longest call [ms]": round(longest)}
    return Row(f"list, {what}, of {count:,}", min(spent), "ms", _FILTER, parts=parts)


def _peak() -> float:
    """The most memory that this process took, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
