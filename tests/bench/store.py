"""A large store for the bench to list: written as the recorder writes, and kept between runs."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.ids import id_at
from asgi_mw.recorder import schema
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.recorder.codec import Columns

_FOLDER = Path(__file__).resolve().parents[2] / ".artefacts" / "bench"
_SEGMENT = 64 * 1024 * 1024
_BATCH = 500
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


def made(count: int) -> tuple[Path, float]:
    """A folder with *count* exchanges, and the seconds that it took to make it: 0 if it is there.

    One folder is kept, until another count is asked for or exchanges are written differently.
    """
    written = (next(_encoded(1)), schema._TABLES, schema._INDEX)
    key = sha256(repr(written).encode()).hexdigest()[:12]
    folder = _FOLDER / f"store-{count}-{key}"
    if folder.exists():
        return folder, 0.0
    for other in _FOLDER.glob("store-*"):
        shutil.rmtree(other)
    unfinished = folder.with_name(f"store-unfinished-{key}")
    began = perf_counter()
    _fill(unfinished, count)
    unfinished.rename(folder)
    return folder, perf_counter() - began


def _fill(folder: Path, count: int) -> None:
    encoded = _encoded(count)
    written = 0
    while first := list(islice(encoded, _BATCH)):
        file = Segment(folder)
        file.write(first)
        written += len(first)
        while file.size() < _SEGMENT and (batch := list(islice(encoded, _BATCH))):
            file.write(batch)
            written += len(batch)
        file.close()
        print(f"store: {written:,} of {count:,} exchanges written", file=sys.stderr)


def _encoded(count: int) -> Iterator[Columns]:
    for number in range(count):
        began = _START + number * _EVERY
        one = replace(
            _EXCHANGE,
            id=id_at(began, number * 0x9E3779B97F4A7C15 % 2**62),
            began=began,
            scope={**_EXCHANGE.scope, "path": _path(number)},
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
