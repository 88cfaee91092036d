"""Schemas of one exchange: what a line of ``ls`` has, and what ``show`` adds to it."""

from __future__ import annotations

from typing import get_args

from asgi_mw.cli.schemas.judged import FINDING
from asgi_mw.cli.schemas.layers import LAYER
from asgi_mw.cli.schemas.parts import CLOSE, OCTETS, SCOPE, STATUS, STATUS_BY
from asgi_mw.cli.schemas.words import (
    anything,
    by_name,
    count,
    flag,
    many,
    maybe,
    ms,
    ref,
    shape,
    text,
    theirs,
)
from asgi_mw.events import FATES, Direction
from asgi_mw.notes import Kind

_STAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z$"

_ERROR = shape(
    "error",
    "An exception that left the app, or that it swallowed.",
    {
        "type": text("Its qualified name, as `app.models.OutOfStock`; without `builtins.`."),
        "message": text("Its text, with secrets masked."),
        "traceback": text("The formatted traceback, with secrets masked."),
        "at_ms": ms("When it left the app, or was seen in it, in ms after `began`."),
        "swallowed": flag("The app caught it and answered for it."),
    },
)
_WORKER = shape(
    "worker",
    "The process that served the connection.",
    {
        "host": text("The name of its host; of an imported HAR, the file as `har:shop.har`."),
        "pid": count("Its process id; 0 if the exchange was imported from a HAR."),
    },
)
_EVENT = shape(
    "event",
    "One call of `receive` or `send`.",
    {
        "direction": text("What was called.", *get_args(Direction)),
        "called_ms": ms("When the app called it, in ms after `began`."),
        "returned_ms": maybe(
            ms("When the call returned or raised, in ms after `began`; null while it is awaited.")
        ),
        "awaited_ms": maybe(ms("The time between the two, in ms; null while it is awaited.")),
        "message": theirs(
            "The ASGI message as it was received or sent, up to the limits of the recorder, with "
            "secrets masked; empty while a `receive` is awaited. Bytes are text or base64.",
            type=anything("Its type, as `http.response.start`."),
        ),
        "bytes": count("The true length of its payload, in bytes."),
        "truncated": flag("`message` has less than the payload."),
        "raised": maybe(text("The type of the exception that left the call, cancellation too.")),
    },
)
_SPENT = shape(
    "spent",
    "Where the time went, background work included; together that is all of it.",
    {
        "app_ms": ms("The app was at work, or waited for something else than the client, in ms."),
        "receive_ms": ms("It waited for `receive` alone, in ms."),
        "send_ms": ms("It waited for `send`, in ms."),
        "blocked_ms": ms(
            "The event loop was blocked, in ms; only seen with `record(lag=True)`, or while the "
            "page is open."
        ),
    },
)
_MISSING = shape(
    "missing",
    "What is known of the events that are missing.",
    {
        "bytes_in": count("Their payload that the app received, in bytes."),
        "bytes_out": count("Their payload that the app sent, in bytes."),
        "since_ms": ms("When the first of them was called, in ms after `began`."),
        "until_ms": ms("When the last of them was over, in ms after `began`."),
        "receive_ms": ms("How long the app waited for `receive` alone between the two, in ms."),
        "send_ms": ms("How long it waited for `send`, in ms."),
    },
)
_NOTE = shape(
    "note",
    "Something that happened meanwhile, besides the events.",
    {
        "kind": text(
            "A log record, a span of OpenTelemetry, a block timed by `measure`, an outgoing call, "
            "or a time in which the event loop was blocked.",
            *get_args(Kind),
        ),
        "at_ms": ms("When it was, or began, in ms after `began`."),
        "until_ms": maybe(
            ms(
                "When it was over, in ms after `began`; null of a log record, and of what was not "
                "over when the app returned."
            )
        ),
        "title": text("What it was, in a line."),
        "level": maybe(text("How serious it is: a log level in lower case.")),
        "detail": theirs("More of it, by name; which names there are depends on `kind`."),
    },
)

