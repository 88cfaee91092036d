"""What dominates a figure that does not hold its bar, as a profile shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.bench.report import Row

# By the beginning of the row's name: the first that fits
REASONS = {
    "timing, added": "most is the driver: a coroutine for the call and one for each send, a copy "
    "of the scope, looks at the clock",
    "request_id": "two fifths are the driver, which does not disturb the app, and a quarter keeps "
    "what one request bound out of the next; asgi-correlation-id does neither",
    "access_log, logs.configure": "half is the line and its write, a third the driver; each "
    "request checks that logging is still as configure left it",
    "access_log": "more than half is structlog's or logging's own work",
    "cors, 5,000 origins": "finding out whether the page reads the answer, and why it may not, for "
    "the log; to deny it takes 2 us of it",
    "compression, 11 KB JSON, gzip of the standard library": "zlib itself, at its level 5",
    "compression, 11 KB JSON, br": "brotli itself, at its quality 2",
    "... and its size": "the level that is chosen for speed: a higher one is smaller, and slower",
    "tracing, not sampled": "a third is the SDK's sampler and span, a sixth keeping the span's "
    "context from the next request",
    "tracing, a chunk": "one more coroutine, two looks at the clock, and counting its bytes",
    "tracing beside": "the driver, two or three more attributes, the parent from the headers, and "
    "keeping the span's context from the next request, which takes an eighth",
    "five layers together": "two fifths each are access_log and compression, which codes the body "
    "in 3 us; the five take a tenth longer than each alone, in sum",
    "production, no SDK": "half is access_log, a sixth each tracing, request_id and compression",
    "watch around": "noting each connection and each send that is awaited, in a dict each",
    "record to memory": "a quarter is copying scope and messages, each in one piece, and letting "
    "the oldest exchange go; the rest are many small steps",
    "record, WebSocket": "a coroutine for each call, two looks at the clock, and six places in a "
    "list; with long connections, forgetting the middle",
    "record(layers=True)": "a coroutine for each call and message at each boundary, and its notes",
    "GET through testing.Transport": "a task for each request, and its record",
    "masking 4 KB of JSON, clean": "splitting the text at its quotes, and looking at each string "
    "once by its letters and its shape",
    "masking 4 KB of JSON, with": "the whole document is read as JSON",
    "validate, GET": "a third is a look at each key and header of the scope, the rest a coroutine "
    "for each call and message",
    "replay": "recording what the app does now, and masking it",
    "spool, no bodies": "masking headers and writing the scope, in the writer's thread, for which "
    "the app waits at the interpreter's lock",
    "spool": "masking the JSON, in the writer's thread",
    "history, shipped by": "the app, its client, PostgreSQL and the shipper share two cores, and "
    "wait for their turns",
    "page, open": "the row of each exchange is masked, and written as JSON",
}


def reason(row: Row) -> str:
    """What dominates *row*; empty if nobody knows."""
    return next((why for name, why in REASONS.items() if row.name.startswith(name)), "")


def lines(rows: Iterable[Row]) -> list[str]:
    """One line for each figure that does not hold its bar, those of one reason together."""
    names: dict[str, list[str]] = {}
    for row in rows:
        if row.passes is False:
            names.setdefault(reason(row) or "not known yet", []).append(row.name)
    return [f"{'; '.join(dict.fromkeys(named))}: {why}" for why, named in names.items()]
