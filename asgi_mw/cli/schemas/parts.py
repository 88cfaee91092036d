"""Schemas of what several shapes have: bytes, headers, a status, how a WebSocket was closed."""

from __future__ import annotations

from asgi_mw.cli.schemas.words import (
    anything,
    by_name,
    count,
    many,
    maybe,
    named,
    row,
    shape,
    text,
    theirs,
)

OCTETS = named(
    "bytes",
    {
        "description": "Bytes: as text if they are UTF-8, otherwise in base64.",
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {
                    "base64": {
                        "type": "string",
                        "contentEncoding": "base64",
                        "description": "The bytes, in base64 of RFC 4648.",
                    }
                },
                "required": ["base64"],
                "additionalProperties": False,
            },
        ],
    },
)
HEADER = named("header", row("A header: its name and its value.", OCTETS, OCTETS))
STATUS = maybe(
    {
        "type": "integer",
        "description": "The HTTP status that the client got, 101 of an accepted WebSocket; null "
        "if it got none.",
    }
)
STATUS_BY = maybe(
    text("Who chose the status: the app, or the server if the app sent none.", "app", "server")
)
CLOSE = shape(
    "close",
    "How a WebSocket was closed.",
    {
        "by": text(
            "Who closed it; `nobody` if the connection broke.", "app", "client", "server", "nobody"
        ),
        "code": maybe(
            {"type": "integer", "description": "The code; 1005 if none was given, 1006 by nobody."}
        ),
        "reason": maybe(text("The reason that was given.")),
    },
)
SCOPE = theirs(
    "The scope as the app got it, with secrets masked: every key that the server set. What is no "
    "plain value is the name of its type, as `<Starlette>`. Bytes are text or base64, and an "
    "integer beyond 2^53 is text.",
    type=anything("`http`, `websocket`, `lifespan`, or whatever else the server sent."),
    headers=anything("Pairs of name and value, as they came."),
)
PROBLEMS = many(
    "What of a store or a file could not be read, written or removed, and what to do; the exit "
    "status is 2 if there is anything.",
    text("One problem, in words."),
)
LEFT_OUT = by_name("How many were left out, by reason.", count("How many."))
ID = text("32 hex digits.", pattern="^[0-9a-f]{32}$")