SUMMARY = {
    "id": text(
        "32 hex digits, which sort by time and are unique across workers and hosts.",
        pattern="^[0-9a-f]{32}$",
    ),
    "type": text("`http`, `websocket`, `lifespan`, or whatever else the server sent."),
    "method": maybe(text("The HTTP method.")),
    "path": maybe(text("The path, decoded.")),
    "query": maybe(ref("The query string, with secrets masked.", OCTETS)),
    "route": maybe(text("The template of the route, if it became known.")),
    "status": STATUS,
    "status_by": STATUS_BY,
    "outcome": maybe(
        text(
            "How it ended; null in flight. `client_gone`: the client left before the response was "
            "whole; `incomplete`: the app returned before that; `lost`: its process ended before "
            "that; `unsupported`: the app has no lifespan.",
            *FATES,
        )
    ),
    "state": text(
        "The outcome; until then `in flight`, or `background` once the response is over.",
        *FATES,
        "in flight",
        "background",
    ),
    "close": maybe(ref("How a WebSocket was closed; null if it was not, or is none.", CLOSE)),
    "began": text("When it began, in UTC, to the nanosecond.", format="date-time", pattern=_STAMP),
    "duration_ms": maybe(
        ms(
            "The time to the end of the response, or else to the return of the app, in ms; null "
            "before, and if nobody saw the end."
        )
    ),
    "returned_ms": maybe(
        ms(
            "When the app returned or raised, in ms after `began`; later than the response if it "
            "worked in the background. Null until then, and if nobody saw it."
        )
    ),
    "request_id": maybe(text("The id of the `request_id` layer.")),
    "trace_id": maybe(text("The id of its trace: 32 hex digits.")),
    "span_id": maybe(text("The id of its span: 16 hex digits.")),
    "bytes_in": count("The payload that the app received, in bytes."),
    "bytes_out": count("The payload that the app sent, in bytes."),
    "event_count": count("How many events there are."),
    "error": maybe(ref("What left the app, or what it swallowed.", _ERROR)),
    "worker": _WORKER,
    "dropped": by_name(
        "How much is missing from the recording, by reason.", count("How many events or bytes.")
    ),
    "redacted": many("What was masked.", text("A name, as `header authorization`.")),
    "kept": flag("It is marked by `asgi-mw keep`, so that no limit of the store removes it."),
}
WHOLE = {
    **SUMMARY,
    "scope": SCOPE,
    "events": many("What passed between server and app, in the order of the calls.", _EVENT),
    "events_missing_at": maybe(
        count("Before which event some are missing, counted from 0; null if none are.")
    ),
    "missing": maybe(ref("What is known of these; null if none are missing.", _MISSING)),
    "gone_ms": maybe(
        ms(
            "When a send first found that the client had left, in ms after `began`; null unless "
            "the names of what was raised say something else."
        )
    ),
    "spent": _SPENT,
    "notes": many("What else happened, in the order in which it began.", _NOTE),
    "layers": many(
        "What each layer did, outermost first, if it was recorded with `layers=True`; else empty.",
        LAYER,
    ),
}

EXCHANGE = shape("exchange", "One connection: an HTTP request, a WebSocket or a lifespan.", SUMMARY)
OPENED = shape(
    "opened",
    "An exchange with all that was recorded of it.",
    {**WHOLE, "findings": many("Which rules of ASGI it breaks, by the profile `spec`.", FINDING)},
)
EXPORTED = shape(
    "exported",
    "An exchange in a file of `export --as jsonl`.",
    {
        **WHOLE,
        "exact": shape(
            "exact",
            "The exchange once more, as a store keeps it; if the rest would not tell all of it.",
            {
                "facts": text("Its facts, as the text of a JSON document."),
                "bodies": text(
                    "Its payloads, one after the other, in base64.", contentEncoding="base64"
                ),
            },
            optional=("bodies",),
        ),
    },
    optional=("exact",),
)
